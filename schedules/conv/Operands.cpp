#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

void clampReads(Graph &graph, int tensor, int dim) {
  const proto::Tensor &described = graph.tensorOf(tensor);
  const int rank = rankOf(described), at = argument(rank, dim);
  Func original = graph.values[tensor];
  std::vector<Expr> read(graph.vars.begin(), graph.vars.begin() + rank);
  Func clamped("clamped" + std::to_string(tensor));
  std::vector<Expr> last = read;
  last[at] = clamp(read[at], 0, graph.extent(described, dim) - 1);
  clamped(read) = original(last);
  replaceValue(graph, tensor, clamped);
}

void replaceValue(Graph &graph, int tensor, const Func &replacement) {
  Func original = graph.values[tensor];
  auto substitute = [&](Func &func) {
    if (func.defined() && !func.function().same_as(original.function()))
      func.function().substitute_calls(original.function(), replacement.function());
  };
  // Also in what stands between and has no other name: an operand with its pads.
  for (Func &output : graph.outputs)
    for (auto &[name, function] : Internal::find_transitive_calls(output.function()))
      if (!function.same_as(original.function()) && !function.same_as(replacement.function()))
        function.substitute_calls(original.function(), replacement.function());
  for (Func &value : graph.values)
    substitute(value);
  for (std::vector<Func> &helpers : graph.helpers)
    for (Func &helper : helpers)
      substitute(helper);
  graph.values[tensor] = replacement;
}

proto::Layout packedLayout(int channel, const std::vector<int> &inner, int64_t block) {
  proto::Layout layout;
  layout.add_order(channel);
  for (int dim : inner)
    layout.add_order(dim);
  layout.set_block_dim(channel);
  layout.set_block(block);
  return layout;
}

proto::Layout roundedUp(proto::Layout layout, const proto::Tensor &tensor, int dim, int64_t multiple) {
  const int64_t padding = (multiple - extentOf(tensor, dim) % multiple) % multiple;
  if (padding == 0)
    return layout;
  for (int i = 0; i < rankOf(tensor); ++i) {
    layout.add_before(0);
    layout.add_after(i == dim ? padding : 0);
  }
  return layout;
}

bool isPacked(const proto::Tensor &tensor, int dim, int64_t block) {
  return tensor.layout().block() == block && tensor.layout().block_dim() == dim;
}

proto::Layout paddedLayout(const std::vector<int> &order, int dim, int64_t extent, int64_t multiple) {
  proto::Layout layout;
  for (size_t i = 0; i < order.size(); ++i) {
    layout.add_order(order[i]);
    layout.add_before(0);
    layout.add_after(0);
  }
  layout.set_after(dim, (multiple - extent % multiple) % multiple);
  return layout;
}

bool coversChannels(const proto::Kernel &kernel, int tensor, int dim, int64_t channels) {
  const proto::Tensor &described = kernel.tensors(tensor);
  if (extentOf(described, dim) >= channels)
    return true;
  const bool stored = std::find(kernel.inputs().begin(), kernel.inputs().end(), tensor) != kernel.inputs().end();
  const bool inBlocks = described.layout().block() > 0 && described.layout().block_dim() == dim;
  return stored && !inBlocks && extentOf(described, dim) + after(described.layout(), dim) >= channels;
}

} // namespace convoy::schedules
