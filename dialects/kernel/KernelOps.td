#ifndef CONVOY_DIALECTS_KERNEL_OPS
#define CONVOY_DIALECTS_KERNEL_OPS

include "dialects/cnn/CnnBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/CallInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::convoy::kernel";
  let summary = "Fused groups of cnn ops, each of which becomes one compiled pipeline";
  let description = [{
    After the phase `kernels` the body of the network holds one `kernel.prepare`, `kernel.call`s, ops that only make
    views (`cnn.reshape` of dense tensors, `cnn.concat` whose operands' layouts are views into the result,
    `cnn.relayout` that only drops surroundings), and index arithmetic that feeds shapes.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::convoy::cnn::CnnDialect"];
}

def Kernel_ScheduleAttr : AttrDef<Kernel_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "A template of schedules/ and its knobs: `#kernel.schedule<conv_direct {vectors = 2, pixels = 14}>`";
  let parameters = (ins StringRefParameter<"template">:$template_name, "::mlir::DictionaryAttr":$knobs);
  let description = [{
    schedule_c1: knobs are integers. The compiler checks names and ranges: dialects know no templates.
  }];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

class Kernel_Op<string mnemonic, list<Trait> traits = []> : Op<Kernel_Dialect, mnemonic, traits>;

def Kernel_FuncOp : Kernel_Op<"func", [IsolatedFromAbove, Symbol, FunctionOpInterface, AutomaticAllocationScope]> {
  let summary = "A fused group of cnn ops";
  let description = [{
    - kernel_func_c1: one block that ends in kernel.return of the results' types. - kernel_func_c2: only cnn ops inside.
    - kernel_func_c3: `anchor`, if not negative, is the position of an op of the body.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       DefaultValuedAttr<I64Attr, "-1">:$anchor, OptionalAttr<Kernel_ScheduleAttr>:$schedule,
                       OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type), [{
    build($_builder, $_state, name, type, static_cast<uint64_t>(-1), {}, {}, {});
  }]>];
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
}

def Kernel_ReturnOp : Kernel_Op<"return", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends kernel.func and kernel.prepare";
  let arguments = (ins Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "($results^ `:` type($results))? attr-dict";
}

def Kernel_CallOp : Kernel_Op<"call", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>,
                                       DeclareOpInterfaceMethods<Cnn_ShapeRule>]> {
  let summary = "A launch of a kernel for some layers of the network";
  let description = [{ kernel_call_c1: the callee is a kernel.func. kernel_call_c2: types are the callee's. }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyRankedTensor>:$operands, StrArrayAttr:$layers);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "$callee `(` $operands `)` attr-dict `:` functional-type($operands, $results)";
}

def Kernel_PrepareOp : Kernel_Op<"prepare", [IsolatedFromAbove, Pure, SingleBlock,
                                             DeclareOpInterfaceMethods<Cnn_ShapeRule>]> {
  let summary = "What is computed from weights alone: folded, transposed, packed";
  let description = [{ kernel_prepare_c1: no operands, cnn ops inside, ends in kernel.return of the results' types. }];
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body `:` type($results)";
  let hasVerifier = 1;
}

#endif
