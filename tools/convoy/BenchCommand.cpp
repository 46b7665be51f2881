#include "tools/convoy/Commands.h"

#include "tools/convoy/Progress.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/io/Device.h"
#include "tools/convoy/io/Inputs.h"
#include "tools/convoy/profile/Floor.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

namespace convoy::tools {

namespace {

/// Flags as the user wrote them.
struct Flags {
  std::string module, weights;
  std::vector<std::string> inputs, shapes;
  int threads = 0, runs = 0;
  bool profile = false, raw = false, resident = false;
  std::optional<int> device;
  TypeFlags types;
  uint64_t seed = 1;
};

/// Latencies in seconds, in the order of the runs.
using Latencies = std::vector<double>;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Measurement {
public:
  /// Outputs lie where the inputs do, in memory of the session.
  Measurement(convoy_session *session, std::vector<convoy_tensor> given, int32_t outputs)
      : session(session), inputs(std::move(given)), outputs(outputs) {
    if (!inputs.empty())
      wanted.device = inputs[0].device;
  }

  Result<double> once() {
    std::fill(outputs.begin(), outputs.end(), wanted);
    convoy_error error = {};
    auto start = std::chrono::steady_clock::now();
    if (convoy_session_run(session, inputs.data(), outputs.data(), &error))
      return Error{error.message};
    return secondsSince(start);
  }

  /// Without a count: for two seconds, from 5 runs to 10000.
  Result<Latencies> many(int count, const Globals &globals) {
    auto first = once(), second = first ? once() : first;
    if (!second)
      return Error{second.error()};
    int runs = count ? count : std::clamp(static_cast<int>(2 / *second), 5, 10000);
    Latencies latencies;
    Progress progress(globals, "measuring", runs);
    convoy_session_reset_times(session);
    for (int i = 0; i < runs; ++i) {
      auto seconds = once();
      if (!seconds)
        return Error{seconds.error()};
      latencies.push_back(*seconds);
      progress.advance(i + 1);
    }
    return latencies;
  }

private:
  convoy_session *session;
  std::vector<convoy_tensor> inputs, outputs;
  convoy_tensor wanted = {};
};

/// The latency that a share `p` of the runs did not exceed.
double percentile(Latencies latencies, double p) {
  std::sort(latencies.begin(), latencies.end());
  return latencies[static_cast<size_t>(p * static_cast<double>(latencies.size() - 1) + 0.5)];
}

void showRaw(const Latencies &latencies, const Globals &globals) {
  for (double seconds : latencies) {
    globals.result(format("%.6f", seconds * 1e3));
    globals.event("measurement", {{"milliseconds", seconds * 1e3}});
  }
}

/// Multiply-adds a second, times two, that what the module runs on can do at most, and how that is known.
struct Peak {
  double flops;
  std::string source; ///< "AVX-512 reached here"
};

/// Of the host: for all multiply-adds of the module, each at the peak of its type.
Peak hostPeak(const convoy_module &module, int threads) {
  std::map<convoy_type, double> peaks;
  double all = 0, seconds = 0;
  for (int32_t i = 0; i < module.launch_count; ++i) {
    const convoy_launch &launch = module.launches[i];
    if (launch.multiply_adds == 0)
      continue;
    auto [peak, isNew] = peaks.try_emplace(launch.type, 0);
    if (isNew)
      peak->second = measureArithmetic(threads, launch.type);
    all += static_cast<double>(launch.multiply_adds);
    seconds += static_cast<double>(launch.multiply_adds) / peak->second;
  }
  bool isMixed = !peaks.empty() && (peaks.size() > 1 || peaks.begin()->first != CONVOY_F32);
  return {all > 0 ? all / seconds : measureArithmetic(threads, CONVOY_F32),
          std::string(peakVectors()) + " reached here" + (isMixed ? " in the types of its layers" : "")};
}

Peak peakOf(const convoy_module &module, const Device &device, int threads) {
  if (device.isHost())
    return hostPeak(module, threads);
  return {device.about().flops, std::string(device.about().name) + " has at its highest clock, without tensor cores"};
}

/// Work a second; unknown where the module has symbols, because its counts hold for their smallest extents.
class Rates {
public:
  Rates(const convoy_module &module, const Peak &peak)
      : known(module.symbol_count == 0), peak(peak.flops), source(peak.source) {}

