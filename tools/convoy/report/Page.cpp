#include "tools/convoy/report/Page.h"

#include "tools/convoy/Text.h"

#include <algorithm>

namespace convoy::tools {

using compiler::TypeReport;

namespace {

constexpr const char *head = R"(<style>
body { font: 14px/1.4 sans-serif; margin: 2em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: 2px 10px; text-align: left; border-bottom: 1px solid #ddd; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.chosen { font-weight: bold; }
div.bar { background: #4a7; height: 10px; }
</style></head><body>
)";

std::string number(double value, const char *form) {
  return "<td class=\"number\">" + (value < 0 ? std::string("&ndash;") : format(form, value)) + "</td>";
}

std::string cell(const std::string &text) { return "<td>" + escapedHtml(text) + "</td>"; }

std::string header(std::initializer_list<const char *> names) {
  std::string row = "<table><tr>";
  for (const char *name : names)
    row += std::string("<th>") + name + "</th>";
  return row + "</tr>\n";
}

double scaled(double value, double factor) { return value < 0 ? value : value * factor; }

std::string triedTable(const TypeReport &types) {
  if (types.candidates.empty())
    return "";
  std::string table = "<h2>Types of the network</h2>\n";
  if (types.budget >= 0)
    table += format("<p>Error budget: %g of the results' root mean square.</p>\n", types.budget);
  table += header({"types", "ms", "error of the results"});
  for (const TypeReport::Candidate &candidate : types.candidates)
    table += std::string(candidate.isChosen ? "<tr class=\"chosen\">" : "<tr>") + cell(candidate.name) +
             number(scaled(candidate.seconds, 1e3), "%.3f") + number(candidate.error, "%.5f") + "</tr>\n";
  return table + "</table>\n";
}

std::string layerTable(const TypeReport &types) {
  if (types.layers.empty())
    return "";
  std::string table =
      "<h2>Layers</h2>\n" + header({"layer", "type", "error", "&micro;s in f32", "&micro;s in bf16", "&micro;s in i8"});
  for (const TypeReport::Layer &layer : types.layers) {
    table += "<tr>" + cell(layer.name) + cell(nameOf(layer.type)) + number(layer.error, "%.5f");
    for (double seconds : layer.seconds)
      table += number(scaled(seconds, 1e6), "%.1f");
    table += "</tr>\n";
  }
  return table + "</table>\n<p>Errors are root mean squares of what differs from f32, relative to those of the layer's "
                 "results; those of the layers before it are in them.</p>\n";
}

std::string launchTable(const CompileReport &report) {
  if (!report.unmeasured.empty())
    return "<h2>Times</h2>\n<p>Not measured: " + escapedHtml(report.unmeasured) + "</p>\n";
  double most = 1e-9;
  for (const MeasuredLaunch &launch : report.launches)
    most = std::max(most, launch.microseconds);
  std::string table = format("<h2>Times</h2>\n<p>%.3f ms a run on %d threads of this machine</p>\n",
                             report.milliseconds, report.threads) +
                      header({"layers", "type", "&micro;s", "", "floor &micro;s", "% of peak", "bound by", "schedule",
                              "why below 60 %"});
  for (const MeasuredLaunch &launch : report.launches)
    table += "<tr>" + cell(launch.layers) + cell(launch.type) + number(launch.microseconds, "%.1f") +
             format("<td><div class=\"bar\" style=\"width: %.0fpx\"></div></td>", 200 * launch.microseconds / most) +
             number(launch.floor, "%.1f") + number(launch.share, "%.0f") + cell(launch.bound) + cell(launch.schedule) +
             cell(launch.reason) + "</tr>\n";
  return table + "</table>\n";
}

} // namespace

std::string reportPage(const CompileReport &report) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escapedHtml(report.model) +
         "</title>\n" + head + "<h1>" + escapedHtml(report.model) + "</h1>\n<p>--dtype=" + escapedHtml(report.type) +
         ", for " + escapedHtml(report.target) + "</p>\n" + triedTable(report.types) + layerTable(report.types) +
         launchTable(report) + "</body></html>\n";
}

} // namespace convoy::tools
