#include "tools/convoy/profile/Peaks.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace convoy::tools {

namespace {

using Clock = std::chrono::steady_clock;

/// Eight vectors a step; the barriers keep loads and stores.
#define CONVOY_BANDWIDTH_LOOPS(bits, attributes, letter)                                                               \
  attributes void read##bits(char *data, int64_t bytes) {                                                              \
    typedef float Vector __attribute__((vector_size(bits / 8)));                                                       \
    for (char *at = data; at < data + bytes; at += 8 * sizeof(Vector)) {                                               \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; ++i) {                                                 \
        Vector value = reinterpret_cast<Vector *>(at)[i];                                                              \
        __asm__ volatile("" ::letter(value));                                                                          \
      }                                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  attributes void write##bits(char *data, int64_t bytes) {                                                             \
    typedef float Vector __attribute__((vector_size(bits / 8)));                                                       \
    Vector value = {};                                                                                                 \
    for (char *at = data; at < data + bytes; at += 8 * sizeof(Vector)) {                                               \
      __asm__ volatile("" : "+" letter(value));                                                                        \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; ++i) reinterpret_cast<Vector *>(at)[i] = value;        \
      __asm__ volatile("" ::: "memory");                                                                               \
    }                                                                                                                  \
  }                                                                                                                    \
  attributes void copy##bits(char *data, int64_t bytes) {                                                              \
    typedef float Vector __attribute__((vector_size(bits / 8)));                                                       \
    for (char *at = data, *to = data + bytes / 2; to < data + bytes;                                                   \
         at += 8 * sizeof(Vector), to += 8 * sizeof(Vector)) {                                                         \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; ++i) reinterpret_cast<Vector *>(to)[i] =               \
          reinterpret_cast<Vector *>(at)[i];                                                                           \
      __asm__ volatile("" ::: "memory");                                                                               \
    }                                                                                                                  \
  }

#if defined(__x86_64__)
CONVOY_BANDWIDTH_LOOPS(512, __attribute__((target("avx512f"), noinline)), "v")
CONVOY_BANDWIDTH_LOOPS(256, __attribute__((target("avx2"), noinline)), "x")
CONVOY_BANDWIDTH_LOOPS(128, __attribute__((noinline)), "x")
#elif defined(__aarch64__)
CONVOY_BANDWIDTH_LOOPS(128, __attribute__((noinline)), "w")
#else
CONVOY_BANDWIDTH_LOOPS(128, __attribute__((noinline)), "m")
#endif

using Pass = void (*)(char *, int64_t);

struct Passes {
  Pass read, write, copy;
};

Passes widestPasses() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {read512, write512, copy512};
  if (__builtin_cpu_supports("avx2"))
    return {read256, write256, copy256};
#endif
  return {read128, write128, copy128};
}

/// The best pass of some milliseconds, two at least.
double bytesPerSecond(Pass pass, char *data, int64_t bytes) {
  double best = 0;
  auto end = Clock::now() + std::chrono::milliseconds(12);
  for (int i = 0; i < 2 || Clock::now() < end; ++i) {
    auto start = Clock::now();
    // A pass over a small buffer is too short for the clock.
    int64_t rounds = std::max<int64_t>(1, (int64_t(1) << 20) / bytes);
    for (int64_t round = 0; round < rounds; ++round)
      pass(data, bytes);
    double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(rounds * bytes) / seconds);
  }
  return best;
}

Bandwidth measureThread(int64_t bytes) {
  bytes = bytes / 8192 * 8192;
  std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(4096, static_cast<size_t>(bytes)), std::free);
  if (!memory)
    return {};
  std::memset(memory.get(), 1, static_cast<size_t>(bytes));
  Passes passes = widestPasses();
  auto *data = static_cast<char *>(memory.get());
  return {bytesPerSecond(passes.read, data, bytes), bytesPerSecond(passes.write, data, bytes),
          bytesPerSecond(passes.copy, data, bytes)};
}

} // namespace

Bandwidth measureBandwidth(int threads, int64_t bytes) {
  std::vector<Bandwidth> each(threads);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i)
    others.emplace_back([&, i] { each[i] = measureThread(bytes); });
  each[0] = measureThread(bytes);
  for (std::thread &other : others)
    other.join();
  Bandwidth sum;
  for (const Bandwidth &one : each)
    sum.read += one.read, sum.write += one.write, sum.copy += one.copy;
  return sum;
}

} // namespace convoy::tools
