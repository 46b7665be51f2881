// Time of single layers against the machine's peak: layers_bench [--threads N] [--ranked N] [--target T] [--symbolic]
// [--no-halo] [--type u8|i8|bf16] [--batch N] [--assembly FILE] [--schedule "TEMPLATE KNOB=VALUE ..."]...
// FILE.layers...
//
// With --schedule those schedules are timed instead of the model's. With --assembly FILE the code of the last kernel is
// written there.
//
// With --type images and weights are 8-bit integers, results scaled to bytes (through floats where there is an addition
// or a swish); the peak is that of vpdpbusd, four times that of floats. With bf16 they are bfloat16, the peak is twice
// that of floats.
//
// A line of a file: TIMES IN OUT HEIGHT WIDTH WINDOW STRIDE PAD GROUPS EPILOGUE, e.g. `3 64 64 56 56 3 1 1 1 relu`.
// Epilogues: none, relu, swish, add (an image of the result's shape). A `t` behind WINDOW: transposed.
#include "test/perf/kernels/Clock.h"
#include "test/schedules/conv/Runs.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <malloc.h>
#include <map>
#include <sstream>

using namespace convoy;
using namespace convoy::test;

namespace {

struct Layer {
  int times = 1;
  ConvSpec spec;
};

struct Options {
  int threads = 1;
  bool symbolic = false, halo = true;
  int ranked = 1; ///< Candidates of the model that are timed.
  proto::DataType type = proto::F32;
  std::string target = "host";
  int64_t batch = 1;
  std::vector<proto::Schedule> schedules; ///< Instead of the model's.
  std::vector<std::string> files;
  std::string assembly;
};

bool parseLayer(const std::string &line, Layer &layer) {
  std::istringstream in(line);
  int64_t height = 0, width = 0, stride = 1, pad = 0;
  std::string window, epilogue;
  ConvSpec &spec = layer.spec;
  if (!(in >> layer.times >> spec.in >> spec.out >> height >> width >> window >> stride >> pad >> spec.groups >>
        epilogue))
    return false;
  const int64_t taps = std::stoll(window);
  spec.transposed = window.back() == 't';
  spec.extents = {height, width};
  spec.window = {taps, taps};
  spec.strides = {stride, stride};
  spec.pads = {pad, pad, pad, pad};
  spec.residual = epilogue == "add";
  spec.activation = epilogue == "none" || epilogue == "add" ? "" : epilogue;
  return true;
}

double multiplyAdds(const ConvSpec &spec) {
  double product = double(spec.batch * spec.out) * double(spec.in / spec.groups);
  for (int64_t taps : spec.window)
    product *= double(taps);
  for (int64_t extent : spec.transposed ? spec.extents : spec.outExtents())
    product *= double(extent);
  return product;
}

proto::DataType typeOf(const std::string &name) {
  return name == "u8" ? proto::U8 : name == "i8" ? proto::I8 : name == "bf16" ? proto::BF16 : proto::F32;
}

/// Of bytes a relu is part of the saturation.
void useType(ConvSpec &spec, proto::DataType type) {
  spec.type = spec.result = type;
  if (type == proto::BF16)
    return;
  if (spec.activation == "relu")
    spec.activation.clear();
  spec.scaled = spec.residual || !spec.activation.empty() ? "quantize" : "requantize";
}

proto::Schedule scheduleOf(const std::string &text) {
  std::istringstream in(text);
  proto::Schedule schedule;
  in >> *schedule.mutable_template_name();
  for (std::string knob; in >> knob;)
    if (const size_t equals = knob.find('='); equals != std::string::npos)
      (*schedule.mutable_knobs())[knob.substr(0, equals)] = std::stoll(knob.substr(equals + 1));
  return schedule;
}

struct Timing {
  double seconds = 0, gigahertz = 0;
};

Timing timeKernel(schedules::InProcessKernel &kernel, Buffers &buffers, int threads) {
  auto now = threads == 1 ? processorSecondsNow : secondsNow;
  auto inputs = buffers.hostInputs(), outputs = buffers.hostOutputs();
  auto run = [&] { return bool(kernel.run(inputs, outputs)); };
  run();
  double start = now();
  run();
  const int repeats = std::clamp(int(0.003 / std::max(now() - start, 1e-7)), 1, 20000);
  Timing best{1e9, 0};
  for (int batch = 0; batch < 12; ++batch) {
    start = now();
    for (int i = 0; i < repeats; ++i)
      run();
    best.seconds = std::min(best.seconds, (now() - start) / repeats);
  }
  best.gigahertz = clockGigahertz();
  return best;
}

std::string knobsOf(const proto::Schedule &schedule) {
  std::string text = schedule.template_name();
  std::map<std::string, int64_t> knobs(schedule.knobs().begin(), schedule.knobs().end());
  for (const auto &[name, value] : knobs)
    text += " " + name + "=" + std::to_string(value);
  return text;
}

void writeAssembly(const proto::Kernel &kernel, const std::string &path) {
  if (path.empty())
    return;
  schedules::CompileOptions options;
  options.assembly = options.loweredStatement = true;
  if (auto compiled = schedules::compile(kernel, options))
    std::ofstream(path) << compiled->statement << compiled->assembly;
}

struct Sum {
  double seconds = 0, floor = 0;
};

void timeLayer(const Layer &layer, const Options &options, Sum &sum) {
  ConvSpec unscheduled = layer.spec;
  unscheduled.target = options.target;
  unscheduled.symbolic = options.symbolic;
  unscheduled.halo = options.halo;
  unscheduled.batch = options.batch;
  if (options.type != proto::F32)
    useType(unscheduled, options.type);
  const double perLane = options.type == proto::F32 ? 1 : options.type == proto::BF16 ? 2 : 4;
  auto first = convKernel(unscheduled);
  if (!first) {
    std::printf("%s: %s\n", layer.spec.text().c_str(), first.error().c_str());
    return;
  }
  std::vector<proto::Schedule> timed = options.schedules;
  if (timed.empty()) {
    timed = *schedules::candidates(*first);
    timed.resize(std::min<size_t>(timed.size(), size_t(options.ranked)));
  }
  double best = 1e9, floor = 0;
  for (const proto::Schedule &schedule : timed) {
    ConvSpec spec = unscheduled;
    spec.schedule = schedule;
    auto kernel = convKernel(spec);
    if (!kernel) {
      std::printf("%s\n", kernel.error().c_str());
      continue;
    }
    writeAssembly(*kernel, options.assembly);
    const double compileStart = secondsNow();
    auto loaded = schedules::load(*kernel);
    const double compile = secondsNow() - compileStart;
    if (!loaded) {
      std::printf("%s\n", loaded.error().c_str());
      continue;
    }
    Buffers buffers = randomBuffers(*kernel, spec, 1);
    const Timing timing = timeKernel(**loaded, buffers, options.threads);
    const double peak = perLane * 2 * 16 * 2 * timing.gigahertz * 1e9 * options.threads; // Flops per second.
    floor = 2 * multiplyAdds(spec) / peak;
    best = std::min(best, timing.seconds);
    const ConvSpec &s = spec;
    std::printf("%2dx %4ld->%4ld @%3ldx%-3ld k%ld%s s%ld g%-4ld %-6s %9.2f us %6.1f GF/s %5.1f %% of peak at %.2f GHz, "
                "compiled in %.2f s: %s\n",
                layer.times, long(s.in), long(s.out), long(s.extents[0]), long(s.extents[1]), long(s.window[0]),
                s.transposed ? "t" : " ", long(s.strides[0]), long(s.groups), s.residual ? "add" : s.activation.c_str(),
                timing.seconds * 1e6, 2 * multiplyAdds(spec) / timing.seconds * 1e-9, 100 * floor / timing.seconds,
                timing.gigahertz, compile, knobsOf(spec.schedule).c_str());
    std::fflush(stdout);
  }
  sum.seconds += layer.times * best;
  sum.floor += layer.times * floor;
}

} // namespace

