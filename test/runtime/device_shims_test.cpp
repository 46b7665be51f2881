// What kernels for CUDA and the programs around them call in runtime/ops/device.c, over a device that writes down what
// it is asked.
#include "runtime/ops/entry.h"

#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

extern "C" {
int halide_cuda_initialize_kernels(void *context, void **state, const char *image, int bytes);
void halide_cuda_finalize_kernels(void *context, void *state);
int halide_cuda_run(void *context, void *state, const char *entry, int bx, int by, int bz, int tx, int ty, int tz,
                    int shared, const size_t *sizes, void **arguments, const int8_t *is_buffer);
int halide_device_malloc(void *context, convoy_halide_buffer *buffer, const void *interface);
int halide_device_free(void *context, convoy_halide_buffer *buffer);
void halide_device_free_as_destructor(void *context, void *buffer);
int halide_copy_to_device(void *context, convoy_halide_buffer *buffer, const void *interface);
const void *halide_cuda_device_interface(void);
}

namespace {

struct Launched {
  std::string entry, image, cubin;
  int32_t capability;
  std::array<uint32_t, 6> grid;
  uint32_t shared;
  uint64_t address;
  int32_t scalar;
};

/// A device without memory: addresses are numbers.
struct Device {
  convoy_device_functions functions = {sizeof functions, launch, copy, synchronize};
  convoy_context context = {};
  alignas(256) char scratch[1024];
  std::vector<Launched> launched;
  std::vector<std::string> messages;
  int synchronized = 0, copied = 0, answer = 0;

  Device() {
    context.size = sizeof context;
    context.user = this;
    context.device = &functions;
    context.device_scratch = scratch;
    context.device_scratch_bytes = sizeof scratch;
    context.error = [](convoy_context *c, const char *message) { of(c).messages.push_back(message); };
  }
  static Device &of(convoy_context *context) { return *static_cast<Device *>(context->user); }

  static int launch(convoy_context *context, const convoy_device_launch *l) {
    Launched seen = {l->entry,
                     static_cast<const char *>(l->image),
                     l->cubin ? static_cast<const char *>(l->cubin) : "",
                     l->cubin_capability,
                     {l->blocks[0], l->blocks[1], l->blocks[2], l->threads[0], l->threads[1], l->threads[2]},
                     l->shared_bytes,
                     *static_cast<uint64_t *>(l->arguments[0]),
                     *static_cast<int32_t *>(l->arguments[1])};
    EXPECT_EQ(l->arguments[2], nullptr);
    of(context).launched.push_back(seen);
    return of(context).answer;
  }
  static int copy(convoy_context *context, void *to, convoy_device, const void *from, convoy_device, size_t bytes) {
    ++of(context).copied;
    std::memcpy(to, from, bytes);
    return of(context).answer;
  }
  static int synchronize(convoy_context *context) {
    ++of(context).synchronized;
    return of(context).answer;
  }

