#pragma once

#include "schedules/core/Result.h"
#include "schedules/kernel.pb.h"

#include <Halide.h>

#include <memory>
#include <string>
#include <vector>

namespace convoy::schedules {

/// A kernel as unscheduled Halide Funcs. Func arguments run over logical dimensions in reversed order (argument 0 is
/// the last logical dimension: x of NCHW is 0, y 1, channel 2, batch 3), whatever the layout: layouts are strides of
/// the parameters and of the outputs.
struct Graph {
  const proto::Kernel *kernel = nullptr;
  std::vector<Halide::ImageParam> inputs; ///< One per kernel input, constraints set.
  std::vector<Halide::Func> values;       ///< One per tensor; undefined for tensors that nothing defines.
  std::vector<Halide::Var> vars;          ///< vars[i]: argument i of every Func.
  std::vector<Halide::Func> outputs;      ///< One per kernel output; bounds and strides set.

  Halide::Func &anchor(); ///< Result of the anchor op.
  const proto::Tensor &tensorOf(int position) const { return kernel->tensors(position); }
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
  /// Why the template does not fit the kernel; empty if it does.
  virtual std::string misfit(const proto::Kernel &kernel) const = 0;
  /// Estimated microseconds of the kernel on its target with these knobs.
  virtual double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const = 0;
  /// The knob sets worth trying, best first.
  virtual std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const = 0;
  virtual proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const;
  /// Schedules the Funcs of `graph`. May replace the algorithm of the anchor (Winograd) before it does.
  virtual void apply(Graph &graph, const proto::Schedule &schedule) const = 0;
};

/// All templates, in the order in which equal estimates are resolved. `plain` fits every kernel.
const std::vector<std::unique_ptr<Template>> &templates();

} // namespace convoy::schedules
