#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// ONNX Resize, one dimension after the other. The template `stream` computes it: along the channels of NHWC, indices
/// and weights are scalars of a pixel.
Halide::Func resize(const OpContext &context);

void registerResize(Registry &registry);
void registerResizeSteps(Registry &registry);

} // namespace convoy::schedules
