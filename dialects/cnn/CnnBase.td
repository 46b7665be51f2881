#ifndef CONVOY_DIALECTS_CNN_BASE
#define CONVOY_DIALECTS_CNN_BASE

include "dialects/cnn/CnnInterfaces.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/TensorEncoding.td"
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
    - network_c1: `cnn.weights` is a string on a module. - network_c2: `cnn.name` is a non-empty string on an argument
    or a result of a function. - network_c3: `cnn.dims` has one string per dimension of an argument, empty for a static
    one. - network_c4: there is no other attribute of the dialect.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let extraClassDeclaration = "void registerAttributes();";
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

class Cnn_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<Cnn_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Cnn_WeightAttr : Cnn_Attr<"Weight", "weight"> {
  let summary = "A named entry of the module's weight file";
  let description = [{
    The file is a safetensors file, named by the module attribute `cnn.weights` relative to the `.mlir`
    file. `hash` is xxh3-64 of the entry's bytes, so that a file that does not belong is noticed.
  }];
  let parameters = (ins StringRefParameter<"name of the entry">:$name, "uint64_t":$hash);
  let hasCustomAssemblyFormat = 1;
}

def Cnn_Fill : I32EnumAttr<"Fill", "what the elements around the logical extent must hold", [
  I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Zero", 1, "zero">, I32EnumAttrCase<"Lowest", 2, "lowest">,
  I32EnumAttrCase<"Value", 3, "value">]> {
  let cppNamespace = "::convoy::cnn";
  let genSpecializedAttr = 0;
}

def Cnn_LayoutAttr : Cnn_Attr<"Layout", "layout", [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "Where the elements of a tensor lie";
  let description = [{
    `order` lists the logical dimensions from outermost to innermost. With `block` > 0 the dimension
    `block_dim` is cut into blocks: it stands in `order` for its quotient and its remainder is the
    innermost axis. `before` and `after`, per logical dimension, are elements that are allocated around
    the logical extent: halo, channel padding, or the rest of a larger tensor in which this one is a
    view. `fill` says what the halo holds; `shared` that the neighbours belong to other tensors. The same
    as `Layout` in `schedules/kernel.proto`, which says more.

    `#cnn.layout<[0, 2, 3, 1]>`,
    `#cnn.layout<[0, 1, 2, 3], block = 16 of 1, before = [0, 0, 1, 1], after = [0, 13, 1, 1], fill = zero, shared>`,
    `#cnn.layout<[0, 2, 3, 1], before = [0, 0, 1, 1], after = [0, 0, 1, 1], fill = 128>` (the zero point)

    - layout_c1: `order` is a permutation of the tensor's dimensions. - layout_c2: `block_dim` is a dimension.
    - layout_c3: `before` and `after` are empty or have one number, not negative, per dimension.
    - layout_c4: a number as `fill` is one of the tensor's integers.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$order, DefaultValuedParameter<"int64_t", "0">:$block_dim,
                        DefaultValuedParameter<"int64_t", "0">:$block, OptionalArrayRefParameter<"int64_t">:$before,
                        OptionalArrayRefParameter<"int64_t">:$after,
                        DefaultValuedParameter<"::convoy::cnn::Fill", "::convoy::cnn::Fill::None">:$fill,
                        DefaultValuedParameter<"bool", "false">:$shared,
                        DefaultValuedParameter<"int64_t", "0">:$fill_value);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Elements before the logical extent of a dimension, and after it.
    int64_t before(unsigned dim) const { return getBefore().empty() ? 0 : getBefore()[dim]; }
    int64_t after(unsigned dim) const { return getAfter().empty() ? 0 : getAfter()[dim]; }
  }];
}

class Cnn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Cnn_Dialect, mnemonic, !listconcat(traits, [Pure, DeclareOpInterfaceMethods<Cnn_ShapeRule>])>;

#endif
