#include "tools/convoy/profile/Peaks.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace convoy::tools {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int chains = 12; ///< more than latency times units of any core, and they fit 16 registers
constexpr int64_t steps = 20000;

/// `steps` times `chains` dependent multiply-adds of vectors; the barrier keeps each chain in its register.
#define CONVOY_PEAK_LOOP(name, attributes, bytes)                                                                      \
  attributes void name() {                                                                                             \
    typedef float Vector __attribute__((vector_size(bytes)));                                                          \
    Vector sums[chains] = {}, a = {}, b = {};                                                                          \
    __asm__ volatile("" : CONVOY_VECTOR(a), CONVOY_VECTOR(b));                                                         \
    for (int64_t step = 0; step < steps; ++step) {                                                                     \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; ++i) {                                            \
        sums[i] = __builtin_elementwise_fma(a, b, sums[i]);                                                            \
        __asm__ volatile("" : CONVOY_VECTOR(sums[i]));                                                                 \
      }                                                                                                                \
    }                                                                                                                  \
  }

#if defined(__x86_64__)
#define CONVOY_VECTOR(x) "+v"(x)
CONVOY_PEAK_LOOP(loop512, __attribute__((target("avx512f"), noinline)), 64)
CONVOY_PEAK_LOOP(loop256, __attribute__((target("avx2,fma"), noinline)), 32)
#undef CONVOY_VECTOR
#define CONVOY_VECTOR(x) "+x"(x)
/// Without fused multiply-add the two halves are counted as they run.
__attribute__((noinline)) void loop128() {
  typedef float Vector __attribute__((vector_size(16)));
  Vector sums[chains] = {}, a = {};
  __asm__ volatile("" : CONVOY_VECTOR(a));
  for (int64_t step = 0; step < steps; ++step)
    for (int i = 0; i < chains; ++i) {
      sums[i] = sums[i] * a + a;
      __asm__ volatile("" : CONVOY_VECTOR(sums[i]));
    }
}
#elif defined(__aarch64__)
#define CONVOY_VECTOR(x) "+w"(x)
CONVOY_PEAK_LOOP(loop128, __attribute__((noinline)), 16)
#else
#define CONVOY_VECTOR(x) "+m"(x)
CONVOY_PEAK_LOOP(loop128, __attribute__((noinline)), 16)
#endif

#if defined(__x86_64__)
/// Sums of several products of narrow numbers a lane, by one instruction of a longer latency.
#define CONVOY_DOT_LOOP(name, feature, instruction)                                                                    \
  __attribute__((target("avx512f," feature), noinline)) void name() {                                                  \
    typedef float Vector __attribute__((vector_size(64)));                                                             \
    Vector sums[2 * chains] = {}, a = {}, b = {};                                                                      \
    __asm__ volatile("" : "+v"(a), "+v"(b));                                                                           \
    for (int64_t step = 0; step < steps / 2; ++step) {                                                                 \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 2 * chains; ++i) __asm__ volatile(                        \
          instruction " %2, %1, %0" : "+v"(sums[i]) : "v"(a), "v"(b));                                                 \
    }                                                                                                                  \
  }
CONVOY_DOT_LOOP(loopBytes, "avx512vnni", "vpdpbusd")
CONVOY_DOT_LOOP(loopHalves, "avx512bf16", "vdpbf16ps")
#endif

struct Loop {
  void (*run)();
  int lanes; ///< Multiply-adds of an instruction.
  const char *name;
};

Loop widestLoop() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {loop512, 16, "AVX-512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {loop256, 8, "AVX2"};
#endif
  return {loop128, 4, "128-bit vectors"};
}

Loop widestLoop(convoy_type type) {
#if defined(__x86_64__)
  if (type == CONVOY_BF16 && __builtin_cpu_supports("avx512bf16"))
    return {loopHalves, 32, "AVX-512"};
  if ((type == CONVOY_I8 || type == CONVOY_U8) && __builtin_cpu_supports("avx512vnni"))
    return {loopBytes, 64, "AVX-512"};
#endif
  (void)type;
  return widestLoop();
}

/// The best of some stretches on this thread.
double measureThread(const Loop &loop) {
  double best = 0;
  auto end = Clock::now() + std::chrono::milliseconds(40);
  do {
    auto start = Clock::now();
    loop.run();
    double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, 2.0 * loop.lanes * chains * static_cast<double>(steps) / seconds);
  } while (Clock::now() < end);
  return best;
}

} // namespace

double measureArithmetic(int threads, convoy_type type) {
  Loop loop = widestLoop(type);
  std::vector<double> each(threads);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i)
    others.emplace_back([&, i] { each[i] = measureThread(loop); });
  each[0] = measureThread(loop);
  for (std::thread &other : others)
    other.join();
  double sum = 0;
  for (double one : each)
    sum += one;
  return sum;
}

const char *peakVectors() { return widestLoop().name; }

} // namespace convoy::tools
