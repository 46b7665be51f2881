// What a program for a device may hold, edited as text: each rule, kept and broken.
#include "compiler/Emit/Program/CheckProgram.h"
#include "test/compiler/Emit/modules.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <random>

using namespace convoy;
using namespace convoy::compiler;
using namespace convoy::compiler::test;

namespace {

/// y = kernel(x), then the two largest of y, found on the host.
const char *const text = R"(
  name: "net" target { halide: "x86-64-linux-cuda-cuda_capability_80" gpu { capability: 80 } }
  inputs { name: "x" type: F32 dims { constant: 4 } }
  outputs { name: "values" type: F32 dims { constant: 2 } }
  outputs { name: "indices" type: I64 dims { constant: 2 } }
  kernels {
    target { halide: "x86-64-linux-cuda-cuda_capability_80" gpu { capability: 80 } }
    tensors { type: F32 dims { extent: 4 } } tensors { type: F32 dims { extent: 4 } }
    inputs: 0 outputs: 1 debug { symbol: "convoy_kernel_f" } }
  buffers { name: "x" space: INPUT type: F32 dims { constant: 4 } }
  buffers { name: "x" space: ARENA type: F32 dims { constant: 4 } }
  buffers { name: "y" space: ARENA offset { constant: 64 } type: F32 dims { constant: 4 } }
  buffers { name: "y" space: HOST_ARENA type: F32 dims { constant: 4 } }
  buffers { name: "values" space: HOST_ARENA offset { constant: 64 } type: F32 dims { constant: 2 } }
  buffers { name: "indices" space: HOST_ARENA offset { constant: 128 } type: I64 dims { constant: 2 } }
  buffers { name: "values" space: OUTPUT index: 0 type: F32 dims { constant: 2 } }
  buffers { name: "indices" space: OUTPUT index: 1 type: I64 dims { constant: 2 } }
  steps { copy { from: 0 to: 1 } }
  steps { launch { kernel: 0 buffers: [1, 2] layers: "f" } }
  steps { copy { from: 2 to: 3 layers: "top" } }
  steps { library_call { function: "top_k" inputs: [3, -1] outputs: [4, 5] options: [0, 1, 1] layers: "top" } }
  steps { copy { from: 4 to: 6 } }
  steps { copy { from: 5 to: 7 } }
  arena_bytes { constant: 128 } host_arena_bytes { constant: 192 } device_scratch_bytes: 256)";

class CheckDeviceProgram : public ::testing::Test {
protected:
  proto::Program program = parse(text);

  void expectRefused(const std::string &why) const {
    Status checked = checkProgram(program);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error(), "program 'net': " + why);
  }
  proto::Copy &copy(int step) { return *program.mutable_steps(step)->mutable_copy(); }
  void forHost() {
    program.mutable_target()->clear_gpu();
    program.mutable_kernels(0)->mutable_target()->clear_gpu();
  }
};

TEST_F(CheckDeviceProgram, IsRight) {
  Status checked = checkProgram(program);
  EXPECT_TRUE(checked) << checked.error();
}

TEST_F(CheckDeviceProgram, HasACapability) {
  program.mutable_target()->mutable_gpu()->set_capability(0);
  expectRefused("its target has a GPU without capability");
}

TEST_F(CheckDeviceProgram, ScratchIsNotNegative) {
  program.set_device_scratch_bytes(-1);
  expectRefused("scratch on a device of -1 bytes");
}

TEST_F(CheckDeviceProgram, TheHostHasNoScratchOnADevice) {
  forHost();
  expectRefused("scratch on a device of 256 bytes");
}

TEST_F(CheckDeviceProgram, TheHostHasNoOtherArena) {
  forHost();
  program.clear_device_scratch_bytes();
  expectRefused("host_arena_bytes is for programs for a device");
}

TEST_F(CheckDeviceProgram, TheHostHasNoBuffersInAnotherArena) {
  forHost();
  program.clear_device_scratch_bytes();
  program.clear_host_arena_bytes();
  expectRefused("buffer 3: the host's arena is for programs for a device");
}

TEST_F(CheckDeviceProgram, TheHostHasNoCopies) {
  forHost();
  program.clear_device_scratch_bytes();
  program.clear_host_arena_bytes();
  for (int buffer : {3, 4, 5})
    program.mutable_buffers(buffer)->set_space(proto::Buffer::ARENA);
  program.mutable_arena_bytes()->set_constant(256);
  expectRefused("step 0: copies are for programs for a device");
}

