#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Reduction over dimensions. Helper `sum` (or `best`, `highest`) has one update over an RDom of the reduced
/// dimensions, the last logical one first.
Halide::Func reduce(const OpContext &context);
/// Running sum along one dimension.
Halide::Func scan(const OpContext &context);

void registerReduce(Registry &registry);

} // namespace convoy::schedules