  std::string columns(const convoy_launch &launch, double seconds) const {
    if (!known)
      return "        -        -";
    double rate = 2.0 * static_cast<double>(launch.multiply_adds) / seconds;
    double bandwidth = static_cast<double>(launch.bytes) / seconds;
    return format("%9.1f %8.1f", rate * 1e-9, bandwidth * 1e-9);
  }

  std::string summary(int64_t work, double seconds) const {
    if (!known)
      return "no GFLOP/s: what the module counts holds for the smallest extents of its symbols";
    double rate = 2.0 * static_cast<double>(work) / seconds;
    return format("%.1f GFLOP/s, %.0f %% of the peak of %.0f GFLOP/s that %s", rate * 1e-9, 100 * rate / peak,
                  peak * 1e-9, source.c_str());
  }

  void add(nlohmann::json &event, int64_t work, double seconds) const {
    if (known)
      event.update({{"gflops", 2e-9 * static_cast<double>(work) / seconds}, {"peak_gflops", peak * 1e-9}});
  }

private:
  bool known;
  double peak;
  std::string source;
};

/// Where it was measured.
struct Place {
  std::string text; ///< "2 threads", or the device and where the caller's tensors lay
  int threads;
};

Place placeOf(const Device &device, int threads, bool resident) {
  if (device.isHost())
    return {format("%d thread%s", threads, threads == 1 ? "" : "s"), threads};
  return {std::string(device.about().name) +
              (resident ? ", inputs and outputs there" : ", inputs and outputs copied from and to the host"),
          threads};
}

void showSummary(const convoy_module &module, const Latencies &latencies, const Place &place, const Rates &rates,
                 const Globals &globals) {
  double median = percentile(latencies, 0.5), least = percentile(latencies, 0), p90 = percentile(latencies, 0.9);
  int64_t work = 0;
  for (int32_t i = 0; i < module.launch_count; ++i)
    work += module.launches[i].multiply_adds;
  globals.result(format("%s: %.3f ms median, %.3f ms fastest, %.3f ms for 90 %% of %zu runs, %s", module.name,
                        median * 1e3, least * 1e3, p90 * 1e3, latencies.size(), place.text.c_str()));
  globals.result(rates.summary(work, least));
  nlohmann::json event = {{"module", module.name},    {"threads", place.threads},  {"place", place.text},
                          {"runs", latencies.size()}, {"median_ms", median * 1e3}, {"fastest_ms", least * 1e3},
                          {"p90_ms", p90 * 1e3}};
  rates.add(event, work, least);
  globals.event("result", event);
}

/// What the table of launches is made of.
struct Profile {
  const convoy_module &module;
  const Rates &rates;
  std::optional<Peaks> peaks; ///< Of the host, where the module runs there and its counts hold.
};

void showLaunch(const convoy_launch &launch, const convoy_launch_time &time, double total, const Profile &profile,
                const Globals &globals) {
  double mean = time.total / static_cast<double>(time.runs);
  nlohmann::json event = {{"layer", launch.layer},
                          {"kernel", launch.kernel},
                          {"schedule", launch.schedule},
                          {"type", convoy_type_name(launch.type)},
                          {"fastest_us", time.fastest * 1e6},
                          {"mean_us", mean * 1e6}};
  std::string floorText = "       -      - -      ", reason;
  if (profile.peaks) {
    Floor floor = floorOf(profile.module, launch, time, *profile.peaks);
    double share = 100 * floor.seconds / time.fastest;
    reason = reasonOf(launch, time, floor, *profile.peaks);
    floorText = format("%8.1f %6.1f %-7s", floor.seconds * 1e6, share, floor.bound);
    event.update({{"floor_us", floor.seconds * 1e6}, {"of_peak", share}, {"bound", floor.bound}, {"reason", reason}});
  }
  globals.result(format("%9.1f %9.1f %6.1f %s %s  %s  [%s]%s%s", time.fastest * 1e6, mean * 1e6,
                        100 * time.fastest / total, profile.rates.columns(launch, time.fastest).c_str(),
                        floorText.c_str(), launch.layer, launch.schedule, reason.empty() ? "" : "  <- ",
                        reason.c_str()));
  profile.rates.add(event, launch.multiply_adds, time.fastest);
  globals.event("layer", event);
}

void showLaunches(const convoy_session *session, const Profile &profile, const Globals &globals) {
  const convoy_module &module = profile.module;
  const convoy_launch_time *times = convoy_session_times(session);
  double total = 0;
  for (int32_t i = 0; i < module.launch_count; ++i)
    total += times[i].fastest;
  globals.result("  fastest      mean  share   GFLOP/s     GB/s    floor  %peak by       layer  [schedule]  <- reason");
  globals.result("       us        us      %                          us");
  for (int32_t i = 0; i < module.launch_count; ++i)
    if (times[i].runs)
      showLaunch(module.launches[i], times[i], total, profile, globals);
  globals.result(format("%9.1f us in all launches", total * 1e6));
  if (profile.peaks)
    globals.result(describe(*profile.peaks));
}

/// What was asked for, once inputs, device and session are there.
Status measure(const Module &module, Device &device, const std::vector<convoy_tensor> &inputs, const Flags &flags,
               Globals &globals) {
  int threads = flags.threads ? flags.threads : convoy_cores();
  convoy_session_options options = {};
  options.threads = threads;
  options.profile = flags.profile;
  options.backend = device.backend();
  auto session = module.createSession(options);
  if (!session)
    return Error{session.error()};
  auto latencies = Measurement(session->get(), inputs, module->output_count).many(flags.runs, globals);
  if (!latencies)
    return Error{latencies.error()};
  if (flags.raw) {
    showRaw(*latencies, globals);
    return ok();
  }
  Rates rates(*module, peakOf(*module, device, threads));
  if (flags.profile) {
    Profile profile = {*module, rates, {}};
    if (device.isHost() && module->symbol_count == 0)
      profile.peaks = measurePeaks(threads);
    showLaunches(session->get(), profile, globals);
  }
  showSummary(*module, *latencies, placeOf(device, threads, flags.resident), rates, globals);
  return ok();
}

Status bench(const Flags &flags, Globals &globals) {
  TemporaryFolder folder;
  std::string path = makeFolder(folder, globals)
                         ? moduleFor({flags.module, flags.weights, flags.types, flags.shapes}, folder, globals)
                         : "";
  if (path.empty())
    return ok(); // reported
  auto module = Module::open(path);
  if (!module)
    return Error{module.error()};
  auto shapes = parseShapes(flags.shapes);
  if (!shapes)
    return Error{shapes.error()};
  auto device = Device::openFor(**module, flags.device, globals);
  if (!device)
    return Error{device.error()};
  if (flags.resident && device->isHost())
    return Error{std::string("--resident: ") + (*module)->name + " was compiled for the host"};
  auto inputs = readInputs(**module, {flags.inputs, "", *shapes, flags.seed}, globals);
  if (!inputs)
    return Error{inputs.error()};
  if (!flags.resident)
    return measure(*module, *device, viewsOf(*inputs), flags, globals);
  auto there = device->upload(viewsOf(*inputs));
  return there ? measure(*module, *device, *there, flags, globals) : Status(Error{there.error()});
}

} // namespace

void addBenchCommand(CLI::App &app, Globals &globals) {
  auto flags = std::make_shared<Flags>();
  CLI::App *command = app.add_subcommand("bench", "Measure a network's latency, in all and layer by layer");
  command->add_option("MODULE", flags->module, "Compiled module, or a model, which is compiled first")->required();
  command->add_option("--threads", flags->threads, "Threads (default: one per core)")->check(CLI::Range(1, 1024));
  command->add_option("--runs", flags->runs, "Measured runs (default: two seconds of them)")
      ->check(CLI::Range(1, 100000000));
  command->add_option("--device", flags->device, "Which GPU, of a module for one (0)")->check(CLI::Range(0, 1023));
  command->add_flag("--resident", flags->resident,
                    "Inputs and outputs stay on the GPU; without it they are copied in each run");
  command->add_flag("--profile", flags->profile, "A line per layer: time, GFLOP/s, share of peak");
  command->add_flag("--raw", flags->raw, "Nothing but one latency in milliseconds a line");
  command->add_option("--input", flags->inputs, "NAME=FILE: .npy or .pb (default: random numbers)")
      ->allow_extra_args(false);
  addTypeFlags(*command, flags->types);
  command->add_option("--weights", flags->weights, "Weights of a text network, where MODULE is one");
  command->add_option("--shape", flags->shapes, "NAME=1x3x224x224: shape of a random input")->allow_extra_args(false);
  command->add_option("--seed", flags->seed, "Of random inputs (1)");
  command->callback([flags, &globals] {
    if (auto done = bench(*flags, globals); !done)
      globals.fail(done.error());
  });
}

} // namespace convoy::tools
