#include "tools/convoy/io/Prepared.h"
#include "tools/convoy/profile/Floor.h"
#include "tools/convoy/report/Report.h"

#include <algorithm>
#include <limits>

namespace convoy::tools {

namespace {

/// Seconds of measuring, and runs at least.
constexpr double longest = 1;
constexpr int leastRuns = 5;

} // namespace

/// The fastest run.
static Result<double> fastestOf(Prepared &prepared) {
  double fastest = std::numeric_limits<double>::infinity(), spent = 0;
  for (int run = 0; run <= leastRuns || spent < longest; ++run) {
    auto seconds = prepared.run();
    if (!seconds)
      return seconds;
    spent += *seconds;
    if (run > 0)
      fastest = std::min(fastest, *seconds);
    else
      convoy_session_reset_times(prepared.session.get());
  }
  return fastest;
}

Status measureModule(const std::string &path, CompileReport &report) {
  convoy_session_options options = {};
  options.profile = 1;
  options.threads = report.threads = convoy_cores();
  auto prepared = Prepared::open(path, options);
  if (!prepared)
    return Error{prepared.error()};
  auto seconds = fastestOf(*prepared);
  if (!seconds)
    return Error{seconds.error()};
  const Module &module = prepared->module;
  report.milliseconds = *seconds * 1e3;
  const convoy_launch_time *times = convoy_session_times(prepared->session.get());
  bool isStatic = module->symbol_count == 0;
  Peaks peaks = isStatic ? measurePeaks(report.threads) : Peaks();
  for (int32_t i = 0; i < module->launch_count; ++i) {
    const convoy_launch &launch = module->launches[i];
    MeasuredLaunch row{launch.layer, launch.schedule, convoy_type_name(launch.type), "", "", times[i].fastest * 1e6};
    if (isStatic) {
      Floor floor = floorOf(*module, launch, times[i], peaks);
      row.bound = floor.bound, row.floor = floor.seconds * 1e6;
      row.share = 100 * floor.seconds / times[i].fastest;
      row.reason = reasonOf(launch, times[i], floor, peaks);
    }
    report.launches.push_back(row);
  }
  return ok();
}

} // namespace convoy::tools
