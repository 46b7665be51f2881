/// The interpreter of the stand-in: what it computes, and what it must not let pass.
#include "test/runtime/cuda/driver/ptx.h"
#include "test/runtime/cuda/driver/state.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace standin;

namespace {

class Ptx : public testing::Test {
protected:
  void SetUp() override {
    Standin options;
    standinReset(&options);
    memory.assign(64, 0);
    uint64_t host = reinterpret_cast<uint64_t>(memory.data());
    state().device.emplace(host, Allocation{{}, memory.size() * 4, nullptr});
    address = host + deviceBase;
  }
  void TearDown() override {
    Standin options;
    standinReset(&options);
  }

  /// Runs a block of 32 threads with the address of 64 words as its argument, in %rd1; %r1 is the thread, %rd2 its
  /// word.
  int run(const std::string &body) {
    std::string whole = "{\nld.param.b64 %rd1, [memory];\nmov.u32 %r1, %tid.x;\nmul.wide.u32 %rd2, %r1, 4;\n"
                        "add.s64 %rd2, %rd1, %rd2;\nshl.b32 %r2, %r1, 2;\ncvt.u64.u32 %rd3, %r2;\n" +
                        body + "ret;\n}\n";
    auto program = parseProgram(whole, {"memory"});
    return runProgram(*program, {{1, 1, 1}, {32, 1, 1}, 256}, {address}, "test");
  }

  void expectViolation(const std::string &body, const std::string &part) {
    EXPECT_NE(run(body), 0);
    EXPECT_NE(std::string(standinViolations()).find(part), std::string::npos) << standinViolations();
  }

  float number(int i) {
    float value;
    std::memcpy(&value, &memory[i], sizeof value);
    return value;
  }

