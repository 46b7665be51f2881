// lookup: a function of 8-bit numbers as a table of its 256 values.
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/elementwise/Elementwise.h"

using namespace Halide;

namespace convoy::schedules {

static Func lookup(const OpContext &context) {
  if (context.inputType(0) != UInt(8) || extentOf(context.inputTensor(1), 0) != 256)
    throw CompileError("a lookup takes unsigned bytes and a table of 256");
  Func result = context.func();
  result(context.arguments()) = context.input(1)(cast<int32_t>(context.input(0)(context.arguments())));
  return result;
}

void registerLookup(Registry &registry) { registry.algorithms["lookup"] = lookup; }

} // namespace convoy::schedules
