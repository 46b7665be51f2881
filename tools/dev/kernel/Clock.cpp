#include "tools/dev/kernel/Clock.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace convoy::dev {

using Steady = std::chrono::steady_clock;

static double microsecondsSince(Steady::time_point start) {
  return std::chrono::duration<double, std::micro>(Steady::now() - start).count();
}

double gigahertz() {
  constexpr int rounds = 40000, chain = 16;
  double best = 1e30;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto start = Steady::now();
    unsigned long value = 1, step = 3;
    for (int i = 0; i < rounds; ++i) {
      for (int j = 0; j < chain; ++j) {
#if defined(__x86_64__)
        asm volatile("addq %1, %0" : "+r"(value) : "r"(step));
#else
        asm volatile("" : "+r"(value));
        value += step;
#endif
      }
    }
    best = std::min(best, microsecondsSince(start));
  }
  return rounds * chain / best * 1e-3;
}

Timing measure(const std::function<void()> &work) {
  for (int i = 0; i < 3; ++i)
    work();
  auto start = Steady::now();
  work();
  const double once = std::max(0.1, microsecondsSince(start));
  const int batch = std::max(1, int(200 / once));
  std::vector<double> times;
  double spent = 0;
  while (times.size() < 5 || (spent < 250e3 && times.size() < 2000)) {
    start = Steady::now();
    for (int i = 0; i < batch; ++i)
      work();
    times.push_back(microsecondsSince(start) / batch);
    spent += times.back() * batch;
  }
  std::sort(times.begin(), times.end());
  return {times.front(), times[times.size() / 2], gigahertz()};
}

} // namespace convoy::dev
