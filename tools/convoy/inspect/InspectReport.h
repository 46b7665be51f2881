#pragma once

#include "tools/convoy/Globals.h"

#include <cstdint>
#include <string>
#include <vector>

namespace convoy::tools {

/// One launch of a network.
struct LaunchRow {
  std::string layer, kernel, shape;
  std::string types; ///< Of the result; of products also those of the factors.
  int64_t multiplyAdds = 0, bytes = 0;
};

/// What goes between device and host in each run, in a program for a device.
struct CrossingRow {
  std::string layer;
  bool toHost = false;
  int64_t bytes = -1; ///< -1: depends on the input's size.
};

/// What `inspect` tells of a model or module.
struct InspectReport {
  std::string title;
  std::vector<std::string> head; ///< Inputs, outputs, what it was compiled for.
  std::vector<LaunchRow> launches;
  std::vector<CrossingRow> crossings;
  std::string memory;
};

/// The report as text on standard output, and its launches as events.
void showReport(const InspectReport &report, const Globals &globals);

/// The report as one HTML page that needs nothing else. False (after a message) if it can't be written.
bool writeReportPage(const InspectReport &report, const std::string &path, Globals &globals);

} // namespace convoy::tools
