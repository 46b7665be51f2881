#include "test/runtime/cuda/driver/ptx.h"
#include "test/runtime/cuda/driver/state.h"

#include <algorithm>
#include <cstring>

namespace standin {

namespace {

constexpr int illegalInstruction = 715, launchFailed = 719;

/// Who touched an element of shared memory since the last barrier.
struct Touch {
  uint32_t writer = 0, writeEpoch = 0, reader = 0, readEpoch = 0; ///< threads count from 1
};
constexpr uint32_t several = ~0u;

struct Thread {
  std::vector<uint64_t> registers;
  std::vector<unsigned char> local;
  size_t at = 0;
  bool waits = false, done = false;
};

size_t smallestShared(const Program &program) {
  size_t bytes = 4;
  for (const Instruction &i : program.code)
    if (i.space == Space::shared && i.bytes > 0)
      bytes = std::min(bytes, size_t(i.bytes));
  return bytes;
}

class Block {
public:
  Block(const Program &program, const Grid &grid, const std::vector<uint64_t> &arguments, const std::string &name)
      : program(program), arguments(arguments), name(name),
        threads(size_t(grid.threads[0]) * grid.threads[1] * grid.threads[2]), shared(grid.sharedBytes),
        element(smallestShared(program)), touches(grid.sharedBytes / element + 1) {
    for (size_t t = 0; t < threads.size(); ++t) {
      auto &registers = threads[t].registers;
      registers.assign(program.registers, 0xCBCBCBCBCBCBCBCB);
      for (auto [place, value] : program.constants)
        registers[place] = value;
      registers[tid] = t % grid.threads[0];
      registers[tid + 1] = t / grid.threads[0] % grid.threads[1];
      registers[tid + 2] = t / grid.threads[0] / grid.threads[1];
      for (int axis = 0; axis < 3; ++axis) {
        registers[ntid + axis] = grid.threads[axis];
        registers[nctaid + axis] = grid.blocks[axis];
      }
      threads[t].local.resize(program.localBytes);
    }
  }

  int run(unsigned x, unsigned y, unsigned z) {
    std::fill(shared.begin(), shared.end(), 0xFF); // not a number
    touches.assign(touches.size(), {});
    for (Thread &thread : threads) {
      unsigned block[] = {x, y, z};
      for (int axis = 0; axis < 3; ++axis)
        thread.registers[ctaid + axis] = block[axis];
      thread.at = 0;
      thread.done = false;
    }
    for (epoch = 1;; ++epoch) {
      size_t waiting = 0;
      for (uint32_t t = 0; t < threads.size(); ++t) {
        if (int code = step(threads[t], t + 1))
          return code;
        waiting += threads[t].waits;
      }
      if (!waiting)
        return success;
      if (waiting != threads.size())
        return fault("some threads miss a barrier", launchFailed);
    }
  }

private:
  int fault(const std::string &what, int code) { return state().violate(name + ": " + what, code); }

  /// Runs a thread to the next barrier or its end.
  int step(Thread &thread, uint32_t number) {
    uint64_t *r = thread.registers.data();
    thread.waits = false;
    while (!thread.done && !thread.waits) {
      if (thread.at >= program.code.size())
        return fault("runs past its end", illegalInstruction);
      const Instruction &i = program.code[thread.at++];
      if (i.predicate >= 0 && ((r[i.predicate] & 1) != 0) == i.negated)
        continue;
      if (i.kind == Kind::pure)
        i.pure(r, i);
      else if (int code = other(thread, number, i))
        return code;
    }
    return success;
  }

  int other(Thread &thread, uint32_t number, const Instruction &i) {
    uint64_t *r = thread.registers.data();
    switch (i.kind) {
    case Kind::branch:
      thread.at = static_cast<size_t>(i.target);
      return success;
    case Kind::barrier:
      thread.waits = true;
      return success;
    case Kind::exit:
      thread.done = true;
      return success;
    case Kind::parameter:
      if (i.target < 0 || i.offset)
        return fault("a parameter that is none: " + i.text, illegalInstruction);
      r[i.to[0]] = arguments[i.target];
      return success;
    case Kind::pack:
      return pack(r, i);
    case Kind::unpack:
      for (size_t k = 0; k < i.to.size(); ++k)
        r[i.to[k]] = r[i.from[0]] >> (8 * i.bytes * k) & ((uint64_t(1) << (8 * i.bytes)) - 1);
      return success;
    case Kind::load:
      return load(thread, number, i);
    case Kind::store:
      return store(thread, number, i);
    default:
      return fault("not known to the stand-in: " + i.text, illegalInstruction);
    }
  }

  static int pack(uint64_t *r, const Instruction &i) {
    uint64_t value = 0;
    for (size_t k = 0; k < i.from.size(); ++k)
      value |= (r[i.from[k]] & ((uint64_t(1) << (8 * i.bytes)) - 1)) << (8 * i.bytes * k);
    r[i.to[0]] = value;
    return success;
  }

