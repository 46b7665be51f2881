#pragma once

#include "compiler/Types/Auto/TypeReport.h"
#include "schedules/core/Result.h"
#include "tools/convoy/Globals.h"

#include <optional>
#include <string>
#include <vector>

namespace convoy::tools {

/// A launch of the compiled network, as measured.
struct MeasuredLaunch {
  std::string layers, schedule, type, bound, reason;
  double microseconds = 0, floor = -1, share = -1; ///< Floor and its share in percent; -1: not known.
};

/// What `compile --report` tells: types, times and errors.
struct CompileReport {
  std::string model, target, type; ///< The type is what --dtype said.
  compiler::TypeReport types;
  std::vector<MeasuredLaunch> launches;
  double milliseconds = -1; ///< Of a run.
  int threads = 0;
  std::string unmeasured; ///< Why there are no times; empty: there are.
};

/// Runs the module on random inputs and fills in its times.
Status measureModule(const std::string &path, CompileReport &report);

/// Makes the folder if it isn't there, and sees that files can be written into it.
Status makeReportFolder(const std::string &folder);

/// Writes DIR/index.html, which needs nothing else, and DIR/report.json.
Status writeReport(const CompileReport &report, const std::string &folder);

/// The types as lines of talk: how many layers have which, and what was tried.
std::vector<std::string> summaryOf(const compiler::TypeReport &types);

const char *nameOf(compiler::ComputeType type);

} // namespace convoy::tools
