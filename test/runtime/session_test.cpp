#include <convoy/runtime.h>

#include <gtest/gtest.h>
#include <thread>
#include <vector>

extern "C" const convoy_module small_module;

namespace {

constexpr float poison = 1e30f;

convoy_tensor tensor(std::vector<float> &data) {
  convoy_tensor t = {};
  t.data = data.data();
  t.rank = 2;
  t.type = CONVOY_F32;
  t.dims[0] = static_cast<int64_t>(data.size() / 4);
  t.dims[1] = 4;
  return t;
}

std::vector<float> numbers(int rows) {
  std::vector<float> data(rows * 4);
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<float>(i);
  return data;
}

struct Session {
  convoy_session *handle = nullptr;
  convoy_error error = {};
  convoy_status status;
  explicit Session(convoy_session_options options = {}) {
    options.size = sizeof options;
    status = convoy_session_create(&small_module, &options, &handle, &error);
  }
  ~Session() { convoy_session_destroy(handle); }
};

void expectRightResult(convoy_session *session, int rows) {
  auto x = numbers(rows);
  convoy_tensor input = tensor(x), output = {};
  convoy_error error = {};
  ASSERT_EQ(convoy_session_run(session, &input, &output, &error), CONVOY_OK) << error.message;
  ASSERT_EQ(output.rank, 2);
  ASSERT_EQ(output.dims[0], rows);
  ASSERT_EQ(output.dims[1], 4);
  for (int i = 0; i < rows * 4; ++i)
    ASSERT_EQ(static_cast<float *>(output.data)[i], 2 * x[i] + 1);
}

TEST(Session, RunsWithDefaults) {
  convoy_session *session = nullptr;
  ASSERT_EQ(convoy_session_create(&small_module, nullptr, &session, nullptr), CONVOY_OK);
  expectRightResult(session, 3);
  convoy_session_destroy(session);
}

TEST(Session, DimensionsChangeBetweenRuns) {
  convoy_session_options options = {};
  options.threads = 2;
  Session s(options);
  for (int rows : {1, 100, 3, 5000, 0, 7})
    expectRightResult(s.handle, rows);
}

TEST(Session, PlanTellsOutputs) {
  Session s;
  std::vector<float> none;
  convoy_tensor x = tensor(none), y = {};
  x.dims[0] = 17;
  ASSERT_EQ(convoy_session_plan(s.handle, &x, &y, nullptr), CONVOY_OK);
  EXPECT_EQ(y.type, CONVOY_F32);
  EXPECT_EQ(y.dims[0], 17);
  EXPECT_EQ(y.data, nullptr);
}

TEST(Session, WritesIntoTheCallersOutput) {
  Session s;
  auto x = numbers(2);
  std::vector<float> y(12, -1);
  convoy_tensor input = tensor(x), output = tensor(y);
  ASSERT_EQ(convoy_session_run(s.handle, &input, &output, nullptr), CONVOY_OK);
  EXPECT_EQ(output.data, y.data());
  EXPECT_EQ(output.dims[0], 2);
  EXPECT_EQ(y[7], 15);
  EXPECT_EQ(y[8], -1);
}

TEST(Session, RefusesATooSmallOutput) {
  Session s;
  auto x = numbers(3);
  std::vector<float> y(8);
  convoy_tensor input = tensor(x), output = tensor(y);
  EXPECT_EQ(convoy_session_run(s.handle, &input, &output, &s.error), CONVOY_INVALID_ARGUMENT);
  EXPECT_STREQ(s.error.message, "output 'y' has room for 32 bytes and needs 48");
}

TEST(Session, CallersArena) {
  alignas(64) static unsigned char arena[64];
  convoy_session_options options = {};
  options.arena = arena;
  options.arena_bytes = sizeof arena;
  Session s(options);
  expectRightResult(s.handle, 4);
  auto x = numbers(5);
  convoy_tensor input = tensor(x), output = {};
  EXPECT_EQ(convoy_session_run(s.handle, &input, &output, &s.error), CONVOY_NEEDS_MEMORY);
  EXPECT_STREQ(s.error.message, "the arena has 64 bytes, these inputs need 80");
  expectRightResult(s.handle, 4);
}

TEST(Session, RefusesAnUnalignedArena) {
  alignas(64) static unsigned char arena[128];
  convoy_session_options options = {};
  options.arena = arena + 4;
  options.arena_bytes = 64;
  Session s(options);
  EXPECT_EQ(s.status, CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(s.handle, nullptr);
}

/// What is wrong with an input, and the message that says so.
struct Wrong {
  void (*spoil)(convoy_tensor &);
  const char *message;
};

TEST(Session, RefusesWrongInputs) {
  Session s;
  const Wrong cases[] = {
      {[](convoy_tensor &t) { t.type = CONVOY_I64; }, "input 'x' has type i64, the network wants f32"},
      {[](convoy_tensor &t) { t.rank = 3; }, "input 'x' has 3 dimensions, the network wants 2"},
      {[](convoy_tensor &t) { t.dims[0] = -1; }, "input 'x' has impossible dimensions"},
      {[](convoy_tensor &t) { t.dims[0] = INT64_MAX / 2; }, "input 'x' has impossible dimensions"},
      {[](convoy_tensor &t) { t.data = nullptr; }, "input 'x' has no data"},
      {[](convoy_tensor &t) { t.strides[0] = 1, t.strides[1] = 2; }, "input 'x' is not dense"},
      {[](convoy_tensor &t) { t.dims[0] = 4, t.dims[1] = 2; }, "small: input 'x': dimension 1 must be 4"},
  };
  for (const Wrong &wrong : cases) {
    auto x = numbers(2);
    convoy_tensor input = tensor(x), output = {};
    wrong.spoil(input);
    EXPECT_EQ(convoy_session_run(s.handle, &input, &output, &s.error), CONVOY_INVALID_ARGUMENT);
    EXPECT_STREQ(s.error.message, wrong.message);
  }
  expectRightResult(s.handle, 2);
}

TEST(Session, AFailingTaskIsReportedAndTheSessionGoesOn) {
  for (int threads : {1, 3}) {
    convoy_session_options options = {};
    options.threads = threads;
    Session s(options);
    auto x = numbers(50);
    x[4 * 30] = poison;
    convoy_tensor input = tensor(x), output = {};
    EXPECT_EQ(convoy_session_run(s.handle, &input, &output, &s.error), CONVOY_KERNEL_FAILED);
    EXPECT_STREQ(s.error.message, "small: a poisoned row");
    expectRightResult(s.handle, 50);
  }
}

TEST(Session, ManyAtOnceOnOnePool) {
  convoy_pool *pool = nullptr;
  ASSERT_EQ(convoy_pool_create(3, &pool, nullptr), CONVOY_OK);
  std::vector<std::thread> threads;
  for (int t = 0; t < 5; ++t)
    threads.emplace_back([pool, t] {
      convoy_session_options options = {};
      options.pool = t % 2 ? pool : nullptr;
      options.threads = 2 + t % 2;
      Session s(options);
      for (int i = 0; i < 100; ++i)
        expectRightResult(s.handle, 1 + (7 * i + t) % 40);
    });
  for (auto &thread : threads)
    thread.join();
  convoy_pool_destroy(pool);
}

TEST(Session, KeepsTimesOfLaunches) {
  convoy_session_options options = {};
  options.profile = 1;
  Session s(options);
  for (int i = 0; i < 5; ++i)
    expectRightResult(s.handle, 1000);
  const convoy_launch_time *times = convoy_session_times(s.handle);
  ASSERT_NE(times, nullptr);
  for (int i = 0; i < small_module.launch_count; ++i) {
    EXPECT_EQ(times[i].runs, 5);
    EXPECT_GT(times[i].fastest, 0);
    EXPECT_GE(times[i].total, 5 * times[i].fastest);
    EXPECT_LT(times[i].total, 5);
  }
  convoy_session_reset_times(s.handle);
  EXPECT_EQ(times[0].runs, 0);
  Session plain;
  EXPECT_EQ(convoy_session_times(plain.handle), nullptr);
}

TEST(Session, ObservesResultsOfLaunches) {
  std::vector<float> seen;
  convoy_session_options options = {};
  options.user = &seen;
  options.observe = [](void *user, int32_t launch, const convoy_tensor *result) {
    EXPECT_EQ(result->dims[0], 2);
    static_cast<std::vector<float> *>(user)->push_back(static_cast<float *>(result->data)[7] + 100.0f * launch);
  };
  Session s(options);
  expectRightResult(s.handle, 2);
  EXPECT_EQ(seen, (std::vector<float>{14, 115}));
}

TEST(Session, RefusesOptionsOfAnotherSize) {
  convoy_session_options options = {};
  convoy_session *session = nullptr;
  EXPECT_EQ(convoy_session_create(&small_module, &options, &session, nullptr), CONVOY_WRONG_ABI);
  options.size = sizeof options;
  options.threads = -2;
  EXPECT_EQ(convoy_session_create(&small_module, &options, &session, nullptr), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(session, nullptr);
}

TEST(Module, FindsNames) {
  EXPECT_EQ(convoy_module_find_input(&small_module, "x"), 0);
  EXPECT_EQ(convoy_module_find_input(&small_module, "y"), -1);
  EXPECT_EQ(convoy_module_find_output(&small_module, "y"), 0);
}

TEST(Module, RefusesIncompleteTables) {
  convoy_module broken = small_module;
  broken.run = nullptr;
  EXPECT_EQ(convoy_module_check(&broken, nullptr), CONVOY_WRONG_ABI);
  broken = small_module;
  broken.inputs = nullptr;
  EXPECT_EQ(convoy_module_check(&broken, nullptr), CONVOY_WRONG_ABI);
  broken = small_module;
  broken.size = 8;
  EXPECT_EQ(convoy_module_check(&broken, nullptr), CONVOY_WRONG_ABI);
  EXPECT_EQ(convoy_module_check(nullptr, nullptr), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(convoy_module_check(&small_module, nullptr), CONVOY_OK);
}

} // namespace
