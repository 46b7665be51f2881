#include "tools/convoy/inspect/InspectReport.h"

#include "compiler/Emit/Files.h"
#include "tools/convoy/Text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace convoy::tools {

static int64_t totalMultiplyAdds(const InspectReport &report) {
  int64_t total = 0;
  for (const LaunchRow &row : report.launches)
    total += row.multiplyAdds;
  return total;
}

static std::string bytesText(const CrossingRow &row) {
  return row.bytes < 0 ? "?" : format("%.1f", static_cast<double>(row.bytes) / 1e3);
}

static void showCrossings(const InspectReport &report, const Globals &globals) {
  if (!report.crossings.empty())
    globals.result("  crosses to        kB  for");
  for (const CrossingRow &row : report.crossings) {
    const char *side = row.toHost ? "host" : "device";
    globals.event(
        "crossing",
        {{"layer", row.layer}, {"to", side}, {"bytes", row.bytes < 0 ? nlohmann::json() : nlohmann::json(row.bytes)}});
    globals.result(format("%12s %9s  %s", side, bytesText(row).c_str(), row.layer.c_str()));
  }
}

void showReport(const InspectReport &report, const Globals &globals) {
  for (const std::string &line : report.head)
    globals.result(line);
  globals.result("   M mult-adds        kB  result            types           kernel                layers");
  for (const LaunchRow &row : report.launches) {
    globals.event("launch", {{"layer", row.layer},
                             {"kernel", row.kernel},
                             {"result", row.shape},
                             {"types", row.types},
                             {"multiply_adds", row.multiplyAdds},
                             {"bytes", row.bytes}});
    globals.result(format("%14.3f %9.1f  %-16s  %-14s  %-20s  %s", static_cast<double>(row.multiplyAdds) / 1e6,
                          static_cast<double>(row.bytes) / 1e3, row.shape.c_str(), row.types.c_str(),
                          row.kernel.c_str(), row.layer.c_str()));
  }
  int64_t total = totalMultiplyAdds(report);
  globals.event("total", {{"launches", report.launches.size()}, {"multiply_adds", total}});
  globals.result(
      format("%14.3f M multiply-adds in %zu launches", static_cast<double>(total) / 1e6, report.launches.size()));
  showCrossings(report, globals);
  globals.result(report.memory);
}

static std::string crossingsOf(const InspectReport &report) {
  if (report.crossings.empty())
    return "";
  std::string table = "<table><tr><th>crosses to</th><th>kB</th><th>for</th></tr>\n";
  for (const CrossingRow &row : report.crossings)
    table += std::string("<tr><td>") + (row.toHost ? "host" : "device") + "</td><td class=\"number\">" +
             bytesText(row) + "</td><td>" + escapedHtml(row.layer) + "</td></tr>\n";
  return table + "</table>\n";
}

static std::string pageOf(const InspectReport &report) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                     escapedHtml(report.title) +
                     "</title>\n<style>\n"
                     "body { font: 14px/1.4 sans-serif; margin: 2em; }\n"
                     "table { border-collapse: collapse; }\n"
                     "th, td { padding: 2px 10px; text-align: left; border-bottom: 1px solid #ddd; }\n"
                     "td.number { text-align: right; font-variant-numeric: tabular-nums; }\n"
                     "div.bar { background: #4a7; height: 10px; }\n"
                     "</style></head><body>\n<h1>" +
                     escapedHtml(report.title) + "</h1>\n<pre>";
  for (const std::string &line : report.head)
    page += escapedHtml(line) + "\n";
  page += escapedHtml(report.memory) + "</pre>\n<table><tr><th>layers</th><th>kernel</th><th>result</th><th>types</th>"
                                       "<th>M multiply-adds</th><th></th><th>kB moved</th></tr>\n";
  int64_t most = 1;
  for (const LaunchRow &row : report.launches)
    most = std::max(most, row.multiplyAdds);
  for (const LaunchRow &row : report.launches)
    page += "<tr><td>" + escapedHtml(row.layer) + "</td><td>" + escapedHtml(row.kernel) + "</td><td>" +
            escapedHtml(row.shape) + "</td><td>" + escapedHtml(row.types) +
            format("</td><td class=\"number\">%.3f</td><td><div class=\"bar\" style=\"width: %.0fpx\"></div></td>"
                   "<td class=\"number\">%.1f</td></tr>\n",
                   static_cast<double>(row.multiplyAdds) / 1e6,
                   200.0 * static_cast<double>(row.multiplyAdds) / static_cast<double>(most),
                   static_cast<double>(row.bytes) / 1e3);
  page += format("</table>\n<p>%.3f M multiply-adds in %zu launches</p>\n",
                 static_cast<double>(totalMultiplyAdds(report)) / 1e6, report.launches.size());
  return page + crossingsOf(report) + "</body></html>\n";
}

bool writeReportPage(const InspectReport &report, const std::string &path, Globals &globals) {
  std::string page = pageOf(report);
  Status written = compiler::writeWhole(path, {page});
  if (!written)
    globals.fail(written.error());
  return static_cast<bool>(written);
}

} // namespace convoy::tools
