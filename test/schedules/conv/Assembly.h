#pragma once

#include <string>
#include <vector>

namespace convoy::test {

/// An innermost loop of x86 assembly that multiplies and adds vectors.
struct InnerLoop {
  int multiplyAdds = 0;
  int gathers = 0;
  int spills = 0; ///< Vector loads and stores relative to the stack pointer.
  std::string text;
};

std::vector<InnerLoop> innerLoops(const std::string &assembly);

} // namespace convoy::test
