#pragma once

#include "schedules/core/Result.h"
#include "schedules/kernel.pb.h"

#include <Halide.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace convoy::schedules {

/// Weights too large for the caches that tasks read block by block. While a task computes, weights that it or a later
/// task reads are asked for, spread over the task.
struct WeightStream {
  Halide::ImageParam weights;
  int64_t blockElements; ///< That a task reads.
  int64_t ahead;         ///< Elements between those that a task reads and those that it asks for.
  std::string sum;       ///< Name of the Func in whose update's innermost loop they are asked for.
  std::string task;      ///< Last part of the name of the output's loop over tasks.
  int64_t passes = 1;    ///< Innermost loops of the update that follow each other in a task.
};

/// A lookup whose indices and results are stored tile by tile, in the same order.
struct LookupTile {
  std::string index, result; ///< Names of Funcs.
  Halide::ImageParam table;
};

/// A kernel as unscheduled Halide Funcs. Func arguments run over logical dimensions in reversed order (argument 0 is
/// the last logical dimension: x of NCHW is 0, y 1, channel 2, batch 3), whatever the layout: layouts are strides of
/// the parameters and of the outputs.
struct Graph {
  const proto::Kernel *kernel = nullptr;
  bool wide = false;                      ///< Sums of floats in double, products unfused: the evaluator's arithmetic.
  bool heap = false;                      ///< Buffers of any size may be allocated (in this process, not in modules).
  std::vector<Halide::ImageParam> inputs; ///< One per kernel input, constraints set.
  std::vector<Halide::Func> values;       ///< One per tensor; undefined for tensors that nothing defines.
  std::vector<Halide::Var> vars;          ///< vars[i]: argument i of every Func.
  std::vector<Halide::Func> outputs;      ///< One per kernel output; bounds and strides set.

  /// Per op: the Funcs of its algorithm besides its result, in the order in which they are computed. They must be
  /// scheduled (or left inline, if pure); so must the result itself if it has updates.
  std::vector<std::vector<Halide::Func>> helpers;
  std::map<int, Halide::Expr> symbols; ///< Extent of each symbolic dimension.
  std::optional<WeightStream> stream;  ///< Set by templates.
  std::vector<LookupTile> lookups;     ///< Set by templates.

  const proto::Op &anchorOp() const { return kernel->ops(kernel->anchor()); }
  Halide::Func &anchor() { return values[anchorOp().outputs(0)]; } ///< Result of the anchor op.
  std::vector<Halide::Func> &anchorHelpers() { return helpers[kernel->anchor()]; }
  const proto::Tensor &tensorOf(int position) const { return kernel->tensors(position); }
  /// Position in `inputs` of a tensor, -1 if it is none.
  int inputOf(int tensor) const;
  /// The parameter of kernel input `tensor` (a position in Kernel.tensors) at logical arguments; addresses blocks.
  Halide::Expr at(int tensor, const std::vector<Halide::Expr> &arguments) const;
  /// Extent of logical dimension `dim` of a tensor.
  Halide::Expr extent(const proto::Tensor &tensor, int dim) const;
};

struct Knob {
  std::string name;
  int64_t least;
  int64_t most;
  std::string help;
};

/// One way to compute a family of kernels: which kernels it fits, its knobs, the model that ranks them, and the
/// directives. Stateless; one instance of each lives in the registry.
class Template {
public:
  virtual ~Template() = default;
  virtual std::string name() const = 0;
  virtual std::vector<Knob> knobs() const = 0;
  /// Whether the template is for GPUs: it is asked about kernels whose target has one, and no other template is.
  virtual bool onGpu() const { return false; }
  /// Why the template does not fit the kernel; empty if it does.
  virtual std::string misfit(const proto::Kernel &kernel) const = 0;
  /// Estimated microseconds of the kernel on its target with these knobs.
  virtual double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const = 0;
  /// The knob sets worth trying, best first.
  virtual std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const = 0;
  virtual proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const;
  /// Whether the graph is to be built with `Graph::wide`.
  virtual bool wide() const { return false; }
  /// The kernel in whose place the template wants to compile: the same memory under other dimensions. Static tensors
  /// only.
  virtual proto::Kernel rewritten(const proto::Kernel &kernel) const { return kernel; }
  /// Schedules the Funcs of `graph`. May replace the algorithm of the anchor (Winograd) before it does.
  virtual void apply(Graph &graph, const proto::Schedule &schedule) const = 0;
};

/// All templates, in the order in which equal estimates are resolved. `plain` fits every kernel.
const std::vector<std::unique_ptr<Template>> &templates();

/// Value of a knob; `absent` if the schedule leaves it out.
int64_t knob(const proto::Schedule &schedule, const std::string &name, int64_t absent);

} // namespace convoy::schedules
