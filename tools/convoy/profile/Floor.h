#pragma once

#include "tools/convoy/profile/Peaks.h"

namespace convoy::tools {

/// The least time that a launch can take on this machine, by what binds it.
struct Floor {
  double seconds = 0;
  const char *bound = "";
};

/// Arithmetic: multiply-adds at the peak of their type. Memory: each byte read and written once, at the rate of the
/// level that holds it: weights where all that a run of the module goes over fits, the rest where the launch's own data
/// fit; what comes from a level passes through those above. At least a launch, or the hand-over of its tasks.
/// Winograd's layers may take less: their multiply-adds are counted as the direct algorithm's.
Floor floorOf(const convoy_module &module, const convoy_launch &launch, const convoy_launch_time &time,
              const Peaks &peaks);

/// Below this share of its floor a launch needs a reason.
constexpr double askedShare = 0.6;

/// Why a launch is slower than its floor: facts of its schedule and of the run, and "unexplained" where they leave more
/// than a third of the time open. Empty for launches that reach `askedShare`.
std::string reasonOf(const convoy_launch &launch, const convoy_launch_time &time, const Floor &floor,
                     const Peaks &peaks);

} // namespace convoy::tools
