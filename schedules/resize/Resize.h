#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// ONNX Resize, one dimension after the other.
Halide::Func resize(const OpContext &context);

/// Op `resize` and its template.
void registerResize(Registry &registry);

} // namespace convoy::schedules
