#include "schedules/gpu/product/Terms.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Tensors.h"
#include "schedules/core/emit/passes/Words.h"
#include "schedules/gpu/product/Memory.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

constexpr int64_t wordBytes = 4;

/// Byte `at` of a word.
Expr byteOf(const Expr &word, int at, bool isSigned) {
  return cast(Int(32), cast(isSigned ? Int(8) : UInt(8), word >> (8 * at)));
}

} // namespace

Terms::Terms(const proto::Kernel &kernel) {
  const proto::DataType data = kernel.tensors(kernel.ops(kernel.anchor()).inputs(0)).type();
  words = data == proto::U8 || data == proto::I8;
  isSigned = data == proto::I8;
  hasInstruction = Target(kernel.target().halide()).has_feature(Target::CUDA);
}

Expr Terms::filled(int64_t value) const {
  if (!words)
    return Internal::make_const(Float(32), value);
  return Internal::make_const(UInt(32), uint64_t(uint8_t(value)) * 0x01010101u);
}

Expr Terms::plus(const Expr &sum, const Expr &left, const Expr &right) const {
  if (!words)
    return sum + left * right;
  if (hasInstruction) // Both operands as they are in registers; weights are signed.
    return Internal::Call::make(Int(32), isSigned ? "llvm.nvvm.idp4a.s.s" : "llvm.nvvm.idp4a.u.s",
                                {reinterpret<int32_t>(left), reinterpret<int32_t>(right), sum},
                                Internal::Call::PureExtern);
  Expr total = sum;
  for (int at = 0; at < int(wordBytes); ++at)
    total += byteOf(left, at, isSigned) * byteOf(right, at, true);
  return total;
}

Expr Terms::staged(const Expr &first, const Read &at, bool together) const {
  if (!words)
    return cast(Float(32), at(first));
  if (together)
    return loadedWord(at(first));
  Expr word;
  for (int i = 0; i < int(wordBytes); ++i) {
    Expr byte = cast(UInt(32), cast(UInt(8), at(first + i))) << (8 * i);
    word = word.defined() ? word | byte : byte;
  }
  return word;
}

StepsInMemory stepsInMemory(const proto::Kernel &kernel, int tensor, int dim, int64_t depth) {
  const proto::Tensor &described = kernel.tensors(tensor);
  const int64_t each = Terms(kernel).each(), extent = extentOf(described, dim);
  const int64_t origin = before(described.layout(), dim), row = allocatedExtent(described, dim);
  auto lie = [&](int64_t count) {
    const bool whole = extent == depth || depth % count == 0; // Else that of another group follows.
    return extent > 0 && whole && described.layout().block() == 0 && dim == innermost(described) && row % count == 0 &&
           origin % count == 0 && row - origin >= ceilDiv(extent, count) * count;
  };
  if (each == 1)
    return {true, lie(vector), true};
  const bool stored = std::find(kernel.inputs().begin(), kernel.inputs().end(), tensor) != kernel.inputs().end();
  const bool blocked = isPacked(described, dim, each) && origin == 0 && (extent == depth || depth % each == 0);
  return {stored && (blocked || lie(each)), stored && lie(each * vector), blocked || depth % each == 0};
}

proto::Layout summedLayout(const Terms &terms, const SummedLayout &wanted) {
  std::vector<int> order = wanted.outer;
  order.insert(order.end(), {wanted.dim, wanted.channel});
  proto::Layout layout = paddedLayout(order, wanted.channel, wanted.channels, wanted.block);
  if (terms.areWords()) {
    layout.set_block_dim(wanted.dim);
    layout.set_block(terms.each());
  }
  return layout;
}

} // namespace convoy::schedules::gpu
