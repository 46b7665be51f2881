#include "schedules/core/Graph.h"
#include "schedules/core/Registry.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <limits>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Elements along a dimension that a reader may be told of. The extent alone of a symbol: it is what the buffer says.
Expr allocated(const Graph &graph, const proto::Tensor &tensor, int dim) {
  const int64_t extent = allocatedExtent(tensor, dim);
  return extent < 0 ? graph.extent(tensor, dim) : Expr(int32_t(extent));
}

/// Halide refuses to read before the first element of a buffer. Surroundings are there, so it is told that indices
/// stay inside as many elements as are allocated; the promise makes no code.
std::vector<Expr> promised(const Graph &graph, const proto::Tensor &tensor, std::vector<Expr> arguments) {
  for (int dim = 0; dim < rankOf(tensor); ++dim) {
    Expr &at = arguments[argument(rankOf(tensor), dim)];
    if (before(tensor.layout(), dim) > 0 || after(tensor.layout(), dim) > 0)
      at = unsafe_promise_clamped(at, 0, allocated(graph, tensor, dim) - 1);
  }
  return arguments;
}

/// Position of an axis among the dimensions of a buffer.
int bufferDimension(const proto::Tensor &tensor, const Axis &axis) {
  const int shift = tensor.layout().block() > 0 ? 1 : 0;
  return axis.remainder ? 0 : argument(rankOf(tensor), axis.dim) + shift;
}

/// Tells Halide what is known about a buffer. Extents are set by the caller: they may be Exprs over symbols.
template <typename Buffer> void setStrides(Buffer buffer, const proto::Tensor &tensor) {
  if (allocatedElements(tensor) > std::numeric_limits<int32_t>::max())
    throw CompileError("a tensor has more than 2^31 elements");
  for (const Axis &axis : axesOf(tensor)) {
    auto dimension = buffer.dim(bufferDimension(tensor, axis));
    dimension.set_min(0);
    dimension.set_stride(axis.stride < 0 ? Expr() : Expr(int32_t(axis.stride)));
  }
}

Expr bufferExtent(const Graph &graph, const proto::Tensor &tensor, const Axis &axis, bool input) {
  const proto::Layout &layout = tensor.layout();
  if (axis.remainder)
    return int32_t(layout.block());
  Expr extent = input ? allocated(graph, tensor, axis.dim) : graph.extent(tensor, axis.dim);
  if (layout.block() > 0 && axis.dim == layout.block_dim())
    return (extent + int32_t(layout.block() - 1)) / int32_t(layout.block());
  return extent;
}

template <typename Buffer> void setExtents(const Graph &graph, Buffer buffer, const proto::Tensor &tensor, bool input) {
  for (const Axis &axis : axesOf(tensor)) {
    auto dimension = buffer.dim(bufferDimension(tensor, axis));
    // A symbol's own buffer defines it: no constraint on itself.
    Expr extent = bufferExtent(graph, tensor, axis, input);
    if (!Internal::equal(extent, dimension.extent()))
      dimension.set_extent(extent);
  }
}

/// Finds for each symbol a buffer that tells its extent: an input's if there is one, else an output's.
void findSymbols(Graph &graph) {
  auto visit = [&](int position, auto extentAt) {
    const proto::Tensor &tensor = graph.tensorOf(position);
    for (int dim = 0; dim < rankOf(tensor); ++dim) {
      const bool blocked = tensor.layout().block() > 0 && tensor.layout().block_dim() == dim;
      if (tensor.dims(dim).has_symbol() && !blocked)
        graph.symbols.try_emplace(tensor.dims(dim).symbol(), extentAt(bufferDimension(tensor, {dim, false, 0, 0})));
    }
  };
  const proto::Kernel &kernel = *graph.kernel;
  for (int i = 0; i < kernel.inputs_size(); ++i)
    visit(kernel.inputs(i), [&](int dimension) { return graph.inputs[i].dim(dimension).extent(); });
  // Outputs have no definition yet, so no buffer to ask; one of the same name stands for it.
  for (int i = 0; i < kernel.outputs_size(); ++i) {
    const proto::Tensor &tensor = graph.tensorOf(kernel.outputs(i));
    const Parameter buffer(halideType(tensor.type()), true, rankOf(tensor), graph.outputs[i].name());
    visit(kernel.outputs(i), [&](int dimension) {
      return Internal::Variable::make(Int(32), buffer.name() + ".extent." + std::to_string(dimension), buffer);
    });
  }
}

void makeInputs(Graph &graph) {
  const proto::Kernel &kernel = *graph.kernel;
  for (int i = 0; i < kernel.inputs_size(); ++i) {
    const proto::Tensor &tensor = graph.tensorOf(kernel.inputs(i));
    const int dimensions = rankOf(tensor) + (tensor.layout().block() > 0 ? 1 : 0);
    graph.inputs.emplace_back(halideType(tensor.type()), dimensions, "input" + std::to_string(i));
    setStrides(graph.inputs.back(), tensor);
  }
  findSymbols(graph);
  for (int i = 0; i < kernel.inputs_size(); ++i)
    setExtents(graph, graph.inputs[i], graph.tensorOf(kernel.inputs(i)), true);
  for (int position : kernel.inputs()) {
    const int rank = rankOf(graph.tensorOf(position));
    std::vector<Expr> arguments(graph.vars.begin(), graph.vars.begin() + rank);
    Func value("value" + std::to_string(position));
    value(arguments) = graph.at(position, arguments);
    graph.values[position] = value;
  }
}

