#pragma once

#include <optional>
#include <string>
#include <vector>

namespace convoy::test {

/// Instructions of a module in PTX.
struct PtxCounts {
  int multiplyAdds = 0;    ///< Of single floats, or of four bytes each.
  int sharedLoads = 0;     ///< Of any width,
  int wideSharedLoads = 0; ///< of 16 bytes.
  int globalLoads = 0, wideGlobalLoads = 0;
  int globalStores = 0, wideGlobalStores = 0;
  int narrow = 0; ///< Global loads and stores of one or two bytes.
  int local = 0;  ///< Loads and stores of a thread's memory.
};
PtxCounts countPtx(const std::string &ptx);

/// What the assembler says of one entry.
struct Assembled {
  std::string entry;
  int registers = 0, spillBytes = 0, stackBytes = 0;
};

/// Path of ptxas: on PATH, or in the Python environment of the tests (package nvidia-cuda-nvcc-cu12); empty if absent.
std::string assemblerPath();

/// Entries of a module as assembled for sm_`capability`; nothing and `error` if the assembler refuses it.
std::optional<std::vector<Assembled>> assemble(const std::string &ptx, int capability, std::string &error);

/// Bytes of shared memory that the launches of a module ask for, from its lowered statement.
int64_t sharedBytesOf(const std::string &statement);

} // namespace convoy::test
