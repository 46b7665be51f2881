#include "runtime/core/internal.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace {

constexpr size_t sliceBytes = 256;

/// A pool and what a session would bring along.
struct Fixture {
  convoy_pool *pool = nullptr;
  convoy_context context = {};
  std::vector<unsigned char> scratch;

  explicit Fixture(int threads) {
    EXPECT_EQ(convoy_pool_create(threads, &pool, nullptr), CONVOY_OK);
    scratch.resize(sliceBytes * threads);
    context.size = sizeof context;
    context.user = this;
    context.scratch = scratch.data();
    context.scratch_bytes = sliceBytes;
    context.parallel_for = [](convoy_context *from, convoy_task task, int begin, int count, uint8_t *closure) {
      return static_cast<Fixture *>(from->user)->run(from, task, begin, count, closure);
    };
  }
  ~Fixture() { convoy_pool_destroy(pool); }

  int run(convoy_context *from, convoy_task task, int begin, int count, void *closure, int threads = 1024) {
    convoy_work work = {task, static_cast<uint8_t *>(closure), begin, count, threads, from, scratch.data(), sliceBytes};
    return convoy_pool_run(pool, &work);
  }
};

int countTask(convoy_context *, int i, uint8_t *closure) {
  ++reinterpret_cast<std::atomic<int> *>(closure)[i];
  return 0;
}

TEST(Pool, RunsEachTaskOnce) {
  Fixture f(3);
  for (int count : {0, 1, 2, 3, 7, 1000}) {
    std::vector<std::atomic<int>> seen(count + 5);
    EXPECT_EQ(f.run(&f.context, countTask, 5, count, seen.data()), 0);
    for (int i = 0; i < count + 5; ++i)
      EXPECT_EQ(seen[i], i >= 5) << i << " of " << count;
  }
}

TEST(Pool, ManyCallsOneAfterAnother) {
  Fixture f(4);
  std::vector<std::atomic<int>> seen(8);
  for (int i = 0; i < 20000; ++i)
    ASSERT_EQ(f.run(&f.context, countTask, 0, 8, seen.data()), 0);
  for (auto &count : seen)
    EXPECT_EQ(count, 20000);
}

TEST(Pool, ReturnsTheFirstFailureAndStartsNoMoreTasks) {
  Fixture f(1);
  static std::atomic<int> started;
  started = 0;
  auto task = [](convoy_context *, int i, uint8_t *) {
    ++started;
    return i == 3 ? 7 : 0;
  };
  EXPECT_EQ(f.run(&f.context, task, 0, 100, nullptr), 7);
  EXPECT_EQ(started, 4);
  Fixture parallel(3);
  EXPECT_EQ(parallel.run(&parallel.context, task, 0, 100, nullptr), 7);
}

struct Places {
  std::atomic<int> started[4] = {};
  std::thread::id of[4];
};

/// Tasks 0 and 2, then 1 and 3, run at the same time.
int pairedTask(convoy_context *, int i, uint8_t *closure) {
  auto &places = *reinterpret_cast<Places *>(closure);
  places.of[i] = std::this_thread::get_id();
  places.started[i] = 1;
  while (!places.started[(i + 2) % 4])
    std::this_thread::yield();
  return 0;
}

TEST(Pool, KeepsTheSameTasksOnAThread) {
  Fixture f(2);
  for (int i = 0; i < 200; ++i) {
    Places places;
    ASSERT_EQ(f.run(&f.context, pairedTask, 0, 4, &places, 2), 0);
    EXPECT_EQ(places.of[0], std::this_thread::get_id());
    EXPECT_EQ(places.of[1], places.of[0]);
    EXPECT_NE(places.of[2], places.of[0]);
    EXPECT_EQ(places.of[3], places.of[2]);
  }
}

int nestedTask(convoy_context *worker, int, uint8_t *closure) {
  return worker->parallel_for(worker, countTask, 0, 16, closure);
}

TEST(Pool, NestedCalls) {
  Fixture f(4);
  std::vector<std::atomic<int>> seen(16);
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(f.run(&f.context, nestedTask, 0, 6, seen.data()), 0);
  for (auto &count : seen)
    EXPECT_EQ(count, 500 * 6);
}

