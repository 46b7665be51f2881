#pragma once

#include "compiler/Weights/WeightFile.h"

namespace convoy::weights {

/// Collects the entries of a file that is being read.
class WeightFileBuilder {
public:
  WeightFileBuilder(WeightFile::Format format, const std::string &path);

  /// Keeps bytes that don't lie in the file as they are needed.
  llvm::ArrayRef<char> own(std::vector<char> bytes);

  /// An error if the name is taken or the bytes don't fit the dimensions.
  Status add(WeightEntry entry);

  /// Entries may refer to the bytes of `buffer`.
  std::unique_ptr<WeightFile> take(std::unique_ptr<llvm::MemoryBuffer> buffer);

private:
  std::unique_ptr<WeightFile> file;
};

using Opened = Result<std::unique_ptr<WeightFile>>;

/// One reader per format. `name` is the path, for messages (of which it is no part) and for files beside it.
Opened readSafetensors(std::unique_ptr<llvm::MemoryBuffer> buffer, const std::string &name);
Opened readPytorchZip(std::unique_ptr<llvm::MemoryBuffer> buffer, const std::string &name);
Opened readPytorchLegacy(std::unique_ptr<llvm::MemoryBuffer> buffer, const std::string &name);
Opened readOnnx(std::unique_ptr<llvm::MemoryBuffer> buffer, const std::string &name);

} // namespace convoy::weights
