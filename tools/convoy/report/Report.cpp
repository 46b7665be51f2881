#include "tools/convoy/report/Report.h"

#include "compiler/Emit/Files.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/report/Page.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <map>

#include <sys/stat.h>
#include <unistd.h>

namespace convoy::tools {

using compiler::TypeReport;

const char *nameOf(compiler::ComputeType type) {
  return type == compiler::ComputeType::F32 ? "f32" : type == compiler::ComputeType::BF16 ? "bf16" : "i8";
}

/// Null for what was not measured.
static nlohmann::json known(double value, double scale = 1) {
  return value < 0 ? nlohmann::json() : nlohmann::json(value * scale);
}

static nlohmann::json jsonOf(const CompileReport &report) {
  nlohmann::json layers = nlohmann::json::array(), tried = layers, launches = layers;
  for (const TypeReport::Layer &layer : report.types.layers)
    layers.push_back({{"layer", layer.name},
                      {"type", nameOf(layer.type)},
                      {"error", known(layer.error)},
                      {"us_f32", known(layer.seconds[0], 1e6)},
                      {"us_bf16", known(layer.seconds[1], 1e6)},
                      {"us_i8", known(layer.seconds[2], 1e6)}});
  for (const TypeReport::Candidate &candidate : report.types.candidates)
    tried.push_back({{"types", candidate.name},
                     {"milliseconds", known(candidate.seconds, 1e3)},
                     {"error", known(candidate.error)},
                     {"chosen", candidate.isChosen}});
  for (const MeasuredLaunch &launch : report.launches)
    launches.push_back({{"layers", launch.layers},
                        {"schedule", launch.schedule},
                        {"type", launch.type},
                        {"us", launch.microseconds},
                        {"floor_us", known(launch.floor)},
                        {"of_peak", known(launch.share)},
                        {"bound", launch.bound},
                        {"reason", launch.reason}});
  return {{"model", report.model},
          {"target", report.target},
          {"dtype", report.type},
          {"error_budget", known(report.types.budget)},
          {"tried", tried},
          {"layers", layers},
          {"milliseconds", known(report.milliseconds)},
          {"threads", report.threads},
          {"unmeasured", report.unmeasured},
          {"launches", launches}};
}

Status makeReportFolder(const std::string &folder) {
  if (!mkdir(folder.c_str(), 0777))
    return ok();
  // The dot: an error if it is a file.
  if (errno == EEXIST && !access((folder + "/.").c_str(), W_OK | X_OK))
    return ok();
  return Error{"--report=" + folder + ": no folder for files can be there: " + std::strerror(errno)};
}

Status writeReport(const CompileReport &report, const std::string &folder) {
  // Names come from the model's file and may be anything but text.
  std::string json = jsonOf(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (Status written = compiler::writeWhole(folder + "/report.json", {json}); !written)
    return written;
  std::string page = reportPage(report);
  return compiler::writeWhole(folder + "/index.html", {page});
}

std::vector<std::string> summaryOf(const TypeReport &types) {
  std::vector<std::string> lines;
  for (const TypeReport::Candidate &candidate : types.candidates) {
    std::string time = candidate.seconds < 0 ? "" : format(" %.3f ms,", candidate.seconds * 1e3);
    std::string error = candidate.error < 0 ? " error not measured" : format(" error %.4f", candidate.error);
    bool isOver = types.budget >= 0 && candidate.error > types.budget;
    lines.push_back(candidate.name + ":" + time + error + (isOver ? ", beyond the budget" : "") +
                    (candidate.isChosen ? ", chosen" : ""));
  }
  std::map<std::string, int> counts;
  for (const TypeReport::Layer &layer : types.layers)
    ++counts[nameOf(layer.type)];
  std::string text;
  for (const auto &[name, count] : counts)
    text += (text.empty() ? "layers: " : ", ") + std::to_string(count) + " in " + name;
  if (!text.empty())
    lines.push_back(text);
  return lines;
}

} // namespace convoy::tools