void makeOps(Graph &graph) {
  const proto::Kernel &kernel = *graph.kernel;
  for (int i = 0; i < kernel.ops_size(); ++i) {
    const proto::Op &op = kernel.ops(i);
    auto algorithm = registry().algorithms.find(op.kind());
    if (algorithm == registry().algorithms.end())
      throw CompileError("no algorithm for op kind '" + op.kind() + "'");
    for (int input : op.inputs())
      if (input >= 0 && (input >= kernel.tensors_size() || !graph.values[input].defined()))
        throw CompileError("op " + std::to_string(i) + " (" + op.kind() + ") reads a tensor that nothing defines");
    if (op.outputs_size() != 1 || op.outputs(0) < 0 || op.outputs(0) >= kernel.tensors_size())
      throw CompileError("op " + std::to_string(i) + " (" + op.kind() + ") must have one result");
    graph.values[op.outputs(0)] = algorithm->second(OpContext(graph, i));
  }
}

/// The Func that is stored: the value itself, or a copy where it can't be (an input, a second output of one tensor) or
/// must be addressed in blocks.
void defineOutput(Graph &graph, int index) {
  const int position = graph.kernel->outputs(index);
  const proto::Tensor &tensor = graph.tensorOf(position);
  const proto::Layout &layout = tensor.layout();
  const int rank = rankOf(tensor);
  Func &output = graph.outputs[index];
  if (layout.block() == 0) {
    std::vector<Expr> arguments(graph.vars.begin(), graph.vars.begin() + rank);
    output(arguments) = graph.values[position](arguments);
    return;
  }
  const int blocked = argument(rank, layout.block_dim());
  const int block = int(layout.block());
  std::vector<Expr> arguments(graph.vars.begin(), graph.vars.begin() + rank + 1);
  std::vector<Expr> logical(arguments.begin() + 1, arguments.end());
  Expr element = logical[blocked] * block + arguments[0];
  Expr extent = graph.extent(tensor, layout.block_dim());
  logical[blocked] = clamp(element, 0, extent - 1);
  output(arguments) = select(element < extent, graph.values[position](logical), cast(halideType(tensor.type()), 0));
}

void makeOutputs(Graph &graph) {
  const proto::Kernel &kernel = *graph.kernel;
  for (int i = 0; i < kernel.outputs_size(); ++i) {
    const proto::Tensor &tensor = graph.tensorOf(kernel.outputs(i));
    if (!graph.values[kernel.outputs(i)].defined())
      throw CompileError("nothing defines output " + std::to_string(i));
    defineOutput(graph, i);
    setStrides(graph.outputs[i].output_buffer(), tensor);
    setExtents(graph, graph.outputs[i].output_buffer(), tensor, false);
  }
}

} // namespace

int Graph::inputOf(int tensor) const {
  auto found = std::find(kernel->inputs().begin(), kernel->inputs().end(), tensor);
  return found == kernel->inputs().end() ? -1 : int(found - kernel->inputs().begin());
}

Expr Graph::at(int tensor, const std::vector<Expr> &logical) const {
  const proto::Tensor &described = tensorOf(tensor);
  std::vector<Expr> arguments = promised(*this, described, logical);
  const ImageParam &parameter = inputs[inputOf(tensor)];
  if (described.layout().block() == 0)
    return parameter(arguments);
  const int blocked = argument(rankOf(described), described.layout().block_dim());
  const int block = int(described.layout().block());
  std::vector<Expr> physical{arguments[blocked] % block};
  physical.insert(physical.end(), arguments.begin(), arguments.end());
  physical[blocked + 1] = arguments[blocked] / block;
  return parameter(physical);
}

Expr Graph::extent(const proto::Tensor &tensor, int dim) const {
  if (!tensor.dims(dim).has_symbol())
    return int32_t(tensor.dims(dim).extent());
  auto found = symbols.find(tensor.dims(dim).symbol());
  if (found == symbols.end())
    throw CompileError("symbol " + std::to_string(tensor.dims(dim).symbol()) + " is no extent of any parameter");
  return found->second;
}

Graph buildGraph(const proto::Kernel &kernel, bool wide) {
  Graph graph;
  graph.kernel = &kernel;
  graph.wide = wide;
  graph.values.resize(kernel.tensors_size());
  graph.helpers.resize(kernel.ops_size());
  int most = 0;
  for (const proto::Tensor &tensor : kernel.tensors())
    most = std::max(most, rankOf(tensor));
  for (int i = 0; i <= most; ++i)
    graph.vars.emplace_back("x" + std::to_string(i)); // Not `v`: Halide names its own so.
  for (int i = 0; i < kernel.outputs_size(); ++i)
    graph.outputs.emplace_back("output" + std::to_string(i));
  makeInputs(graph);
  makeOps(graph);
  makeOutputs(graph);
  return graph;
}

} // namespace convoy::schedules