  std::vector<uint32_t> memory;
  uint64_t address;
};

TEST_F(Ptx, BytesOfWords) {
  ASSERT_EQ(run("mov.b32 %r3, 0x80FF0102U;\nmov.b32 %r4, 0xFF7F02FEU;\nmov.b32 %r5, 10;\n"
                "dp4a.u32.s32 %r6, %r3, %r4, %r5;\ndp4a.s32.s32 %r7, %r3, %r4, %r5;\n"
                "prmt.b32 %r8, %r3, %r4, 0x5410U;\nprmt.b32 %r9, %r3, %r4, 0xF3B0U;\n"
                "st.global.b32 [%rd1], %r6;\nst.global.b32 [%rd1+4], %r7;\nst.global.b32 [%rd1+8], %r8;\n"
                "st.global.b32 [%rd1+12], %r9;\n"),
            0);
  EXPECT_EQ(int32_t(memory[0]), 10 + 2 * -2 + 1 * 2 + 255 * 127 + 128 * -1);
  EXPECT_EQ(int32_t(memory[1]), 10 + 2 * -2 + 1 * 2 + -1 * 127 + -128 * -1);
  EXPECT_EQ(memory[2], 0x02FE0102u);
  EXPECT_EQ(memory[3], 0xFF80FF02u);
}

TEST_F(Ptx, ComputesBranchesAndPredicates) {
  ASSERT_EQ(
      run("setp.lt.u32 %p1, %r1, 3;\n@!%p1 bra $L1;\nmov.b32 %r3, 7;\nbra.uni $L2;\n$L1:\nmul.lo.s32 %r3, %r1, -2;\n"
          "$L2:\nst.global.b32 [%rd2], %r3;\n"),
      0);
  EXPECT_EQ(memory[2], 7u);
  EXPECT_EQ(memory[5], static_cast<uint32_t>(-10));
  EXPECT_STREQ(standinViolations(), "");
}

TEST_F(Ptx, ComputesFloats) {
  ASSERT_EQ(run("cvt.rn.f32.u32 %r3, %r1;\nfma.rn.f32 %r4, %r3, 0f40000000, 0f3F800000;\nsqrt.rn.f32 %r5, %r4;\n"
                "setp.nan.f32 %p1, %r5, %r5;\nsetp.gtu.f32 %p2, %r5, 0f40400000;\nselp.f32 %r6, %r5, %r4, %p2;\n"
                "neg.f32 %r7, %r6;\ncvt.rzi.s32.f32 %r8, %r7;\n@%p1 bra $L1;\nst.global.b32 [%rd2], %r6;\n"
                "st.global.b32 [%rd2+128], %r8;\n$L1:\n"),
            0);
  EXPECT_EQ(number(3), 7);
  EXPECT_EQ(number(12), 5);
  EXPECT_EQ(static_cast<int32_t>(memory[32 + 12]), -5);
}

TEST_F(Ptx, ExtractsBits) {
  ASSERT_EQ(
      run("bfe.u32 %r3, 0xF0, 4, 2;\nbfe.s32 %r4, 0xF0, 4, 2;\nbfe.s32 %r5, 0x50, 4, 4;\nbfe.s32 %r6, -16, 30, 8;\n"
          "st.global.v4.b32 [%rd1], {%r3, %r4, %r5, %r6};\n"),
      0);
  EXPECT_EQ(std::vector(memory.begin(), memory.begin() + 4), (std::vector<uint32_t>{3, ~0u, 5, ~0u}));
}

TEST_F(Ptx, FlushesWhereItSaysSo) {
  ASSERT_EQ(run("cvt.rmi.f32.f32 %r3, 0f80000001;\ncvt.rmi.ftz.f32.f32 %r4, 0f80000001;\nst.global.b32 [%rd1], %r3;\n"
                "st.global.b32 [%rd1+4], %r4;\n"),
            0);
  EXPECT_EQ(number(0), -1);
  EXPECT_EQ(number(1), 0);
}

TEST_F(Ptx, ReadsAndWritesVectors) {
  ASSERT_EQ(run("setp.ne.b32 %p1, %r1, 0;\n@%p1 bra $L1;\nst.global.v4.b32 [%rd1+16], {%r1, 1, 2, 3};\n"
                "ld.global.nc.v2.b64 {%rd4, %rd5}, [%rd1+16];\nmov.b64 {%r3, %r9}, %rd5;\n"
                "{ .reg .b32 tmp; mov.b64 {tmp, %r4}, %rd5; }\nadd.s32 %r3, %r3, %r4;\n"
                "mov.b64 %rd6, {%r4, %r3};\nst.global.b64 [%rd1], %rd6;\nld.global.s8 %r5, [%rd1+16];\n$L1:\n"),
            0);
  EXPECT_EQ(memory[0], 3u);
  EXPECT_EQ(memory[1], 5u);
}

TEST_F(Ptx, GenericAddressesAreLocalOrGlobal) {
  ASSERT_EQ(run(".local .align 8 .b8 __local_depot0[16];\nmov.b64 %SPL, __local_depot0;\n"
                "cvta.local.u64 %SP, %SPL;\nst.v2.b32 [%SP+8], {%r1, 5};\nadd.u64 %rd4, %SP, 8;\n"
                "ld.b32 %r3, [%rd4];\nst.b32 [%rd2], %r3;\n"),
            0);
  EXPECT_EQ(memory[0], 0u);
  EXPECT_EQ(memory[31], 31u);
  expectViolation(".local .align 8 .b8 __local_depot0[16];\nld.b32 %r3, [16];\n", "not an address of the device");
}

/// Each thread leaves a word and takes another thread's.
std::string exchange(const std::string &barrier, const std::string &other) {
  return "st.shared.b32 [%rd3], %r1;\n" + barrier + other +
         "cvt.u64.u32 %rd4, %r3;\nld.shared.b32 %r4, [%rd4];\nst.global.b32 [%rd2], %r4;\n";
}
const char *neighbour = "xor.b32 %r3, %r2, 4;\n", *before = "sub.s32 %r3, %r2, 4;\nmax.s32 %r3, %r3, 0;\n";

TEST_F(Ptx, ThreadsExchangeThroughSharedMemory) {
  ASSERT_EQ(run(exchange("bar.sync 0;\n", neighbour)), 0);
  EXPECT_EQ(memory[6], 7u);
  EXPECT_EQ(memory[7], 6u);
}

TEST_F(Ptx, SeesAMissingBarrier) {
  expectViolation(exchange("", before), "reads shared memory that another thread writes");
  SetUp();
  expectViolation(exchange("", neighbour), "writes shared memory that another thread uses");
}

TEST_F(Ptx, SeesTwoWriters) {
  expectViolation("st.shared.b32 [0], %r1;\n", "writes shared memory that another thread uses");
  SetUp();
  EXPECT_EQ(run("st.shared.b32 [0], 5;\n"), 0); // all the same
}

TEST_F(Ptx, SeesAWriterBehindAReader) {
  expectViolation("setp.eq.b32 %p1, %r1, 31;\n@%p1 bra $L1;\nld.shared.b32 %r3, [0];\nbra.uni $L2;\n$L1:\n"
                  "st.shared.b32 [0], %r1;\n$L2:\n",
                  "writes shared memory that another thread uses");
}

TEST_F(Ptx, SeesAThreadThatMissesABarrier) {
  expectViolation("setp.eq.b32 %p1, %r1, 3;\n@%p1 bra $L1;\nbar.sync 0;\n$L1:\n", "some threads miss a barrier");
}

TEST_F(Ptx, SeesWrongAddresses) {
  expectViolation("ld.global.b32 %r3, [%rd1+256];\n", "memory that was freed, or is too small");
  expectViolation("ld.global.b32 %r3, [%rd1-4];\n", "memory that was freed, or is too small");
  expectViolation("ld.global.b32 %r3, [%rd3];\n", "not an address of the device");
  expectViolation("ld.global.v4.b32 {%r3, %r4, %r5, %r6}, [%rd1+4];\n", "misaligned");
  expectViolation("st.shared.b32 [256], %r3;\n", "out of bounds");
}

TEST_F(Ptx, SaysWhatItDoesNotKnow) {
  expectViolation("tex.2d.v4.f32.s32 {%r3, %r4, %r5, %r6}, [%rd1];\n", "not known to the stand-in: tex.2d");
}

} // namespace
