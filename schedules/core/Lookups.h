#pragma once

#include "schedules/core/Template.h"

#include <set>

namespace convoy::schedules {

/// A lookup reads unsigned bytes and a table of 256 values, one for each. In line it would be a scalar load per
/// element; functions of the module (convoy_look_up_* in runtime/ops) look up whole tiles, in registers.

bool hasLookups(const proto::Kernel &kernel);
/// Whether the tensor is the table of a lookup, which no dimension of the result runs along.
bool isTable(const proto::Kernel &kernel, int tensor);

/// Hands the Funcs of each lookup, indices and results, to `place`, which schedules both to be computed at the same
/// loop with the same storage; notes them in the graph.
template <typename Place> void placeLookups(Graph &graph, Place place) {
  std::set<std::string> placed; // One tensor may be read by several lookups, and made by one.
  auto once = [&](Halide::Func func) {
    if (placed.insert(func.name()).second)
      place(func);
  };
  for (const proto::Op &op : graph.kernel->ops()) {
    if (op.kind() != "lookup")
      continue;
    Halide::Func index = graph.values[size_t(op.inputs(0))], result = graph.values[size_t(op.outputs(0))];
    once(index);
    once(result);
    graph.lookups.push_back({index.name(), result.name(), graph.inputs[size_t(graph.inputOf(op.inputs(1)))]});
  }
}

} // namespace convoy::schedules
