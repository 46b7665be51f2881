// What a parallel_for costs when the workers are awake: the time of two tasks that take as long as one, less that one.
#include "runtime/core/internal.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <vector>

namespace {

struct Work {
  long nanoseconds;
};

int spinTask(convoy_context *, int, uint8_t *closure) {
  double end = convoy_seconds() + 1e-9 * static_cast<double>(reinterpret_cast<Work *>(closure)->nanoseconds);
  while (convoy_seconds() < end)
    ;
  return 0;
}

/// Argument 0: threads and tasks; argument 1: nanoseconds of one task.
void parallelFor(benchmark::State &state) {
  convoy_pool *pool = nullptr;
  int threads = static_cast<int>(state.range(0));
  convoy_pool_create(threads, &pool, nullptr);
  Work work{state.range(1)};
  convoy_context context = {};
  convoy_work job = {spinTask, reinterpret_cast<uint8_t *>(&work), 0, threads, threads, &context, nullptr, 0};
  convoy_pool_enter();
  std::vector<double> calls;
  for (auto _ : state) {
    double start = convoy_seconds();
    convoy_pool_run(pool, &job);
    calls.push_back(convoy_seconds() - start);
  }
  convoy_pool_leave();
  convoy_pool_destroy(pool);
  // The clock's own cost is part of it, and the last step of the task's wait.
  std::sort(calls.begin(), calls.end());
  double task = static_cast<double>(state.range(1)) * 1e-9;
  state.counters["fastest_overhead"] = calls[calls.size() / 100] - task;
  state.counters["median_overhead"] = calls[calls.size() / 2] - task;
}

BENCHMARK(parallelFor)
    ->ArgNames({"threads", "task_ns"})
    ->Args({1, 5000})
    ->Args({2, 0})
    ->Args({2, 1000})
    ->Args({2, 5000})
    ->Args({2, 50000})
    ->UseRealTime();

} // namespace

BENCHMARK_MAIN();
