#pragma once

#include "schedules/kernel.pb.h"

#include <string>
#include <vector>

namespace convoy::schedules {

/// What is known of a scheduled kernel's time before it is measured.
struct Limits {
  /// Microseconds on one core of the target, by the model of its template; 0: it has none.
  double expected = 0;
  /// What keeps the kernel from the machine's peak of arithmetic or memory, as phrases that follow from its schedule
  /// and its extents ("24 of 32 lanes hold channels"). Empty where nothing does, or dimensions are symbols.
  std::vector<std::string> reasons;
};

/// Of a kernel for processors that carries its schedule; nothing of any other.
Limits limitsOf(const proto::Kernel &kernel);

} // namespace convoy::schedules
