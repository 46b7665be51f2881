// Programs for a device around a kernel written by hand, which doubles six numbers.
#include "test/compiler/Emit/modules.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace convoy;
using namespace convoy::compiler;
using namespace convoy::compiler::test;

namespace {

/// y = 2 prepared, where prepared = 2 weights; x is copied to the device and of no use there.
const char *const text = R"(
  name: "twice" target { halide: "x86-64-linux-cuda-cuda_capability_80" gpu { capability: 90 } }
  inputs { name: "x" type: F32 dims { constant: 6 } }
  outputs { name: "y" type: F32 dims { constant: 6 } }
  kernels { target { gpu { capability: 90 } }
    tensors { type: F32 dims { extent: 6 } } tensors { type: F32 dims { extent: 6 } }
    inputs: 0 outputs: 1 debug { symbol: "convoy_kernel_device" } }
  buffers { name: "x" space: INPUT type: F32 dims { constant: 6 } }
  buffers { name: "x" space: ARENA type: F32 dims { constant: 6 } }
  buffers { name: "w" space: WEIGHTS type: F32 dims { constant: 6 } }
  buffers { name: "p" space: PREPARED offset { constant: 64 } type: F32 dims { constant: 6 } }
  buffers { name: "y" space: ARENA offset { constant: 64 } type: F32 dims { constant: 6 } }
  buffers { name: "y" space: OUTPUT type: F32 dims { constant: 6 } }
  prepare_steps { launch { kernel: 0 buffers: [2, 3] layers: "once" } }
  steps { copy { from: 0 to: 1 } }
  steps { launch { kernel: 0 buffers: [3, 4] layers: "double" } }
  steps { copy { from: 4 to: 5 } }
  arena_bytes { constant: 128 } prepared_bytes: 128)";

class EmitForDevice : public ::testing::Test {
protected:
  EmitForDevice() {
    proto::Program program = parse(text);
    setWeights(program, folder.file("weights"), {1, 2, 3, 4, 5, 6});
    ObjectSet objects;
    objects.add("convoy_kernel_device", readFile(std::string(KERNELS) + "/convoy_kernel_device.o"));
    Status done = emitPackage(program, objects, folder.file("weights"), folder.file("module.so"));
    EXPECT_TRUE(done) << done.error();
    module = std::make_unique<Library>(folder.file("module.so"));
    functions.size = sizeof functions;
    functions.launch = [](convoy_context *c, const convoy_device_launch *launch) {
      auto **arguments = reinterpret_cast<float ***>(launch->arguments);
      for (int i = 0; i < 6; ++i)
        (*arguments[1])[i] = 2 * (*arguments[0])[i];
      return c->host_arena ? static_cast<int>(CONVOY_DEVICE_FAILED) : 0; // as the test wants
    };
    functions.copy = [](convoy_context *c, void *to, convoy_device, const void *from, convoy_device, size_t bytes) {
      std::memcpy(to, from, bytes);
      return c->grow ? static_cast<int>(CONVOY_OUT_OF_MEMORY) : 0; // as the test wants
    };
    functions.synchronize = [](convoy_context *) { return 0; };
    context.context.device = &functions;
    context.context.device_weights = deviceWeights;
  }

  int32_t run() { return (*module)->run(&context.context, &x.tensor, &y.tensor, arena, sizeof arena, prepared); }

  Folder folder;
  std::unique_ptr<Library> module;
  Context context;
  convoy_device_functions functions{};
  alignas(64) float deviceWeights[6] = {10, 20, 30, 40, 50, 60}; ///< Not those of the module, to be told from them.
  alignas(64) char prepared[128] = {}, arena[128] = {};
  Tensor x{{6}, {7, 7, 7, 7, 7, 7}}, y{{6}};
};

TEST_F(EmitForDevice, PreparesAndRunsInTheDevicesMemory) {
  EXPECT_EQ((*module)->device, CONVOY_CUDA);
  EXPECT_EQ((*module)->device_capability, 80);
  ASSERT_NE((*module)->prepare, nullptr);
  ASSERT_EQ((*module)->prepare(&context.context, prepared), CONVOY_OK);
  EXPECT_EQ(reinterpret_cast<float *>(prepared + 64)[5], 120);
  ASSERT_EQ(run(), CONVOY_OK);
  EXPECT_EQ(y.elements, (std::vector<float>{40, 80, 120, 160, 200, 240}));
  EXPECT_EQ(reinterpret_cast<float *>(arena)[0], 7);
}

TEST_F(EmitForDevice, LaunchesThatFailEndPrepareAndRun) {
  context.context.host_arena = arena;
  EXPECT_EQ((*module)->prepare(&context.context, prepared), CONVOY_DEVICE_FAILED);
  EXPECT_EQ(run(), CONVOY_DEVICE_FAILED);
  EXPECT_EQ(context.messages, (std::vector<std::string>{"layer 'double' failed with code 9"}));
}

TEST_F(EmitForDevice, CopiesThatFailEndTheRun) {
  context.context.grow = [](convoy_context *, size_t) -> void * { return nullptr; };
  EXPECT_EQ(run(), CONVOY_OUT_OF_MEMORY);
  EXPECT_EQ(context.messages, std::vector<std::string>());
}

TEST_F(EmitForDevice, WithoutADeviceNothingIsPrepared) {
  context.context.device = nullptr;
  EXPECT_EQ((*module)->prepare(&context.context, prepared), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(context.messages, (std::vector<std::string>{"the context has no device for 'twice'"}));
}

TEST_F(EmitForDevice, OutputsNeedData) {
  y.tensor.data = nullptr;
  EXPECT_EQ(run(), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(context.messages.back(), "output 'y' has no data");
}

} // namespace
