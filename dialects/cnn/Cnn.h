#pragma once

#include "dialects/cnn/Shapes.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/cnn/CnnDialect.h.inc"
#include "dialects/cnn/CnnEnums.h.inc"
#include "dialects/cnn/CnnInterfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/cnn/CnnAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/cnn/CnnOps.h.inc"

namespace convoy::cnn {

/// Which element types an elementwise function takes; Elementwise.def explains them.
enum class ElementwiseRule { NUMBER, FLOAT, INTEGER, LOGIC, COMPARE, TEST, SELECT, ANY };

/// A line of Elementwise.def.
struct ElementwiseFunction {
  llvm::StringLiteral name;
  unsigned operands;
  unsigned parameters;
  ElementwiseRule rule;
};

llvm::ArrayRef<ElementwiseFunction> elementwiseFunctions();
const ElementwiseFunction *findElementwise(llvm::StringRef name);

/// A line of Library.def.
struct LibraryFunction {
  llvm::StringLiteral name;
  unsigned fewestOperands;
  unsigned mostOperands;
  unsigned results;
};

llvm::ArrayRef<LibraryFunction> libraryFunctions();
const LibraryFunction *findLibrary(llvm::StringRef name);

/// Whether a number is one of those that an integer type of at most 32 bits has.
bool isOfType(int64_t value, mlir::Type type);

/// Names of attributes that the dialect defines on modules, arguments and results.
inline constexpr llvm::StringLiteral weightsAttrName = "cnn.weights";
inline constexpr llvm::StringLiteral nameAttrName = "cnn.name";
inline constexpr llvm::StringLiteral dimsAttrName = "cnn.dims";

} // namespace convoy::cnn
