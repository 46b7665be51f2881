/// Runs PTX, as far as Halide writes it: thread by thread from barrier to barrier. Sees addresses out of bounds,
/// threads that miss a barrier, and races on shared memory.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace standin {

struct Instruction;
using Pure = void (*)(uint64_t *registers, const Instruction &instruction);

enum class Kind { pure, load, store, parameter, pack, unpack, branch, barrier, exit, unknown };
enum class Space { global, shared, local };

/// Operands are positions in a thread's registers; those with a constant never change.
struct Instruction {
  Kind kind = Kind::unknown;
  Pure pure = nullptr;
  int predicate = -1;
  bool negated = false;
  std::vector<int> to, from;
  Space space = Space::global;
  int bytes = 0; ///< of an element
  bool isSigned = false;
  int64_t offset = 0; ///< of an address
  int target = -1;    ///< of a branch; the parameter's position
  std::string text;
};

/// Places of registers that a launch sets.
enum Special { tid = 0, ctaid = 3, ntid = 6, nctaid = 9, specials = 12 };

struct Program {
  std::vector<Instruction> code;
  std::vector<std::pair<int, uint64_t>> constants;
  int registers = specials;
  size_t localBytes = 0;
};

/// The body of an entry, "{ ... }".
std::shared_ptr<Program> parseProgram(const std::string &body, const std::vector<std::string> &parameters);

/// By name without its rounding ("fma.f32"); null: not known.
Pure findPure(const std::string &name);

struct Grid {
  std::array<unsigned, 3> blocks, threads;
  unsigned sharedBytes;
};

/// 0, or a CUresult.
int runProgram(const Program &program, const Grid &grid, const std::vector<uint64_t> &arguments,
               const std::string &name);

} // namespace standin
