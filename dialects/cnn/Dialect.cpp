#include "dialects/cnn/Cnn.h"

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace convoy::cnn;

#include "dialects/cnn/CnnDialect.cpp.inc"
#include "dialects/cnn/CnnEnums.cpp.inc"
#include "dialects/cnn/CnnInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/cnn/CnnOps.cpp.inc"

void CnnDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "dialects/cnn/CnnOps.cpp.inc"
      >();
}

Operation *CnnDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, type, elements);
}

LogicalResult CnnDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() != weightsAttrName)
    return op->emitError("network_c4: ") << attribute.getName() << " is no attribute of an operation";
  if (!op->hasTrait<OpTrait::SymbolTable>() || !isa<StringAttr>(attribute.getValue()))
    return op->emitError("network_c1: cnn.weights must be a string, the name of the weight file, on a module");
  return success();
}

static LogicalResult verifyName(Operation *op, NamedAttribute attribute) {
  auto name = dyn_cast<StringAttr>(attribute.getValue());
  if (!name || name.empty())
    return op->emitError("network_c2: cnn.name must be a non-empty string");
  return success();
}

static LogicalResult verifyDims(Operation *op, Type type, NamedAttribute attribute) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto names = dyn_cast<ArrayAttr>(attribute.getValue());
  if (!tensor || !names || !llvm::all_of(names, llvm::IsaPred<StringAttr>))
    return op->emitError("network_c3: cnn.dims must be a list of strings on a ranked tensor");
  if (static_cast<int64_t>(names.size()) != tensor.getRank())
    return op->emitError("network_c3: cnn.dims has ")
           << names.size() << " names, but the argument has " << tensor.getRank() << " dimensions";
  for (auto [i, name] : llvm::enumerate(names.getAsRange<StringAttr>()))
    if (!tensor.isDynamicDim(i) && !name.empty())
      return op->emitError("network_c3: cnn.dims names the static dimension ")
             << i << " " << name << "; an empty name belongs there";
  return success();
}

LogicalResult CnnDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argument,
                                                   NamedAttribute attribute) {
  if (attribute.getName() == nameAttrName)
    return verifyName(op, attribute);
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (attribute.getName() == dimsAttrName && function)
    return verifyDims(op, function.getArgumentTypes()[argument], attribute);
  return op->emitError("network_c4: ") << attribute.getName() << " is no attribute of an argument";
}

LogicalResult CnnDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  if (attribute.getName() == nameAttrName)
    return verifyName(op, attribute);
  return op->emitError("network_c4: ") << attribute.getName() << " is no attribute of a result";
}

static constexpr ElementwiseFunction elementwiseTable[] = {
#define CONVOY_ELEMENTWISE(NAME, OPERANDS, PARAMETERS, RULE) {#NAME, OPERANDS, PARAMETERS, ElementwiseRule::RULE},
#include "dialects/cnn/Elementwise.def"
};

static constexpr LibraryFunction libraryTable[] = {
#define CONVOY_LIBRARY(NAME, FEWEST, MOST, RESULTS) {#NAME, FEWEST, MOST, RESULTS},
#include "dialects/cnn/Library.def"
};

ArrayRef<ElementwiseFunction> convoy::cnn::elementwiseFunctions() { return elementwiseTable; }
ArrayRef<LibraryFunction> convoy::cnn::libraryFunctions() { return libraryTable; }

const ElementwiseFunction *convoy::cnn::findElementwise(StringRef name) {
  const auto *found = llvm::find_if(elementwiseTable, [&](const auto &line) { return line.name == name; });
  return found == std::end(elementwiseTable) ? nullptr : found;
}

const LibraryFunction *convoy::cnn::findLibrary(StringRef name) {
  const auto *found = llvm::find_if(libraryTable, [&](const auto &line) { return line.name == name; });
  return found == std::end(libraryTable) ? nullptr : found;
}