TEST(Pool, CallsFromSeveralThreadsAtOnce) {
  Fixture f(3);
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t)
    callers.emplace_back([&f] {
      std::vector<unsigned char> scratch(sliceBytes * 3);
      std::vector<std::atomic<int>> seen(16);
      convoy_context context = f.context;
      context.scratch = scratch.data();
      convoy_pool_enter();
      for (int i = 0; i < 2000; ++i) {
        convoy_work work = {nestedTask, reinterpret_cast<uint8_t *>(seen.data()), 0, 3, 3, &context, scratch.data(),
                            sliceBytes};
        ASSERT_EQ(convoy_pool_run(f.pool, &work), 0);
      }
      convoy_pool_leave();
      for (auto &count : seen)
        EXPECT_EQ(count, 2000 * 3);
    });
  for (auto &caller : callers)
    caller.join();
}

/// Nobody else's number may appear in a task's scratch while it runs.
int scratchTask(convoy_context *worker, int i, uint8_t *) {
  auto *numbers = static_cast<volatile int *>(worker->scratch);
  for (size_t k = 0; k < sliceBytes / sizeof(int); ++k)
    numbers[k] = i;
  std::this_thread::yield();
  for (size_t k = 0; k < sliceBytes / sizeof(int); ++k)
    if (numbers[k] != i)
      return 1;
  return 0;
}

TEST(Pool, ScratchBelongsToOneThread) {
  Fixture f(4);
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(f.run(&f.context, scratchTask, 1, 64, nullptr), 0);
}

TEST(Pool, HonoursTheLimitOfThreads) {
  Fixture f(4);
  static std::atomic<int> inside, most;
  inside = most = 0;
  auto task = [](convoy_context *, int, uint8_t *) {
    int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);)
      ;
    std::this_thread::sleep_for(std::chrono::microseconds(20));
    --inside;
    return 0;
  };
  for (int i = 0; i < 20; ++i)
    f.run(&f.context, task, 0, 20, nullptr, 2);
  EXPECT_LE(most, 2);
}

TEST(Pool, WorkersThatSleptAreWoken) {
  if (convoy_cores() < 2)
    GTEST_SKIP() << "one core: nobody is woken";
  Fixture f(2);
  static std::atomic<int> arrived;
  // Ends quickly only if two threads are inside at once.
  auto task = [](convoy_context *, int, uint8_t *) {
    ++arrived;
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (arrived < 2 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    return arrived < 2 ? 1 : 0;
  };
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    arrived = 0;
    convoy_pool_enter();
    EXPECT_EQ(f.run(&f.context, task, 0, 2, nullptr), 0);
    convoy_pool_leave();
  }
}

TEST(Pool, RefusesImpossibleCounts) {
  convoy_pool *pool = nullptr;
  convoy_error error = {};
  EXPECT_EQ(convoy_pool_create(-1, &pool, &error), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(pool, nullptr);
  EXPECT_STREQ(error.message, "a pool has from 1 to 1024 threads, not -1");
  EXPECT_EQ(convoy_pool_create(5000, &pool, nullptr), CONVOY_INVALID_ARGUMENT);
  convoy_pool_destroy(nullptr);
}

TEST(Pool, QuotasOfControlGroups) {
  EXPECT_EQ(convoy_quota_cores("200000 100000\n"), 2);
  EXPECT_EQ(convoy_quota_cores("150000 100000\n"), 2);
  EXPECT_EQ(convoy_quota_cores("1000 100000\n"), 1);
  for (const char *unlimited : {"max 100000\n", "", "x", "0 100000", "100000 0", "-1 100000", "9000000000000 1"})
    EXPECT_EQ(convoy_quota_cores(unlimited), 0) << unlimited;
}

TEST(Pool, ZeroThreadsMeansOnePerCore) {
  convoy_pool *pool = nullptr;
  ASSERT_EQ(convoy_pool_create(0, &pool, nullptr), CONVOY_OK);
  EXPECT_EQ(convoy_pool_threads(pool), convoy_cores());
  convoy_pool_destroy(pool);
}

} // namespace
