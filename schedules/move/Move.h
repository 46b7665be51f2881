#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Ops that move elements and compute nothing.
Halide::Func relayout(const OpContext &context);
Halide::Func reshape(const OpContext &context);
Halide::Func expand(const OpContext &context);
Halide::Func transpose(const OpContext &context);
Halide::Func slice(const OpContext &context);
Halide::Func pad(const OpContext &context);
Halide::Func concat(const OpContext &context);
Halide::Func gather(const OpContext &context);
Halide::Func scatter(const OpContext &context);
Halide::Func range(const OpContext &context);

void registerMove(Registry &registry);

} // namespace convoy::schedules
