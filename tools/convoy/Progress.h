#pragma once

#include "tools/convoy/Globals.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace convoy::tools {

/// A bar with the time left on standard error, if that is a terminal; with `--json` events. Gone when destroyed.
class Progress {
public:
  Progress(const Globals &globals, std::string what, int64_t total);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  void advance(int64_t done);

private:
  using Clock = std::chrono::steady_clock;

  const Globals &globals;
  std::string what;
  int64_t total;
  bool bar;
  Clock::time_point start = Clock::now();
  Clock::time_point shown = start - std::chrono::hours(1);
};

} // namespace convoy::tools
