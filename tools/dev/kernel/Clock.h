#pragma once

#include <functional>

namespace convoy::dev {

/// Frequency of this core, from a chain of dependent additions.
double gigahertz();

struct Timing {
  double best = 0, median = 0; ///< Microseconds.
  double gigahertz = 0;        ///< While it was measured.
};
/// Runs `work` for about a quarter of a second.
Timing measure(const std::function<void()> &work);

} // namespace convoy::dev
