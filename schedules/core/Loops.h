#pragma once

#include "schedules/core/Template.h"

namespace convoy::schedules {

/// Directives that several families share.

/// Time that moving all operands and results of a kernel takes, with the arithmetic of its elementwise functions.
double streamMicroseconds(const proto::Kernel &kernel);

/// Into how many tasks a kernel that takes `microseconds` on one core is cut: none below 20 us, a few per core. The same
/// for any number of threads that a run uses.
int64_t tasksFor(const proto::Kernel &kernel, double microseconds);

/// The loops of one output in the order of memory, innermost first.
std::vector<Halide::Var> memoryOrder(const Graph &graph, int output);

/// Extent up to which the innermost axis of the output is computed: the padded one where nothing forbids to write and
/// read up to it, so that the last vector is a whole one. Tells Halide.
int64_t padInnermost(Graph &graph, int output, int lanes);

/// Vectors of `lanes` along loop `var` of extent `extent` (-1: symbolic).
void vectorizeLoop(Halide::Func &func, Halide::Var var, int64_t extent, int lanes);

/// Cuts the loops outside of `inner` loops into about `tasks` parallel tasks. `loops` is innermost first.
void parallelizeOuter(Halide::Func &func, const std::vector<Halide::Var> &loops, const std::vector<int64_t> &extents,
                      size_t inner, int64_t tasks);

/// The whole schedule of an output whose elements are computed on their own.
void scheduleStream(Graph &graph, int output, int64_t tasks);

} // namespace convoy::schedules