int main(int count, char **arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--threads" && i + 1 < count)
      options.threads = std::atoi(arguments[++i]);
    else if (argument == "--ranked" && i + 1 < count)
      options.ranked = std::atoi(arguments[++i]);
    else if (argument == "--batch" && i + 1 < count)
      options.batch = std::atoi(arguments[++i]);
    else if (argument == "--assembly" && i + 1 < count)
      options.assembly = arguments[++i];
    else if (argument == "--schedule" && i + 1 < count)
      options.schedules.push_back(scheduleOf(arguments[++i]));
    else if (argument == "--symbolic")
      options.symbolic = true;
    else if (argument == "--no-halo")
      options.halo = false;
    else if (argument == "--type" && i + 1 < count)
      options.type = typeOf(arguments[++i]);
    else if (argument == "--target" && i + 1 < count)
      options.target = arguments[++i];
    else
      options.files.push_back(argument);
  }
  // As in a module, whose scratch lies in an arena: no page faults in each run.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  setenv("HL_NUM_THREADS", std::to_string(options.threads).c_str(), 1);
  for (const std::string &file : options.files) {
    std::ifstream in(file);
    Sum sum;
    for (std::string line; std::getline(in, line);)
      if (Layer layer; !line.empty() && line[0] != '#' && parseLayer(line, layer))
        timeLayer(layer, options, sum);
    std::printf("%s: %.3f ms, floor %.3f ms, %.1f %% of peak, %d threads\n", file.c_str(), sum.seconds * 1e3,
                sum.floor * 1e3, 100 * sum.floor / sum.seconds, options.threads);
  }
}
