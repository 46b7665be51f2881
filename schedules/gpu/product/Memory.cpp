#include "schedules/gpu/product/Memory.h"
#include "schedules/conv/Epilogue.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Threads.h"

#include <algorithm>

namespace convoy::schedules::gpu {

bool beginsAligned(const proto::Tensor &tensor, int dim) {
  const bool inBlocks = tensor.layout().block() > 0 && tensor.layout().block_dim() == dim;
  if (inBlocks || rankOf(tensor) == 0 || dim != orderOf(tensor).back())
    return false;
  int64_t origin = before(tensor.layout(), dim), row = allocatedExtent(tensor, dim);
  if (row < 0 || row % vector != 0)
    return rankOf(tensor) == 1 && origin == 0;
  return origin % vector == 0; // All other strides are multiples of `row`.
}

StoreCut cutStore(const proto::Kernel &kernel, int channel) {
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  StoreCut cut{extentOf(output, channel), false};
  const int64_t whole = (cut.channels + vector - 1) / vector * vector;
  if (!beginsAligned(output, channel) || writableExtent(output, channel) < whole)
    return cut;
  const proto::Op &anchor = kernel.ops(kernel.anchor());
  const int fromEnd = rankOf(output) - channel;
  for (int input : kernel.inputs()) {
    if (std::find(anchor.inputs().begin(), anchor.inputs().end(), input) != anchor.inputs().end())
      continue;
    const proto::Tensor &tensor = kernel.tensors(input);
    const int dim = rankOf(tensor) - fromEnd;
    if (!readsWithin(kernel, input, channel, whole) ||
        (dim >= 0 && dim == innermost(tensor) && extentOf(tensor, dim) > 1 &&
         before(tensor.layout(), dim) % vector != 0) ||
        (dim >= 0 && dim == innermost(tensor) && elements(tensor) > extentOf(tensor, dim) &&
         !beginsAligned(tensor, dim)))
      return cut;
  }
  cut.channels = whole;
  cut.vectors = true;
  return cut;
}

void storeSum(Graph &graph, int channel, const StoreCut &cut) {
  const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(0));
  const std::vector<int> order = orderOf(tensor);
  const std::vector<Halide::Var> args = graph.outputs[0].args();
  std::vector<Halide::Var> loops;
  std::vector<int64_t> extents;
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    loops.push_back(args[size_t(argument(rankOf(tensor), *dim))]);
    extents.push_back(*dim == channel ? cut.channels : extentOf(tensor, *dim));
  }
  constexpr int threads = 256;
  const ThreadTile tile = tileFor(extents, threads, cut.vectors ? int(vector) : 1);
  const ThreadLoops made = mapToThreads(graph.outputs[0], loops, extents, tile);
  if (tile.vector > 1)
    makeVector(graph.outputs[0], made.lane, graph.kernel->target());
}

namespace {
template <typename Buffer> void setStrides(Buffer buffer, const proto::Tensor &tensor) {
  if (isStatic(tensor) || tensor.layout().block() > 0)
    return;
  const std::vector<int> order = orderOf(tensor);
  Halide::Expr stride = 1;
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    auto dimension = buffer.dim(argument(rankOf(tensor), *dim));
    if (strideOf(tensor, *dim) < 0)
      dimension.set_stride(stride);
    const int64_t extent = allocatedExtent(tensor, *dim);
    const int32_t around = int32_t(before(tensor.layout(), *dim) + after(tensor.layout(), *dim));
    stride = stride * (extent < 0 ? dimension.extent() + around : Halide::Expr(int32_t(extent)));
  }
}
} // namespace

void setSymbolicStrides(Graph &graph) {
  const proto::Kernel &kernel = *graph.kernel;
  for (int i = 0; i < kernel.inputs_size(); ++i)
    setStrides(graph.inputs[size_t(i)], kernel.tensors(kernel.inputs(i)));
  setStrides(graph.outputs[0].output_buffer(), kernel.tensors(kernel.outputs(0)));
}

bool isSingle(const proto::Kernel &kernel) {
  const proto::Op &anchor = kernel.ops(kernel.anchor());
  auto single = [&](int tensor) { return tensor < 0 || kernel.tensors(tensor).type() == proto::F32; };
  return std::all_of(anchor.inputs().begin(), anchor.inputs().end(), single) && single(anchor.outputs(0)) &&
         single(kernel.outputs(0));
}

double parameterBytes(const proto::Kernel &kernel) {
  double bytes = 0;
  auto add = [&](int position) {
    const proto::Tensor &tensor = kernel.tensors(position);
    bytes += double(elements(tensor)) * double(bytesOf(tensor.type()));
  };
  for (int input : kernel.inputs())
    add(input);
  for (int output : kernel.outputs())
    add(output);
  return bytes;
}

} // namespace convoy::schedules::gpu
