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
enum class Space { global, shared, local, generic }; ///< generic: local or global, as the address says

/// A few positions, within the instruction: there are no jumps through memory while one runs.
class Places {
public:
  Places() = default;
  Places(const std::vector<int> &given) {
    for (int place : given)
      push_back(place);
  }
  void push_back(int place) {
    if (count < at.size())
      at[count] = place;
    ++count; // too many: `fits` tells
  }
  void insertFirst(int place) {
    for (size_t k = count++; k > 0; --k)
      if (k < at.size())
        at[k] = at[k - 1];
    at[0] = place;
  }
  bool fits() const { return count <= at.size(); }
  size_t size() const { return count; }
  int operator[](size_t k) const { return at[k]; }

private:
  std::array<int, 6> at = {};
  size_t count = 0;
};

/// Operands are positions in a thread's registers; those with a constant never change.
struct Instruction {
  Kind kind = Kind::unknown;
  Pure pure = nullptr;
  int predicate = -1;
  bool negated = false;
  Places to, from;
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
