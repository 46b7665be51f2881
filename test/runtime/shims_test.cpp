#include "runtime/ops/ops.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

extern "C" {
int halide_do_par_for(void *context, int (*task)(void *, int, uint8_t *), int begin, int count, uint8_t *closure);
int halide_do_task(void *context, int (*task)(void *, int, uint8_t *), int i, uint8_t *closure);
void *halide_malloc(void *context, size_t bytes);
void halide_free(void *context, void *pointer);
void halide_error(void *context, const char *message);
}

namespace {

struct Scratch {
  alignas(64) unsigned char memory[8192];
  convoy_context context = {};
  Scratch() {
    context.size = sizeof context;
    context.scratch = memory;
    context.scratch_bytes = sizeof memory;
  }
};

TEST(Shims, MallocIsAlignedAndFreedInReverse) {
  Scratch s;
  void *a = halide_malloc(&s.context, 100), *b = halide_malloc(&s.context, 1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b) % 64, 0u);
  EXPECT_EQ(s.context.scratch_used, 128 + 64 + 2u * CONVOY_SCRATCH_OVERHEAD);
  halide_free(&s.context, b);
  halide_free(&s.context, a);
  EXPECT_EQ(s.context.scratch_used, 0u);
}

TEST(Shims, EarlyFreeKeepsWhatLiesAbove) {
  Scratch s;
  void *a = halide_malloc(&s.context, 64), *b = halide_malloc(&s.context, 64);
  halide_free(&s.context, a);
  void *c = halide_malloc(&s.context, 64);
  EXPECT_GE(static_cast<char *>(c), static_cast<char *>(b) + 64);
  halide_free(&s.context, c);
  halide_free(&s.context, b);
  EXPECT_EQ(s.context.scratch_used, 0u);
  halide_free(&s.context, nullptr);
}

TEST(Shims, MallocTakesTheWholeOfScratchAndNoMore) {
  Scratch s;
  EXPECT_EQ(halide_malloc(&s.context, sizeof s.memory), nullptr);
  EXPECT_EQ(halide_malloc(&s.context, SIZE_MAX), nullptr);
  EXPECT_EQ(halide_malloc(&s.context, SIZE_MAX - 100), nullptr);
  void *all = halide_malloc(&s.context, sizeof s.memory - CONVOY_SCRATCH_OVERHEAD);
  EXPECT_EQ(all, s.memory);
  EXPECT_EQ(halide_malloc(&s.context, 1), nullptr);
  halide_free(&s.context, all);
  EXPECT_EQ(s.context.scratch_used, 0u);
}

TEST(Shims, RandomAllocationsNeverOverlap) {
  struct Block {
    unsigned char *data;
    size_t bytes;
    unsigned char mark;
  };
  Scratch s;
  std::mt19937 random(1);
  std::vector<Block> live;
  for (int step = 0; step < 20000; ++step) {
    if (live.empty() || random() % 2) {
      size_t bytes = random() % 700;
      if (auto *data = static_cast<unsigned char *>(halide_malloc(&s.context, bytes))) {
        live.push_back({data, bytes, static_cast<unsigned char>(step)});
        std::fill_n(data, bytes, live.back().mark);
      }
    } else {
      size_t at = live.size() - 1 - random() % std::min<size_t>(live.size(), 3);
      for (size_t i = 0; i < live[at].bytes; ++i)
        ASSERT_EQ(live[at].data[i], live[at].mark);
      halide_free(&s.context, live[at].data);
      live.erase(live.begin() + static_cast<long>(at));
    }
  }
  while (!live.empty()) {
    halide_free(&s.context, live.front().data);
    live.erase(live.begin());
  }
  EXPECT_EQ(s.context.scratch_used, 0u);
}

int addTask(void *, int i, uint8_t *closure) {
  reinterpret_cast<int *>(closure)[i] += 1;
  return i == 6 ? -5 : 0;
}

TEST(Shims, ParallelForIsSerialWithoutThreads) {
  Scratch s;
  int seen[8] = {};
  EXPECT_EQ(halide_do_par_for(&s.context, addTask, 2, 3, reinterpret_cast<uint8_t *>(seen)), 0);
  EXPECT_EQ(halide_do_par_for(&s.context, addTask, 5, 3, reinterpret_cast<uint8_t *>(seen)), -5);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(seen[i], i >= 2 && i < 7);
  EXPECT_EQ(halide_do_task(&s.context, addTask, 0, reinterpret_cast<uint8_t *>(seen)), 0);
}

TEST(Shims, ParallelForAsksTheContext) {
  Scratch s;
  s.context.parallel_for = [](convoy_context *context, int (*task)(convoy_context *, int, uint8_t *), int begin,
                              int count, uint8_t *closure) {
    convoy_context worker = *context;
    int status = 0;
    for (int i = begin + count - 1; i >= begin && !status; --i)
      status = task(&worker, i, closure);
    return status;
  };
  int seen[8] = {};
  EXPECT_EQ(halide_do_par_for(&s.context, addTask, 4, 4, reinterpret_cast<uint8_t *>(seen)), -5);
  EXPECT_EQ(seen[7], 1);
  EXPECT_EQ(seen[5], 0);
}

TEST(Shims, ErrorsReachTheContext) {
  Scratch s;
  std::string said;
  halide_error(&s.context, "nobody listens");
  s.context.user = &said;
  s.context.error = [](convoy_context *context, const char *message) {
    *static_cast<std::string *>(context->user) = message;
  };
  halide_error(&s.context, "too wide");
  EXPECT_EQ(said, "too wide");
}

} // namespace
