#pragma once

#include "schedules/core/Result.h"

#include <string>

namespace convoy::compiler {

/// A ptxas, which makes cubins of PTX. Empty: there is none.
struct Assembler {
  std::string path;
  std::string version; ///< What it says of itself.
};

/// `wanted` is the path of a ptxas, which must run; "off"; or empty: the one in PATH, else that of the PyPI package
/// nvidia-cuda-nvcc in the Python environment that is active, that the running program lies in, or that lies beside it.
Result<Assembler> findAssembler(const std::string &wanted);

} // namespace convoy::compiler
