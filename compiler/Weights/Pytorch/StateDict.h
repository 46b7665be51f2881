#pragma once

#include "compiler/Weights/Pytorch/Pickle.h"
#include "compiler/Weights/Readers.h"

#include <functional>

namespace convoy::weights {

/// The bytes of a storage.
using FindStorage = std::function<Result<llvm::ArrayRef<char>>(const pickle::Value &storage)>;

/// Adds the tensors of the state dictionary in `root`: `root` itself, or the dictionary with tensors that it holds
/// under "state_dict", "model", ... or as the only one.
Status addStateDict(pickle::Value &root, const FindStorage &find, WeightFileBuilder &builder);

} // namespace convoy::weights
