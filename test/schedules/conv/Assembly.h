#pragma once

#include <string>
#include <vector>

namespace convoy::test {

/// An innermost loop of x86 assembly.
struct InnerLoop {
  int vectors = 0; ///< Instructions on vectors of 32 or 64 bytes.
  int multiplyAdds = 0;
  int gathers = 0;
  int spills = 0; ///< Of vectors, and reloads, as LLVM notes them beside the instruction.
  std::string text;
};

/// Those that multiply and add vectors.
std::vector<InnerLoop> innerLoops(const std::string &assembly);

/// Those that have vectors at all.
std::vector<InnerLoop> vectorLoops(const std::string &assembly);

} // namespace convoy::test
