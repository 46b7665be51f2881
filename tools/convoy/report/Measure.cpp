#include "tools/convoy/calibrate/Networks.h"
#include "tools/convoy/io/Inputs.h"
#include "tools/convoy/profile/Floor.h"
#include "tools/convoy/report/Report.h"

#include <algorithm>
#include <chrono>

namespace convoy::tools {

namespace {

/// Seconds of measuring, and runs at least.
constexpr double longest = 1;
constexpr int leastRuns = 5;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

/// The fastest run.
static Result<double> runFor(const Module &module, convoy_session *session, const std::vector<HostTensor> &inputs) {
  double fastest = 1e300;
  auto begin = std::chrono::steady_clock::now();
  for (int run = 0; run <= leastRuns || secondsSince(begin) < longest; ++run) {
    std::vector<convoy_tensor> outputs(static_cast<size_t>(module->output_count));
    convoy_error error = {};
    auto start = std::chrono::steady_clock::now();
    if (convoy_session_run(session, viewsOf(inputs).data(), outputs.data(), &error))
      return Error{error.message};
    if (run > 0)
      fastest = std::min(fastest, secondsSince(start));
    else
      convoy_session_reset_times(session);
  }
  return fastest;
}

Status measureModule(const std::string &path, CompileReport &report) {
  auto module = Module::open(path);
  if (!module)
    return Error{module.error()};
  auto inputs = readInputs(**module, {}, silent());
  if (!inputs)
    return Error{inputs.error()};
  convoy_session_options options = {};
  options.profile = 1;
  options.threads = report.threads = convoy_cores();
  auto session = module->createSession(options);
  if (!session)
    return Error{session.error()};
  auto seconds = runFor(*module, session->get(), *inputs);
  if (!seconds)
    return Error{seconds.error()};
  report.milliseconds = *seconds * 1e3;
  const convoy_launch_time *times = convoy_session_times(session->get());
  bool isStatic = (*module)->symbol_count == 0;
  Peaks peaks = isStatic ? measurePeaks(report.threads) : Peaks();
  for (int32_t i = 0; i < (*module)->launch_count; ++i) {
    const convoy_launch &launch = (*module)->launches[i];
    MeasuredLaunch row{launch.layer, launch.schedule, convoy_type_name(launch.type), "", "", times[i].fastest * 1e6};
    if (isStatic) {
      Floor floor = floorOf(**module, launch, times[i], peaks);
      row.bound = floor.bound, row.floor = floor.seconds * 1e6;
      row.share = 100 * floor.seconds / times[i].fastest;
      row.reason = reasonOf(launch, times[i], floor, peaks);
    }
    report.launches.push_back(row);
  }
  return ok();
}

} // namespace convoy::tools
