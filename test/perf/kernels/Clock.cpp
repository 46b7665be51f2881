#include "test/perf/kernels/Clock.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace convoy::test {

double secondsNow() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double processorSecondsNow() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

double clockGigahertz() {
  constexpr int64_t rounds = 200'000, additions = 20;
  double best = 1e9;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const double start = secondsNow();
    uint64_t value = 1;
    for (int64_t i = 0; i < rounds; ++i)
      // 20 additions, each waits for the one before.
      asm volatile("add %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\n"
                   "add %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\n"
                   "add %0, %0\nadd %0, %0\nadd %0, %0\nadd %0, %0\n"
                   : "+r"(value));
    best = std::min(best, secondsNow() - start);
  }
  return double(rounds * additions) / best * 1e-9;
}

} // namespace convoy::test
