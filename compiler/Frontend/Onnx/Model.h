#pragma once

#include "compiler/Frontend/Onnx/onnx.pb.h"
#include "compiler/Weights/Onnx/ExternalData.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <optional>
#include <vector>

namespace convoy::frontend {

/// A tensor that stands in the model file, checked: `bytes` are as many as `dims` and `element` say, little-endian
/// and row-major, one byte per bool.
struct Tensor {
  std::string name;
  mlir::Type element;
  llvm::SmallVector<int64_t, 4> dims;
  llvm::ArrayRef<char> bytes; ///< In the model, in a mapped file, or in `owned`.
  std::shared_ptr<const std::vector<char>> owned;

  int64_t count() const;
  mlir::RankedTensorType type() const { return mlir::RankedTensorType::get(dims, element); }

  /// The elements as numbers (integers up to 2^53 exactly); nothing for types that have no plain value.
  std::optional<llvm::SmallVector<double>> numbers() const;

  static Tensor make(mlir::Type element, llvm::ArrayRef<int64_t> dims, std::vector<char> bytes);
  static Tensor makeFloats(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<float> values);
  static Tensor makeInts(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<int64_t> values);
};

/// The MLIR type of an ONNX element type; null (after a diagnostic) for those that networks can't have here.
mlir::Type elementType(int onnxType, mlir::Location loc);

/// The model with everything that its tensors point to. Lives as long as the tensors decoded from it.
class Model {
public:
  /// Reads and parses the file; emits a diagnostic and returns null if that fails.
  static std::unique_ptr<Model> read(const std::string &path, mlir::MLIRContext *context);

  const onnx::ModelProto &proto() const { return message; }
  llvm::StringRef fileName() const { return name; }

  /// Checks a tensor and finds its bytes. Sizes are compared before memory is taken.
  mlir::FailureOr<Tensor> decode(const onnx::TensorProto &tensor, mlir::Location loc);

private:
  onnx::ModelProto message;
  std::string name;
  std::unique_ptr<weights::ExternalData> external;
};

} // namespace convoy::frontend
