#pragma once

#include "schedules/core/Template.h"

#include <algorithm>
#include <optional>
#include <set>

namespace convoy::schedules {

/// Directives that several families share.

/// The stored tensor in whose order a tensor is read: itself, if it is a parameter of the kernel, else the largest
/// operand of the elementwise ops that make it, of the same dimensions.
const proto::Tensor &storedLike(const proto::Kernel &kernel, int tensor);

/// Time that moving all operands and results of a kernel takes, with the arithmetic of its elementwise functions.
double streamMicroseconds(const proto::Kernel &kernel);

/// Into how many tasks a kernel that takes `microseconds` on one core is cut: none below 3 us, a few per core. The same
/// for any number of threads that a run uses.
int64_t tasksFor(const proto::Kernel &kernel, double microseconds);

/// Extent up to which the innermost axis of the output is computed: the padded one where nothing forbids to write and
/// read up to it, so that the last vector is a whole one. Tells Halide.
int64_t padInnermost(Graph &graph, int output, int lanes);

/// Lanes of a vector along a loop of this extent: fewer where it is short.
int lanesFor(int64_t extent, int lanes);

/// Vectors of `lanes` along loop `var` of extent `extent` (-1: symbolic).
void vectorizeLoop(Halide::Func &func, Halide::Var var, int64_t extent, int lanes);

/// Cuts the loops outside of `inner` loops into about `tasks` parallel tasks. `loops` is innermost first.
void parallelizeOuter(Halide::Func &func, const std::vector<Halide::Var> &loops, const std::vector<int64_t> &extents,
                      size_t inner, int64_t tasks);

/// A kernel whose op `op` (the first) puts neighbours of one stored tensor elsewhere: they lie along argument `other`
/// of the output, whose own neighbours lie along another argument.
struct Turn {
  int op;
  int other;
};
/// The turn of a kernel of one relayout or transposition and elementwise ops behind it.
std::optional<Turn> turnOf(const proto::Kernel &kernel);

/// Why the kernel cannot be computed tile by tile of output 0: empty if it has one output, unblocked and not a scalar.
std::string misfitOfOutput(const proto::Kernel &kernel);

/// Why the result of the anchor cannot be computed tile by tile of output 0: empty if the kernel has one output,
/// unblocked and not a scalar, with the dimensions of the anchor's result.
std::string misfitOfResult(const proto::Kernel &kernel);

/// Whether a relayout of three channels may write a fourth beside them (the last one again), so that pixels are stored
/// by whole vectors.
bool fillsUp(const proto::Kernel &kernel, const proto::Tensor &output);

/// The loops of an output in the order of memory (0 is the innermost), while directives are given to it.
class OutputLoops {
public:
  /// Puts the loops in that order; pads the innermost to whole vectors where it may.
  OutputLoops(Graph &graph, int output, int lanes);
  size_t size() const { return loops.size(); }
  Halide::Var var(size_t i) const { return loops[i]; }
  int64_t extent(size_t i) const { return i < extents.size() ? extents[i] : 1; }
  /// Position of loop i among the arguments of the output (of an unblocked tensor: of every Func of its dimensions).
  int argumentOf(size_t i) const { return positions[i]; }
  size_t loopOf(int argument) const {
    return size_t(std::find(positions.begin(), positions.end(), argument) - positions.begin());
  }
  /// Cuts the innermost loop into `outer` and vectors `lane`. With `recompute` the last vector moves inwards and
  /// overlaps its neighbour, so that all have one length.
  void vectorize(Halide::Var outer, Halide::Var lane, bool recompute = false);
  /// Loop i was cut into parts of `factor` iterations, over which `var` runs.
  void replace(size_t i, Halide::Var var, int64_t factor);
  /// Parallel tasks from the loops outside of the `inner` innermost ones.
  void parallelize(size_t inner, int64_t tasks) { parallelizeOuter(func, loops, extents, inner, tasks); }

private:
  Halide::Func &func;
  std::vector<Halide::Var> loops;
  std::vector<int64_t> extents;
  std::vector<int> positions;
  int lanes;
};

/// The whole schedule of an output whose elements are computed on their own.
void scheduleStream(Graph &graph, int output, int64_t tasks);

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
