#ifndef CONVOY_DIALECTS_CNN_INTERFACES
#define CONVOY_DIALECTS_CNN_INTERFACES

include "mlir/IR/OpBase.td"

def Cnn_ShapeRule : OpInterface<"ShapeRule"> {
  let cppNamespace = "::convoy::cnn";
  let description = [{
    The one place where an op says what shape its results have. It serves static and symbolic shapes alike:
    dimensions are affine expressions over the symbols of the network's arguments. It checks the op's labelled
    rules on its way; the verifier runs it on what the operands' types say. shape_c1: result
    types are compatible with the shapes that follow. shape_c2: extents lie in [0, 2^31), and the number of elements
    has 63 bits.
  }];
  let verify = [{ return ::convoy::cnn::verifyFacts($_op); }];
  let methods = [
    InterfaceMethod<[{
      Appends for each result its dimensions, and its elements where the op computes small integer
      tensors that feed shapes and all of them are known. On failure emits a diagnostic at the op.
    }], "::llvm::LogicalResult", "inferFacts", (ins "::convoy::cnn::ShapeAnalysis &":$analysis,
        "::llvm::SmallVectorImpl<::convoy::cnn::Facts> &":$results)>
  ];
}

#endif
