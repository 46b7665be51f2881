#ifndef CONVOY_DIALECTS_CNN_BASE
#define CONVOY_DIALECTS_CNN_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Cnn_Dialect : Dialect {
  let name = "cnn";
  let cppNamespace = "::convoy::cnn";
  let summary = "Convolution networks as value-semantic ops on ranked tensors";
  let description = [{
    Logical order is ONNX's (NCHW for images); where the bytes of a tensor lie is said by its encoding,
    `#cnn.layout`, alone. A tensor without encoding is row-major. Symbolic dimensions are `?`; arguments
    of the network name them in the attribute `cnn.dims` (a list of strings, "" for a static dimension).
    Each op's location names the user's layer. Rules of an op carry labels (`convolution_c4`), the same
    in its description, its verifier and its tests.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Cnn_Attr<string name, string attrMnemonic> : AttrDef<Cnn_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Cnn_WeightAttr : Cnn_Attr<"Weight", "weight"> {
  let summary = "A named entry of the module's weight file";
  let description = [{
    The file is a safetensors file, named by the module attribute `cnn.weights` relative to the `.mlir`
    file. `hash` is xxh3-64 of the entry's bytes, so that a file that does not belong is noticed.
  }];
  let parameters = (ins StringRefParameter<"name of the entry">:$name, "uint64_t":$hash);
  let assemblyFormat = "`<` $name `,` $hash `>`";
}

def Cnn_Fill : I32EnumAttr<"Fill", "what the elements around the logical extent must hold", [
  I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Zero", 1, "zero">, I32EnumAttrCase<"Lowest", 2, "lowest">]> {
  let cppNamespace = "::convoy::cnn";
  let genSpecializedAttr = 0;
}

def Cnn_LayoutAttr : Cnn_Attr<"Layout", "layout"> {
  let summary = "Where the elements of a tensor lie";
  let description = [{
    `order` lists the logical dimensions from outermost to innermost. With `block` > 0 the dimension
    `block_dim` is cut into blocks: it stands in `order` for its quotient and its remainder is the
    innermost axis. `before` and `after`, per logical dimension, are elements that are allocated around
    the logical extent: halo, channel padding, or the rest of a larger tensor in which this one is a
    view. `fill` says what the halo holds; `shared` that the neighbours belong to other tensors. The same
    as `Layout` in `schedules/kernel.proto`, which says more.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$order, DefaultValuedParameter<"int64_t", "0">:$block_dim,
                        DefaultValuedParameter<"int64_t", "0">:$block, OptionalArrayRefParameter<"int64_t">:$before,
                        OptionalArrayRefParameter<"int64_t">:$after,
                        DefaultValuedParameter<"::convoy::cnn::Fill", "::convoy::cnn::Fill::None">:$fill,
                        DefaultValuedParameter<"bool", "false">:$shared);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Cnn_ShapeRule : OpInterface<"ShapeRule"> {
  let cppNamespace = "::convoy::cnn";
  let description = [{
    The one place where an op says what shape its results have. It serves static and symbolic shapes alike:
    dimensions are affine expressions over the symbols of the network's arguments.
  }];
  let methods = [
    InterfaceMethod<[{
      Appends to `facts` of each result its dimensions, and its elements where the op computes small integer
      tensors that feed shapes and all of them are known. On failure emits a diagnostic at the op.
    }], "::llvm::LogicalResult", "inferFacts", (ins "::convoy::cnn::ShapeAnalysis &":$analysis,
        "::llvm::SmallVectorImpl<::convoy::cnn::Facts> &":$results)>
  ];
}

class Cnn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Cnn_Dialect, mnemonic, !listconcat(traits, [Pure, DeclareOpInterfaceMethods<Cnn_ShapeRule>])>;

#endif
