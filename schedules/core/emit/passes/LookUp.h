#pragma once

#include "schedules/core/Template.h"

namespace convoy::schedules {

/// Lets a function of the module look up what tiles of constant size hold, where the target has one: see
/// schedules/core/Loops.h.
void lookUpTiles(Halide::Pipeline &pipeline, const std::vector<LookupTile> &lookups, const Halide::Target &target);

} // namespace convoy::schedules
