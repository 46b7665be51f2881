#pragma once

#include "compiler/Frontend/Onnx/onnx.pb.h"
#include "schedules/core/Result.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>

namespace convoy::weights {

/// The files that the tensors of an ONNX model lie in, mapped when they are first needed. None outside of the model's
/// folder is opened, and nothing beyond the end of one is read.
class ExternalData {
public:
  /// Of the model at `path`.
  explicit ExternalData(llvm::StringRef path);

  /// The `size` bytes of a tensor, which live as long as this object. Errors name no tensor ("has external data ...").
  Result<llvm::ArrayRef<char>> bytesOf(const onnx::TensorProto &tensor, uint64_t size);

private:
  Result<const llvm::MemoryBuffer *> open(llvm::StringRef location);

  std::string folder;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> files; ///< By location.
};

} // namespace convoy::weights
