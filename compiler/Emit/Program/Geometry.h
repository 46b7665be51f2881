#pragma once

#include "compiler/Emit/Program/LlvmBuilder.h"
#include "compiler/Plan/program.pb.h"

#include "llvm/ADT/SmallVector.h"

namespace convoy::compiler {

/// The sizes of a program in one of its functions: evaluates Program.expressions from the symbols' extents.
class Sizes {
public:
  Sizes(LlvmBuilder &builder, const proto::Program &program) : builder(builder), program(program) {}

  /// Writes the evaluation of all expressions; `symbols` points at the extents.
  void evaluate(mlir::Value symbols);
  Number of(const proto::Size &size) const {
    return size.has_expression() ? values[size.expression()] : Number(size.constant());
  }
  llvm::ArrayRef<Number> all() const { return values; }

private:
  Number valueOf(const proto::Expression &expression, mlir::Value symbols);

  LlvmBuilder &builder;
  const proto::Program &program;
  llvm::SmallVector<Number> values;
};

/// An axis of a buffer in memory, strides in elements.
struct BufferAxis {
  int dim;        ///< Logical dimension.
  bool remainder; ///< The elements within a block.
  Number extent;  ///< Without surroundings.
  int64_t before, after;
  Number stride;
};

/// Where the elements of a buffer lie.
struct Geometry {
  llvm::SmallVector<BufferAxis> axes; ///< From outermost to innermost.
  Number origin = 0;                  ///< Bytes from the first allocated element to the one with all indices zero.
  bool blocked = false;

  /// The axis of a logical dimension; of a blocked one, over its blocks.
  const BufferAxis &axisOf(int dim) const;
};

Geometry geometryOf(LlvmBuilder &builder, const proto::Buffer &buffer, const Sizes &sizes);

} // namespace convoy::compiler
