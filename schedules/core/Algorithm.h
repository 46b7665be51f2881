#pragma once

#include "schedules/core/Template.h"

#include <functional>
#include <optional>

namespace convoy::schedules {

/// What the algorithm of an op sees: its operands as Funcs, its attributes, its types and extents. An algorithm says
/// what is computed, in the fewest lines, and schedules nothing. Arguments of Funcs run over reversed logical
/// dimensions: argument `argument(rank, d)` is logical dimension d.
class OpContext {
public:
  OpContext(Graph &graph, int position) : graph(graph), position(position), op(graph.kernel->ops(position)) {}

  Graph &graph;
  const int position; ///< In Kernel.ops.
  const proto::Op &op;

  bool has(int operand) const;
  Halide::Func input(int operand) const;
  const proto::Tensor &inputTensor(int operand) const;
  const proto::Tensor &outputTensor() const;
  Halide::Type inputType(int operand) const;
  Halide::Type outputType() const;
  /// Type in which sums of the op are kept: double for floats with `Graph::wide`, float for halves, the type itself
  /// else.
  Halide::Type sumType(Halide::Type type) const;

  /// Value of an operand that an op `constant` of the kernel defines.
  std::optional<double> constant(int operand) const;

  std::vector<int64_t> ints(const std::string &name) const;
  int64_t integer(const std::string &name, int64_t absent = 0) const;
  std::vector<double> floats(const std::string &name) const;
  double number(const std::string &name, double absent = 0) const;
  std::string text(const std::string &name, const std::string &absent = "") const;

  /// The Vars of the result, argument 0 first.
  std::vector<Halide::Var> vars() const;
  std::vector<Halide::Expr> arguments() const;
  /// Extent of logical dimension `dim` of operand `operand`, or of the result.
  Halide::Expr inputExtent(int operand, int dim) const;
  Halide::Expr outputExtent(int dim) const;

  /// Arguments with which operand `operand` is read for the result at `arguments`, under NumPy's broadcast.
  std::vector<Halide::Expr> broadcast(int operand, const std::vector<Halide::Expr> &arguments) const;

  /// A new Func, named after the op; `stage` tells it from the op's others. Funcs that are no result must be announced
  /// with `helper`, so that templates find them.
  Halide::Func func(const std::string &stage = "") const;
  Halide::Func helper(const std::string &stage) const;
  /// Announces a Func made elsewhere.
  void addHelper(Halide::Func func) const;

  /// The operand with its surroundings: reading it outside of its extent along the spatial dimensions (all but the
  /// first two) by at most `pads` (begin of each, then end of each) gives `fill` (`value`, if that is VALUE). Reads
  /// storage directly where the layout grants that halo, guards each access otherwise.
  Halide::Func padded(int operand, const std::vector<int64_t> &pads, proto::Layout::Fill fill, int64_t value = 0) const;
};

using Algorithm = std::function<Halide::Func(const OpContext &)>;

/// Argument position of logical dimension `dim`, and back.
inline int argument(int rank, int dim) { return rank - 1 - dim; }

} // namespace convoy::schedules
