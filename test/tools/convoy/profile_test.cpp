// Floors of launches on a made-up machine, worked out by hand, and what this machine says of itself.
#include "tools/convoy/profile/Floor.h"

#include <gtest/gtest.h>

using namespace convoy::tools;

namespace {

/// Two threads: 100 GFLOP/s in floats, twice and four times that in bf16 and bytes; copies at 400, 200 and 50 GB/s.
Peaks machine() {
  Peaks peaks;
  peaks.threads = 2;
  peaks.f32 = 100e9, peaks.bf16 = 200e9, peaks.bytes = 400e9;
  peaks.levels = {{{400e9, 400e9, 400e9}, {200e9, 200e9, 200e9}, {50e9, 50e9, 50e9}}};
  peaks.l2Bytes = 1 << 20, peaks.l3Bytes = 32 << 20;
  peaks.handOver = {100e-9, 500e-9};
  return peaks;
}

struct Case {
  convoy_module module{};
  convoy_launch launch{};
  convoy_launch_time time{};

  Case() { launch.type = CONVOY_F32, launch.limits = "", time.tasks = 2, time.fastest = 1; }
  Floor floor() const { return floorOf(module, launch, time, machine()); }
  std::string reason() const { return reasonOf(launch, time, floor(), machine()); }
};

TEST(Floor, IsArithmeticAtThePeakOfTheType) {
  Case one;
  one.launch.multiply_adds = 50'000'000;
  one.launch.bytes = 1000;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 1e-3);
  EXPECT_STREQ(one.floor().bound, "compute");
  one.launch.type = CONVOY_BF16;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 0.5e-3);
  one.launch.type = CONVOY_U8;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 0.25e-3);
}

TEST(Floor, IsMemoryAtTheRateOfTheLevelThatHoldsTheData) {
  Case one;
  one.launch.bytes = 2'000'000, one.launch.result_bytes = 1'000'000;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 5e-6);
  EXPECT_STREQ(one.floor().bound, "L2");
  one.launch.bytes = 20'000'000, one.launch.result_bytes = 10'000'000;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 100e-6);
  EXPECT_STREQ(one.floor().bound, "L3");
  one.launch.bytes = 100'000'000, one.launch.result_bytes = 0;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 2e-3);
  EXPECT_STREQ(one.floor().bound, "memory");
}

TEST(Floor, ReadsWeightsFromWhereAllOfTheModuleLies) {
  Case one;
  one.launch.bytes = one.launch.weight_bytes = 1'000'000;
  one.module.weight_bytes = 100'000'000;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 20e-6);
  EXPECT_STREQ(one.floor().bound, "memory");
}

TEST(Floor, IsTheHandOverOfTinyLaunches) {
  Case one;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 500e-9);
  EXPECT_STREQ(one.floor().bound, "tasks");
  one.time.tasks = 0;
  EXPECT_DOUBLE_EQ(one.floor().seconds, 100e-9);
  EXPECT_STREQ(one.floor().bound, "launch");
}

TEST(Reason, NobodyAsksOfLaunchesNearTheirFloor) {
  Case one;
  one.launch.multiply_adds = 50'000'000;
  one.time.fastest = 1.6e-3;
  EXPECT_EQ(one.reason(), "");
}

TEST(Reason, NamesTasksAndWhatTheScheduleSays) {
  Case one;
  one.launch.multiply_adds = 50'000'000, one.launch.expected_ns = 4'000'000, one.launch.limits = "half-filled vectors";
  one.time.fastest = 2e-3;
  EXPECT_EQ(one.reason(), "half-filled vectors");
  one.time.tasks = 3;
  EXPECT_EQ(one.reason(), "3 tasks on 2 threads; half-filled vectors");
  one.time.tasks = 0, one.time.fastest = 4e-3;
  EXPECT_EQ(one.reason(), "runs on one of 2 threads; half-filled vectors");
}

TEST(Reason, SaysWhatNobodyCanExplain) {
  Case one;
  one.launch.multiply_adds = 50'000'000;
  one.time.fastest = 2e-3;
  EXPECT_EQ(one.reason(), "unexplained");
  one.launch.expected_ns = 4'000'000, one.launch.limits = "half-filled vectors", one.time.fastest = 4e-3;
  EXPECT_EQ(one.reason(), "half-filled vectors; unexplained beyond 2000.5 us");
}

TEST(Peaks, ArePlausible) {
  double floats = measureArithmetic(1, CONVOY_F32);
  EXPECT_GT(floats, 1e9);
  EXPECT_LT(floats, 1e12);
  EXPECT_GT(measureArithmetic(1, CONVOY_U8), 0.9 * floats);
  Bandwidth near = measureBandwidth(1, 64 << 10);
  EXPECT_GT(near.read, 1e9);
  EXPECT_LT(near.read, 1e13);
}

} // namespace
