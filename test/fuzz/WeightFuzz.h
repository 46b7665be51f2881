#pragma once

#include "compiler/Weights/WeightFile.h"

namespace convoy::fuzz {

/// Opens the bytes and touches every byte of every tensor.
inline void readWeights(llvm::StringRef bytes) {
  auto file = weights::WeightFile::parse(llvm::MemoryBuffer::getMemBufferCopy(bytes), "file");
  if (!file)
    return;
  for (const weights::WeightEntry &entry : (*file)->entries())
    weights::hashOf(entry.bytes);
}

} // namespace convoy::fuzz
