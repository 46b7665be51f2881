// The PTX of the layers of whole networks: what the inner loops are made of, and what ptxas makes of them.
#include "test/gpu/conv/Layers.h"
#include "test/gpu/conv/Ptx.h"

#include <gtest/gtest.h>
#include <sstream>

namespace convoy::test {

namespace {

std::string describe(const ConvSpec &spec) {
  std::ostringstream text;
  text << spec.in << ">" << spec.out << " " << spec.window[0] << "x" << spec.window[1] << "/" << spec.strides[0] << " @"
       << spec.extents[1] << (spec.groups > 1 ? " g" + std::to_string(spec.groups) : "");
  return text.str();
}

std::string knobs(const proto::Schedule &schedule) {
  std::string text;
  for (const char *name :
       {"vectors", "pixels", "rows", "threads_c", "threads_x", "threads_y", "chunk", "split", "outputs"})
    if (auto found = schedule.knobs().find(name); found != schedule.knobs().end())
      text += (text.empty() ? "" : ",") + std::to_string(found->second);
  return text;
}

void checkCounts(const PtxCounts &counts, const ConvSpec &spec, const proto::Schedule &schedule) {
  EXPECT_EQ(counts.local, 0);
  if (spec.type == proto::U8)
    EXPECT_NE(schedule.template_name(), "gpu_plain");
  if (schedule.template_name() != "gpu_conv_direct")
    return;
  EXPECT_EQ(counts.wideSharedLoads, counts.sharedLoads) << "a shared load of less than 16 bytes";
  // One pixel reads each weight once: memory is its limit.
  if (spec.outExtents() != std::vector<int64_t>{1, 1})
    EXPECT_GE(counts.multiplyAdds, 8 * counts.sharedLoads);
  const bool words = spec.type == proto::U8;
  if (spec.type == proto::F32)
    EXPECT_EQ(counts.wideGlobalStores, counts.globalStores);
  if (spec.type == proto::F32 && spec.in % 4 == 0)
    EXPECT_EQ(counts.wideGlobalLoads, counts.globalLoads);
  if (spec.in % (words ? 16 : 4) == 0)
    EXPECT_LE(counts.narrow, words ? 2 : 0); // Zero points.
}

void checkLayer(const ConvSpec &spec) {
  auto kernel = convKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  schedules::CompileOptions options;
  options.loweredStatement = true;
  auto compiled = schedules::compile(*kernel, options);
  ASSERT_TRUE(bool(compiled)) << compiled.error();
  const PtxCounts counts = countPtx(compiled->deviceCode);
  checkCounts(counts, spec, kernel->schedule());
  std::string registers, error;
  int spills = 0;
  for (int capability : {80, 90}) {
    auto entries = assemble(compiled->deviceCode, capability, error);
    ASSERT_TRUE(entries.has_value()) << error;
    for (const Assembled &entry : *entries) {
      registers += " " + std::to_string(entry.registers);
      spills += entry.spillBytes + entry.stackBytes;
    }
    registers += capability == 80 ? " |" : "";
  }
  printf("%-26s %-20s %-24s %-14s %6lld %6d %6.1f\n", describe(spec).c_str(),
         kernel->schedule().template_name().c_str(), knobs(kernel->schedule()).c_str(), registers.c_str(),
         (long long)sharedBytesOf(compiled->statement), spills,
         double(counts.multiplyAdds) / std::max(1, counts.sharedLoads));
  EXPECT_EQ(spills, 0);
}

/// A network whose images are of `type`.
void checkNetwork(const std::string &network, proto::DataType type = proto::F32) {
  if (assemblerPath().empty())
    GTEST_SKIP() << "there is no ptxas (package nvidia-cuda-nvcc-cu12)";
  const std::vector<ConvSpec> layers = layersOf(network, "cuda-sm_80");
  ASSERT_FALSE(layers.empty());
  printf("%-26s %-20s %-24s %-14s %6s %6s %6s\n", "layer", "template", "knobs", "registers", "shared", "spills",
         "fma/ld");
  for (ConvSpec spec : layers) {
    spec.type = spec.result = type;
    if (type == proto::U8)
      spec.scaled = spec.residual ? "quantize" : "requantize", spec.activation = "";
    SCOPED_TRACE(spec.text());
    checkLayer(spec);
  }
}

} // namespace

TEST(GpuPtx, ResNet50) { checkNetwork("resnet50"); }
TEST(GpuPtx, MobileNetV2) { checkNetwork("mobilenet_v2"); }
TEST(GpuPtx, ResNet50OfBytes) { checkNetwork("resnet50", proto::U8); }
TEST(GpuPtx, ResNet50OfHalves) { checkNetwork("resnet50", proto::BF16); }
TEST(GpuPtx, Transposed) { checkNetwork("transposed"); }

/// Batch, height and width that are not known when compiled take nothing from the inner loop.
TEST(GpuPtx, SymbolicExtents) {
  ConvSpec spec;
  spec.in = spec.out = 64, spec.extents = {56, 56}, spec.halo = false, spec.target = "cuda-sm_80";
  spec.symbolic = spec.residual = true;
  auto kernel = convKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  auto compiled = schedules::compile(*kernel);
  ASSERT_TRUE(bool(compiled)) << compiled.error();
  checkCounts(countPtx(compiled->deviceCode), spec, kernel->schedule());
}

/// A kernel whose tile is too large for the registers is told apart: the checks above can fail.
TEST(GpuPtx, SpillsAreSeen) {
  if (assemblerPath().empty())
    GTEST_SKIP() << "there is no ptxas (package nvidia-cuda-nvcc-cu12)";
  ConvSpec spec;
  spec.in = spec.out = 64, spec.extents = {56, 56}, spec.halo = false, spec.target = "cuda-sm_80";
  spec.schedule.set_template_name("gpu_conv_direct");
  auto &knobs = *spec.schedule.mutable_knobs();
  knobs["vectors"] = 4, knobs["pixels"] = 16, knobs["threads_c"] = 4, knobs["threads_y"] = 8, knobs["chunk"] = 8;
  auto kernel = convKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  auto compiled = schedules::compile(*kernel);
  ASSERT_TRUE(bool(compiled)) << compiled.error();
  std::string error;
  auto entries = assemble(compiled->deviceCode, 80, error);
  ASSERT_TRUE(entries.has_value()) << error;
  EXPECT_GT(entries->front().spillBytes, 0);
}

} // namespace convoy::test