  /// Where an access lies in the host's memory; null after a violation.
  unsigned char *place(Thread &thread, const Instruction &i, size_t bytes) {
    uint64_t address = thread.registers[i.from[0]] + static_cast<uint64_t>(i.offset);
    if (address % bytes) {
      fault("misaligned: " + i.text, 0);
      return nullptr;
    }
    if (i.space == Space::global || (i.space == Space::generic && address >= thread.local.size()))
      return global(address, bytes, i);
    auto &memory = i.space == Space::shared ? shared : thread.local;
    if (address <= memory.size() && bytes <= memory.size() - address)
      return memory.data() + address;
    fault("out of bounds: " + i.text, 0);
    return nullptr;
  }

  /// The last allocations are looked at first: the map is slow.
  unsigned char *global(uint64_t address, size_t bytes, const Instruction &i) {
    uint64_t host = address - deviceBase;
    for (auto [start, end] : known)
      if (host >= start && host < end && bytes <= end - host)
        return reinterpret_cast<unsigned char *>(host);
    auto after = state().device.upper_bound(host);
    if (after == state().device.begin())
      return state().reach(address, bytes, (name + ": " + i.text).c_str());
    const auto &[start, allocation] = *std::prev(after);
    if (host - start >= allocation.bytes || bytes > allocation.bytes - (host - start))
      return state().reach(address, bytes, (name + ": " + i.text).c_str());
    known[next++ % known.size()] = {start, start + allocation.bytes};
    return reinterpret_cast<unsigned char *>(host);
  }

  int load(Thread &thread, uint32_t number, const Instruction &i) {
    size_t bytes = i.bytes * i.to.size();
    unsigned char *from = place(thread, i, bytes);
    if (!from)
      return illegalAddress;
    if (i.space == Space::shared && !mayRead(from - shared.data(), bytes, number))
      return fault("reads shared memory that another thread writes: " + i.text, launchFailed);
    for (size_t k = 0; k < i.to.size(); ++k) {
      uint64_t value = 0;
      std::memcpy(&value, from + k * i.bytes, i.bytes);
      if (i.isSigned && i.bytes < 8 && value >> (8 * i.bytes - 1))
        value |= ~uint64_t(0) << (8 * i.bytes);
      thread.registers[i.to[k]] = value;
    }
    return success;
  }

  int store(Thread &thread, uint32_t number, const Instruction &i) {
    unsigned char values[32];
    size_t count = i.from.size() - 1, bytes = i.bytes * count;
    for (size_t k = 0; k < count; ++k)
      std::memcpy(values + k * i.bytes, &thread.registers[i.from[k + 1]], i.bytes);
    unsigned char *to = place(thread, i, bytes);
    if (!to)
      return illegalAddress;
    bool changes = std::memcmp(to, values, bytes) != 0;
    if (i.space == Space::shared && !mayWrite(to - shared.data(), bytes, number) && changes)
      return fault("writes shared memory that another thread uses: " + i.text, launchFailed);
    std::memcpy(to, values, bytes);
    return success;
  }

  bool mayRead(size_t offset, size_t bytes, uint32_t number) {
    bool may = true;
    for (size_t at = offset / element; at <= (offset + bytes - 1) / element; ++at) {
      Touch &touch = touches[at];
      may &= touch.writeEpoch != epoch || touch.writer == number;
      touch.reader = touch.readEpoch == epoch && touch.reader != number ? several : number;
      touch.readEpoch = epoch;
    }
    return may;
  }

  bool mayWrite(size_t offset, size_t bytes, uint32_t number) {
    bool may = true;
    for (size_t at = offset / element; at <= (offset + bytes - 1) / element; ++at) {
      Touch &touch = touches[at];
      may &=
          (touch.writeEpoch != epoch || touch.writer == number) && (touch.readEpoch != epoch || touch.reader == number);
      touch.writer = number;
      touch.writeEpoch = epoch;
    }
    return may;
  }

  const Program &program;
  const std::vector<uint64_t> &arguments;
  const std::string &name;
  std::vector<Thread> threads;
  std::vector<unsigned char> shared;
  const size_t element; ///< Bytes of the smallest access to shared memory.
  std::vector<Touch> touches;
  uint32_t epoch = 1;
  std::array<std::pair<uint64_t, uint64_t>, 4> known = {}; ///< begin and end of allocations that were accessed last
  size_t next = 0;
};

} // namespace

int runProgram(const Program &program, const Grid &grid, const std::vector<uint64_t> &arguments,
               const std::string &name) {
  Block block(program, grid, arguments, name);
  for (unsigned z = 0; z < grid.blocks[2]; ++z)
    for (unsigned y = 0; y < grid.blocks[1]; ++y)
      for (unsigned x = 0; x < grid.blocks[0]; ++x)
        if (int code = block.run(x, y, z))
          return code;
  return success;
}

} // namespace standin
