#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace convoy;
using namespace convoy::kernel;

#include "dialects/kernel/KernelDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.cpp.inc"

void KernelDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
}

void convoy::registerDialects(DialectRegistry &registry) {
  registry.insert<cnn::CnnDialect, KernelDialect, mlir::func::FuncDialect>();
}

//===-- #kernel.schedule ------------------------------------------------------------------------===//

Attribute ScheduleAttr::parse(AsmParser &parser, Type) {
  StringRef name;
  NamedAttrList knobs;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&name) || parser.parseOptionalAttrDict(knobs) || parser.parseGreater())
    return {};
  return ScheduleAttr::getChecked([&] { return parser.emitError(location); }, parser.getContext(), name,
                                  knobs.getDictionary(parser.getContext()));
}

void ScheduleAttr::print(AsmPrinter &printer) const {
  printer << '<' << getTemplateName();
  if (getKnobs().empty()) {
    printer << '>';
    return;
  }
  printer << " {";
  llvm::interleaveComma(getKnobs(), printer, [&](NamedAttribute knob) {
    printer.printKeywordOrString(knob.getName());
    printer << " = ";
    printer.printAttributeWithoutType(knob.getValue());
  });
  printer << "}>";
}

LogicalResult ScheduleAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, StringRef,
                                   DictionaryAttr knobs) {
  for (NamedAttribute knob : knobs)
    if (auto value = dyn_cast<IntegerAttr>(knob.getValue()); !value || !value.getType().isSignlessInteger(64))
      return emitError() << "schedule_c1: knob " << knob.getName() << " must be an integer";
  return success();
}

//===-- kernel.func -----------------------------------------------------------------------------===//

ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> arguments, ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag,
                      std::string &) { return builder.getFunctionType(arguments, results); };
  return function_interface_impl::parseFunctionOp(parser, result, /*allowVariadic=*/false,
                                                  getFunctionTypeAttrName(result.name), buildType,
                                                  getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void FuncOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
                                           getArgAttrsAttrName(), getResAttrsAttrName());
}

/// Checks that a body holds cnn ops and ends in kernel.return of the given types; `label` without its number.
static LogicalResult verifyContents(Operation *op, Block &body, TypeRange results, StringRef returnLabel,
                                    StringRef contentLabel) {
  auto end = body.empty() ? ReturnOp() : dyn_cast<ReturnOp>(body.back());
  if (!end || end.getOperandTypes() != results)
    return op->emitOpError(returnLabel) << ": the body must end in kernel.return of the result types";
  for (Operation &inner : body.without_terminator())
    if (!isa<cnn::CnnDialect>(inner.getDialect()))
      return op->emitOpError(contentLabel) << ": only cnn ops may stand inside, not " << inner.getName();
  return success();
}

LogicalResult FuncOp::verify() {
  if (!llvm::hasSingleElement(getBody()))
    return emitOpError("kernel_func_c1: must have one block");
  Block &body = getBody().front();
  if (failed(verifyContents(*this, body, getFunctionType().getResults(), "kernel_func_c1", "kernel_func_c2")))
    return failure();
  auto anchor = static_cast<int64_t>(getAnchor()), count = static_cast<int64_t>(body.getOperations().size()) - 1;
  if (anchor >= count)
    return emitOpError("kernel_func_c3: the anchor ") << anchor << " is no position in a body of " << count << " ops";
  return success();
}

//===-- kernel.call -----------------------------------------------------------------------------===//

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError("kernel_call_c1: there is no kernel.func ") << getCalleeAttr();
  FunctionType type = callee.getFunctionType();
  if (getOperandTypes() != TypeRange(type.getInputs()) || getResultTypes() != TypeRange(type.getResults()))
    return emitOpError("kernel_call_c2: types must be those of ") << getCalleeAttr() << ", " << type;
  return success();
}

/// Appends what is known of the operands of a body's kernel.return after visiting the body.
static LogicalResult inferBody(Block &body, cnn::ShapeAnalysis &analysis, SmallVectorImpl<cnn::Facts> &results) {
  for (Operation &op : body.without_terminator())
    if (failed(analysis.infer(&op)))
      return failure();
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(analysis.facts(value));
  return success();
}

/// What the types of results say, for a verifier.
static LogicalResult inferFromTypes(Operation *op, cnn::ShapeAnalysis &analysis, SmallVectorImpl<cnn::Facts> &results) {
  for (Value result : op->getResults())
    results.push_back(analysis.facts(result));
  return success();
}

LogicalResult CallOp::inferFacts(cnn::ShapeAnalysis &analysis, SmallVectorImpl<cnn::Facts> &results) {
  if (analysis.seesOneOp())
    return inferFromTypes(*this, analysis, results);
  auto callee = SymbolTable::lookupNearestSymbolFrom<FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError("kernel_call_c1: there is no kernel.func ") << getCalleeAttr();
  for (auto [argument, operand] : llvm::zip_equal(callee.getBody().getArguments(), getOperands()))
    analysis.setFacts(argument, cnn::Facts(analysis.facts(operand)));
  return inferBody(callee.getBody().front(), analysis, results);
}

//===-- kernel.prepare --------------------------------------------------------------------------===//

LogicalResult PrepareOp::verify() {
  Block &body = getBody().front();
  if (body.getNumArguments() != 0)
    return emitOpError("kernel_prepare_c1: the body has no arguments");
  return verifyContents(*this, body, getResultTypes(), "kernel_prepare_c1", "kernel_prepare_c1");
}

LogicalResult PrepareOp::inferFacts(cnn::ShapeAnalysis &analysis, SmallVectorImpl<cnn::Facts> &results) {
  if (analysis.seesOneOp())
    return inferFromTypes(*this, analysis, results);
  return inferBody(getBody().front(), analysis, results);
}
