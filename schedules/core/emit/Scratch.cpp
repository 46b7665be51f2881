#include "schedules/core/emit/Scratch.h"

#include <algorithm>

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// What Halide puts on the stack: constant sizes up to 16 KiB, and whatever was asked to be there.
constexpr int64_t stackLimit = 16 << 10;
/// Alignment of each block, and what Halide may read behind its end and the runtime writes there.
constexpr int64_t alignment = 64, overread = 256;

class Allocations : public IRVisitor {
public:
  int64_t most = 0;

private:
  int64_t live = 0;

  void visit(const Allocate *op) override {
    const int64_t bytes = heapBytes(op);
    live += bytes;
    most = std::max(most, live);
    IRVisitor::visit(op);
    live -= bytes;
  }
  using IRVisitor::visit;

  static int64_t heapBytes(const Allocate *op) {
    if (op->memory_type == MemoryType::Stack || op->memory_type == MemoryType::Register || op->new_expr.defined())
      return 0;
    if (is_const_zero(op->condition)) // It lives on a device; whoever asks the host for 0 bytes takes nothing as well.
      return 0;
    const int64_t elements = op->constant_allocation_size();
    if (elements == 0 && !op->extents.empty())
      throw CompileError("the buffer '" + op->name + "' inside of the kernel has a size that is not constant");
    const int64_t bytes = std::max<int64_t>(elements, 1) * op->type.bytes();
    if (op->memory_type == MemoryType::Auto && bytes <= stackLimit)
      return 0;
    return (bytes + overread + alignment - 1) / alignment * alignment;
  }
};

} // namespace

Scratch scratchOf(const Module &module) {
  Scratch scratch;
  for (const LoweredFunc &function : module.functions()) {
    Allocations allocations;
    function.body.accept(&allocations);
    int64_t &bytes = function.linkage == LinkageType::Internal ? scratch.taskBytes : scratch.serialBytes;
    bytes = std::max(bytes, allocations.most);
  }
  return scratch;
}

} // namespace convoy::schedules