  /// A launch with a buffer and a number.
  int run(void *state, int blocks = 2) {
    convoy_halide_buffer buffer = {};
    buffer.device = 0x7000;
    int32_t number = 42;
    void *arguments[] = {&buffer, &number, nullptr};
    const size_t sizes[] = {8, 4, 0};
    const int8_t isBuffer[] = {1, 0, 0};
    return halide_cuda_run(&context, state, "entry", blocks, 3, 4, 5, 6, 7, 8, sizes, arguments, isBuffer);
  }
};

/// A buffer of floats, innermost dimension first.
struct Buffer {
  explicit Buffer(std::vector<int32_t> extents) {
    int32_t stride = 1;
    for (int32_t extent : extents) {
      axes.push_back({0, extent, stride, 0});
      stride *= extent;
    }
    buffer.type_bits = 32;
    buffer.type_lanes = 1;
    buffer.dimensions = static_cast<int32_t>(axes.size());
    buffer.dim = axes.data();
  }
  std::vector<convoy_halide_axis> axes;
  convoy_halide_buffer buffer = {};
};

TEST(DeviceShims, LaunchesWithAddressesAndScalars) {
  Device device;
  void *state = nullptr;
  EXPECT_EQ(halide_cuda_initialize_kernels(&device.context, &state, "ptx text", 9), 0);
  EXPECT_EQ(device.run(state), 0);
  ASSERT_EQ(device.launched.size(), 1u);
  const Launched &launched = device.launched[0];
  EXPECT_EQ(launched.entry, "entry");
  EXPECT_EQ(launched.image, "ptx text");
  EXPECT_EQ(launched.cubin, "");
  EXPECT_EQ(launched.grid, (std::array<uint32_t, 6>{2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(launched.shared, 8u);
  EXPECT_EQ(launched.address, 0x7000u);
  EXPECT_EQ(launched.scalar, 42);
}

TEST(DeviceShims, FindsTheCubinBesideThePtx) {
  struct {
    convoy_device_image header;
    char ptx[8], cubin[8];
  } code = {{CONVOY_DEVICE_IMAGE, 86, sizeof(convoy_device_image), sizeof(convoy_device_image) + 8}, "ptx", "cubin"};
  Device device;
  void *state = nullptr;
  halide_cuda_initialize_kernels(&device.context, &state, reinterpret_cast<const char *>(&code), sizeof code);
  EXPECT_EQ(device.run(state), 0);
  ASSERT_EQ(device.launched.size(), 1u);
  EXPECT_EQ(device.launched[0].image, "ptx");
  EXPECT_EQ(device.launched[0].cubin, "cubin");
  EXPECT_EQ(device.launched[0].capability, 86);
}

TEST(DeviceShims, NothingIsLaunchedOnNoBlocks) {
  Device device;
  EXPECT_EQ(device.run(const_cast<char *>("ptx"), 0), 0);
  EXPECT_TRUE(device.launched.empty());
}

TEST(DeviceShims, TheFirstFailureStays) {
  Device device;
  device.answer = CONVOY_DEVICE_FAILED;
  EXPECT_EQ(device.run(const_cast<char *>("ptx")), CONVOY_DEVICE_FAILED);
  device.answer = 0;
  EXPECT_EQ(device.run(const_cast<char *>("ptx")), CONVOY_DEVICE_FAILED);
  EXPECT_EQ(device.launched.size(), 1u);
  EXPECT_EQ(convoy_device_status(&device.context, 0), CONVOY_DEVICE_FAILED);
  EXPECT_EQ(convoy_device_status(&device.context, CONVOY_KERNEL_FAILED), CONVOY_KERNEL_FAILED);
}

TEST(DeviceShims, IntermediatesLieBesideEachOtherInScratch) {
  Device device;
  Buffer a({4, 4, 5}), b({1}); // 320 bytes, 4 bytes
  EXPECT_EQ(halide_device_malloc(&device.context, &a.buffer, halide_cuda_device_interface()), 0);
  EXPECT_EQ(halide_device_malloc(&device.context, &b.buffer, nullptr), 0);
  auto base = reinterpret_cast<uintptr_t>(device.scratch);
  EXPECT_EQ(a.buffer.device, base);
  EXPECT_EQ(b.buffer.device, base + 512);
  EXPECT_EQ(device.context.device_scratch_used, 768u);
  EXPECT_EQ(halide_copy_to_device(&device.context, &a.buffer, nullptr), 0);
  EXPECT_EQ(halide_device_free(&device.context, &a.buffer), 0);
  halide_device_free_as_destructor(&device.context, &b.buffer);
  EXPECT_EQ(a.buffer.device, 0u);
  EXPECT_EQ(b.buffer.device, 0u);
  halide_cuda_finalize_kernels(&device.context, nullptr);
  EXPECT_EQ(device.context.device_scratch_used, 0u);
  EXPECT_TRUE(device.messages.empty());
}

TEST(DeviceShims, ArgumentsKeepTheirPlace) {
  Device device;
  Buffer argument({1000, 1000});
  argument.buffer.device = 0x9000;
  EXPECT_EQ(halide_device_malloc(&device.context, &argument.buffer, nullptr), 0);
  EXPECT_EQ(argument.buffer.device, 0x9000u);
  EXPECT_EQ(device.context.device_scratch_used, 0u);
}

TEST(DeviceShims, TooSmallScratchFailsTheKernel) {
  Device device;
  Buffer all({256}), more({1});
  EXPECT_EQ(halide_device_malloc(&device.context, &all.buffer, nullptr), 0);
  EXPECT_EQ(halide_device_malloc(&device.context, &more.buffer, nullptr), CONVOY_KERNEL_FAILED);
  EXPECT_EQ(more.buffer.device, 0u);
  EXPECT_EQ(device.messages.size(), 1u);
  EXPECT_EQ(device.run(const_cast<char *>("ptx")), CONVOY_KERNEL_FAILED);
  EXPECT_TRUE(device.launched.empty());
}

TEST(DeviceShims, BuffersOfTheHostFailTheKernel) {
  Device device;
  Buffer buffer({1});
  EXPECT_EQ(halide_copy_to_device(&device.context, &buffer.buffer, nullptr), CONVOY_KERNEL_FAILED);
  EXPECT_EQ(device.messages.size(), 1u);
}

TEST(DeviceEntry, CopiesAndSynchronizes) {
  Device device;
  int from = 7, to = 0;
  EXPECT_EQ(convoy_device_copy(&device.context, &to, CONVOY_CUDA, &from, CONVOY_HOST, sizeof to), CONVOY_OK);
  EXPECT_EQ(to, 7);
  EXPECT_EQ(convoy_device_copy(&device.context, nullptr, CONVOY_CUDA, nullptr, CONVOY_HOST, 0), CONVOY_OK);
  EXPECT_EQ(device.copied, 1);
  EXPECT_EQ(convoy_device_synchronize(&device.context), CONVOY_OK);
  EXPECT_EQ(device.synchronized, 1);
}

TEST(DeviceEntry, TakesACompleteContext) {
  Device device;
  convoy_module module = {};
  module.weight_bytes = 4;
  module.device_scratch_bytes = 512;
  device.context.device_weights = device.scratch;
  device.context.host_arena = device.scratch;
  device.context.device_status = 3;
  device.context.device_scratch_used = 5;
  EXPECT_EQ(convoy_check_device(&device.context, &module, 64), CONVOY_OK);
  EXPECT_EQ(device.context.device_status, 0);
  EXPECT_EQ(device.context.device_scratch_used, 0u);
  EXPECT_EQ(device.context.device_scratch_bytes, 512u);
}

TEST(DeviceEntry, RefusesWhatIsMissing) {
  convoy_module module = {};
  module.name = "net";
  module.weight_bytes = 4;
  module.device_scratch_bytes = 512;
  auto refused = [&](auto change) {
    Device device;
    device.context.device_weights = device.context.host_arena = device.scratch;
    change(device);
    EXPECT_EQ(convoy_check_device(&device.context, &module, 64), CONVOY_INVALID_ARGUMENT);
    return device.messages.size() == 1 ? device.messages[0] : "";
  };
  EXPECT_EQ(refused([](Device &d) { d.context.device = nullptr; }), "the context has no device for 'net'");
  EXPECT_EQ(refused([](Device &d) { d.functions.copy = nullptr; }), "the context has no device for 'net'");
  EXPECT_EQ(refused([](Device &d) { d.functions.size = 8; }), "the context has no device for 'net'");
  EXPECT_EQ(refused([](Device &d) { d.context.device_weights = nullptr; }),
            "the weights of 'net' are not on the device");
  EXPECT_EQ(refused([](Device &d) { d.context.device_scratch = d.scratch + 1; }),
            "the context needs aligned scratch on the device of 512 bytes");
  EXPECT_EQ(refused([](Device &d) { d.context.host_arena = nullptr; }),
            "the context needs an aligned arena on the host of 64 bytes");
}

TEST(DeviceEntry, ShowsResultsWhereTheyLie) {
  Device device;
  static convoy_tensor shown;
  device.context.observe = [](convoy_context *, int32_t, const convoy_tensor *result) { shown = *result; };
  Buffer buffer({4, 2});
  buffer.buffer.device = 0x5000;
  convoy_after_launch(&device.context, 0, &buffer.buffer, CONVOY_F32);
  EXPECT_EQ(shown.device, CONVOY_CUDA);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(shown.data), 0x5000u);
  EXPECT_EQ(shown.dims[0], 2);
  EXPECT_EQ(shown.strides[0], 4);
}

} // namespace
