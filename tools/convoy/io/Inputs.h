#pragma once

#include "tools/convoy/Globals.h"
#include "tools/convoy/io/Module.h"
#include "tools/convoy/io/Shapes.h"

#include <optional>

namespace convoy::tools {

/// What the user said about inputs.
struct InputOptions {
  std::vector<std::string> files; ///< "NAME=FILE", or "FILE" for a network with one input
  std::string preprocess;         ///< for pictures
  Shapes shapes;                  ///< of inputs that nothing is given for
  uint64_t seed = 1;              ///< of those
};

/// Tensors for all inputs of a module, in its order: from the files, random where there is none.
Result<std::vector<HostTensor>> readInputs(const convoy_module &module, const InputOptions &options,
                                           const Globals &globals);

/// Numbers from 0 to 1, integers from 0 to 9, booleans; the same for the same seed.
void fillRandomly(convoy_tensor &tensor, uint64_t seed);

/// An ONNX TensorProto, as the files of test sets hold it.
Result<HostTensor> readTensorProto(const std::string &path);

} // namespace convoy::tools
