#include "schedules/core/Tensors.h"

#include <algorithm>
#include <numeric>

using namespace Halide;

namespace convoy::schedules {

Type halideType(proto::DataType type) {
  switch (type) {
  case proto::F32:
    return Float(32);
  case proto::F64:
    return Float(64);
  case proto::F16:
    return Float(16);
  case proto::BF16:
    return BFloat(16);
  case proto::I8:
    return Int(8);
  case proto::U8:
    return UInt(8);
  case proto::I16:
    return Int(16);
  case proto::U16:
    return UInt(16);
  case proto::I32:
    return Int(32);
  case proto::U32:
    return UInt(32);
  case proto::I64:
    return Int(64);
  case proto::U64:
    return UInt(64);
  case proto::BOOL:
    return UInt(8);
  default:
    throw CompileError("tensor without element type");
  }
}

int64_t bytesOf(proto::DataType type) { return halideType(type).bytes(); }
bool isFloat(proto::DataType type) { return halideType(type).is_float(); }

int64_t extentOf(const proto::Tensor &tensor, int dim) {
  return tensor.dims(dim).has_symbol() ? -1 : tensor.dims(dim).extent();
}

bool isStatic(const proto::Tensor &tensor) {
  return std::none_of(tensor.dims().begin(), tensor.dims().end(), [](const auto &dim) { return dim.has_symbol(); });
}

bool isStatic(const proto::Kernel &kernel) {
  return std::all_of(kernel.tensors().begin(), kernel.tensors().end(), [](const auto &t) { return isStatic(t); });
}

int64_t elements(const proto::Tensor &tensor) {
  int64_t product = 1;
  for (const auto &dim : tensor.dims())
    product *= dim.has_symbol() ? 1 : dim.extent();
  return product;
}

int64_t before(const proto::Layout &layout, int dim) { return dim < layout.before_size() ? layout.before(dim) : 0; }
int64_t after(const proto::Layout &layout, int dim) { return dim < layout.after_size() ? layout.after(dim) : 0; }

std::vector<int> orderOf(const proto::Tensor &tensor) {
  std::vector<int> order(rankOf(tensor));
  std::iota(order.begin(), order.end(), 0);
  if (tensor.layout().order_size() == rankOf(tensor))
    std::copy(tensor.layout().order().begin(), tensor.layout().order().end(), order.begin());
  return order;
}

int innermost(const proto::Tensor &tensor) {
  if (tensor.layout().block() > 0)
    return tensor.layout().block_dim();
  return rankOf(tensor) == 0 ? -1 : orderOf(tensor).back();
}

int64_t allocatedExtent(const proto::Tensor &tensor, int dim) {
  int64_t extent = extentOf(tensor, dim);
  return extent < 0 ? -1 : extent + before(tensor.layout(), dim) + after(tensor.layout(), dim);
}

std::vector<Axis> axesOf(const proto::Tensor &tensor) {
  const proto::Layout &layout = tensor.layout();
  std::vector<Axis> axes;
  for (int dim : orderOf(tensor)) {
    int64_t extent = allocatedExtent(tensor, dim);
    if (layout.block() > 0 && dim == layout.block_dim() && extent >= 0)
      extent = (extent + layout.block() - 1) / layout.block();
    axes.push_back({dim, false, extent, 0});
  }
  if (layout.block() > 0)
    axes.push_back({layout.block_dim(), true, layout.block(), 0});
  int64_t stride = 1;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    axis->stride = stride;
    stride = stride < 0 || axis->extent < 0 ? -1 : stride * axis->extent;
  }
  return axes;
}

int64_t strideOf(const proto::Tensor &tensor, int dim) {
  for (const Axis &axis : axesOf(tensor))
    if (axis.dim == dim && !axis.remainder)
      return axis.stride;
  return -1;
}

int64_t allocatedElements(const proto::Tensor &tensor) {
  int64_t product = 1;
  for (const Axis &axis : axesOf(tensor)) {
    if (axis.extent < 0)
      return -1;
    product *= axis.extent;
  }
  return product;
}

bool grantsHalo(const proto::Tensor &tensor, const std::vector<int64_t> &pads, proto::Layout::Fill fill,
                int64_t value) {
  const int spatial = int(pads.size()) / 2;
  if (std::all_of(pads.begin(), pads.end(), [](int64_t pad) { return pad <= 0; }))
    return true;
  if (tensor.layout().fill() != fill || (fill == proto::Layout::VALUE && tensor.layout().fill_value() != value))
    return false;
  for (int i = 0; i < spatial; ++i) {
    int dim = rankOf(tensor) - spatial + i;
    if (before(tensor.layout(), dim) < pads[i] || after(tensor.layout(), dim) < pads[spatial + i])
      return false;
    if ((pads[i] > 0 || pads[spatial + i] > 0) && dim == innermost(tensor))
      return false;
  }
  return true;
}

int64_t writableExtent(const proto::Tensor &tensor, int dim) {
  int64_t extent = extentOf(tensor, dim);
  if (extent < 0 || tensor.layout().shared() || tensor.layout().block() > 0 || dim != innermost(tensor))
    return extent;
  return extent + after(tensor.layout(), dim);
}

namespace {
Target parsed(const proto::Target &target) {
  return target.halide().empty() ? get_host_target() : Target(target.halide());
}
} // namespace

int vectorLanes(const proto::Target &target, proto::DataType type) {
  return parsed(target).natural_vector_size(halideType(type));
}

int vectorRegisters(const proto::Target &target) {
  Target halide = parsed(target);
  if (halide.arch == Target::X86)
    return halide.features_any_of({Target::AVX512, Target::AVX512_Skylake, Target::AVX512_Zen4, Target::AVX512_Zen5,
                                   Target::AVX512_SapphireRapids, Target::AVX10_1})
               ? 32
               : 16;
  return halide.arch == Target::WebAssembly ? 16 : 32;
}

} // namespace convoy::schedules