TEST_F(CheckDeviceProgram, BuffersLieWithinTheHostsArena) {
  program.mutable_host_arena_bytes()->set_constant(140);
  expectRefused("buffer 5 ('indices') lies outside of its space");
}

TEST_F(CheckDeviceProgram, KernelsSeeNoInput) {
  program.mutable_steps(1)->mutable_launch()->set_buffers(0, 0);
  expectRefused("step 1: buffer 0 is not in the memory of the device");
}

TEST_F(CheckDeviceProgram, KernelsSeeNothingOfTheHost) {
  program.mutable_steps(1)->mutable_launch()->set_buffers(1, 3);
  expectRefused("step 1: buffer 3 is not in the memory of the device");
}

TEST_F(CheckDeviceProgram, KernelsAreForTheDevice) {
  program.mutable_kernels(0)->mutable_target()->clear_gpu();
  expectRefused("step 1: its kernel is not for a GPU");
}

TEST_F(CheckDeviceProgram, KernelsOfTheHostAreForTheHost) {
  program.mutable_steps()->Clear();
  *program.add_steps() = parse(text).steps(1);
  program.mutable_target()->clear_gpu();
  program.clear_device_scratch_bytes();
  program.clear_host_arena_bytes();
  program.mutable_buffers()->DeleteSubrange(3, 3);
  expectRefused("step 0: its kernel is for a GPU");
}

TEST_F(CheckDeviceProgram, LibraryCallsSeeNothingOfTheDevice) {
  program.mutable_steps(3)->mutable_library_call()->set_inputs(0, 2);
  expectRefused("step 3: buffer 2 is not in the memory of the host");
}

TEST_F(CheckDeviceProgram, LibraryCallsWriteNoOutput) {
  program.mutable_steps(3)->mutable_library_call()->set_outputs(0, 6);
  expectRefused("step 3: buffer 6 is not in the memory of the host");
}

TEST_F(CheckDeviceProgram, LibraryCallsReadWeightsWhereTheyAre) {
  program.set_weight_bytes(64);
  program.mutable_buffers(3)->set_space(proto::Buffer::WEIGHTS);
  program.mutable_steps()->DeleteSubrange(2, 1);
  Status checked = checkProgram(program);
  EXPECT_TRUE(checked) << checked.error();
}

TEST_F(CheckDeviceProgram, CopiesHaveBuffers) {
  copy(2).set_to(99);
  expectRefused("step 2: no buffer 99");
}

TEST_F(CheckDeviceProgram, CopiesAreBetweenEqualShapes) {
  copy(2).set_to(4);
  expectRefused("step 2: a copy is between dense buffers of one type and shape");
}

TEST_F(CheckDeviceProgram, CopiesAreBetweenEqualTypes) {
  copy(4).set_to(7);
  expectRefused("step 4: a copy is between dense buffers of one type and shape");
}

TEST_F(CheckDeviceProgram, CopiesAreBetweenDenseBuffers) {
  program.mutable_buffers(3)->mutable_layout()->add_before(1);
  expectRefused("step 2: a copy is between dense buffers of one type and shape");
}

TEST_F(CheckDeviceProgram, CopiesWriteNoInput) {
  copy(2).set_to(0);
  expectRefused("step 2: it copies from an output, or to what runs only read");
}

TEST_F(CheckDeviceProgram, CopiesReadNoOutput) {
  copy(5).set_from(7);
  expectRefused("step 5: it copies from an output, or to what runs only read");
}

TEST_F(CheckDeviceProgram, NothingIsFilled) {
  program.add_steps()->mutable_fill()->set_buffer(1);
  expectRefused("step 6: nothing is filled on a device");
}

TEST_F(CheckDeviceProgram, DamagedOnesAreNoHarm) {
  google::protobuf::LogSilencer silence;
  std::mt19937 random(1);
  const std::string bytes = program.SerializeAsString();
  int emitted = 0;
  for (int i = 0; i < 400; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    proto::Program changed;
    if (changed.ParseFromString(damaged))
      emitted += emitProgram(changed) ? 1 : 0;
  }
  EXPECT_GT(emitted, 0);
}

} // namespace
