// The machine code of every template for processors, on AVX2 and AVX-512: inner loops neither gather nor spill.
#include "schedules/core/Registry.h"
#include "test/schedules/conv/Assembly.h"
#include "test/schedules/conv/ConvKernels.h"
#include "test/schedules/conv/MatmulKernels.h"
#include "tools/dev/kernel/Tensors.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <set>

using namespace convoy;
using namespace convoy::test;

namespace {

struct Machine {
  const char *name, *target;

  friend void PrintTo(const Machine &machine, std::ostream *out) { *out << machine.name; }
};
const Machine machines[] = {
    {"avx2", "x86-64-linux-avx-avx2-f16c-fma-sse41"},
    {"avx512", "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41"},
    {"zen4", "x86-64-linux-avx-avx2-avx512-avx512_cannonlake-avx512_skylake-avx512_zen4-f16c-fma-sse41"}};

struct Case {
  std::string name;
  proto::Kernel kernel;
};

/// Templates whose inner loops spill, how many of a loop's vector instructions at most, and why.
struct Known {
  const char *templateName, *machine; ///< Machine empty: all with AVX-512.
  int percent;
  const char *reason;
};
const Known known[] = {
    {"conv_depthwise", "avx2", 27, "sums, taps and a row of inputs are more than 16 registers"},
    {"conv_depthwise", "", 1, "bytes widened for vpmaddwd hold two halves of each input"},
    {"block", "avx2", 40, "sums, taps and a row of inputs are more than 16 registers"},
    {"conv_transposed", "avx2", 22, "the phases of a tile have sums of their own"},
    {"conv_transposed", "", 5, "halves are widened beside 30 sums"},
    {"conv_winograd", "avx2", 33, "a transform turns 36 points at once"},
    {"conv_winograd", "", 13, "a transform turns 36 points at once"},
    {"conv_winograd_blocks", "avx2", 40, "a transform turns 36 points at once"},
    {"conv_winograd_blocks", "", 40, "a transform turns 36 points at once"},
    {"resize_rows", "avx2", 60, "in row-major images neighbours are shuffled out of whole loads"},
    {"resize_rows", "", 30, "in row-major images neighbours are shuffled out of whole loads"},
    {"transpose_tiles", "avx2", 32, "turning a tile takes all registers"},
    {"transpose_tiles", "", 19, "turning a tile takes all registers"},
    {"softmax", "avx2", 3, "exp needs 14 registers"},
    {"stream", "avx2", 3, "indices and weights of two neighbours along a row"},
    {"stream", "", 4, "16 neighbours of a bicubic window and their weights"},
    {"conv_direct", "", 2, "one store of the epilogue, outside of the sum"},
};

proto::Target parsed(const Machine &machine) {
  Result<proto::Target> target = schedules::parseTarget(machine.target);
  EXPECT_TRUE(bool(target)) << target.error();
  return *target;
}

ConvSpec image(int64_t in, int64_t out, int64_t window, const Machine &machine) {
  ConvSpec spec;
  spec.in = in, spec.out = out, spec.extents = {28, 28}, spec.window = {window, window}, spec.target = machine.target;
  spec.pads.assign(4, window / 2);
  return spec;
}

/// Convolutions of a type, one for each template that takes it.
std::vector<std::pair<std::string, ConvSpec>> convolutions(proto::DataType type, const Machine &machine) {
  std::vector<std::pair<std::string, ConvSpec>> specs;
  auto add = [&](const char *templateName, ConvSpec spec) {
    spec.type = type, spec.onlyTemplate = templateName;
    if (type == proto::U8 || type == proto::I8)
      spec.scaled = "requantize", spec.result = type;
    else if (type == proto::BF16)
      spec.result = type;
    specs.emplace_back(std::string(templateName) + " " + proto::DataType_Name(type), spec);
  };
  add("conv_direct", image(64, 64, 3, machine));
  add("conv_direct", image(64, 96, 1, machine));
  ConvSpec depthwise = image(64, 64, 3, machine);
  depthwise.groups = 64;
  add("conv_depthwise", depthwise);
  ConvSpec transposed = image(32, 64, 4, machine);
  transposed.transposed = true, transposed.strides = {2, 2}, transposed.pads = {1, 1, 1, 1};
  add("conv_transposed", transposed);
  if (type == proto::F32)
    add("conv_winograd", image(64, 64, 3, machine));
  return specs;
}

void addProducts(const Machine &machine, std::vector<Case> &cases) {
  for (proto::DataType type : {proto::F32, proto::BF16, proto::U8, proto::I8}) {
    for (const auto &[name, spec] : convolutions(type, machine)) {
      Result<proto::Kernel> kernel = convKernel(spec);
      ASSERT_TRUE(bool(kernel)) << name << ": " << kernel.error();
      cases.push_back({name, *kernel});
    }
    MatmulSpec product{{28, 96}, {96, 128}};
    product.type = type, product.target = machine.target;
    Result<proto::Kernel> kernel = matmulKernel(product);
    ASSERT_TRUE(bool(kernel)) << kernel.error();
    cases.push_back({"matmul " + proto::DataType_Name(type), *kernel});
  }
}

/// The kernels of test/schedules/kernels, by each template that fits them.
void addKernels(const Machine &machine, std::vector<Case> &cases) {
  for (const std::string &path : dev::kernelFiles(CONVOY_SOURCE_DIR "/test/schedules/kernels")) {
    Result<proto::Kernel> kernel = dev::readKernel(path);
    ASSERT_TRUE(bool(kernel)) << path << ": " << kernel.error();
    *kernel->mutable_target() = parsed(machine);
    Result<std::vector<proto::Schedule>> found = schedules::candidates(*kernel);
    ASSERT_TRUE(bool(found)) << path << ": " << found.error();
    std::set<std::string> seen;
    for (const proto::Schedule &schedule : *found)
      if (schedule.template_name() != "plain" && seen.insert(schedule.template_name()).second) {
        *kernel->mutable_schedule() = schedule;
        cases.push_back({std::filesystem::path(path).stem().string(), *kernel});
      }
  }
}

int percentOf(const std::string &templateName, const Machine &machine) {
  for (const Known &entry : known)
    if (templateName == entry.templateName &&
        (entry.machine[0] ? machine.name == std::string(entry.machine) : machine.name != std::string("avx2")))
      return entry.percent;
  return 0;
}

void scan(const Case &tested, const Machine &machine) {
  schedules::CompileOptions options;
  options.assembly = true;
  Result<schedules::CompiledKernel> compiled = schedules::compile(tested.kernel, options);
  ASSERT_TRUE(bool(compiled)) << tested.name << ": " << compiled.error();
  const int percent = percentOf(tested.kernel.schedule().template_name(), machine);
  for (const InnerLoop &loop : vectorLoops(compiled->assembly)) {
    const std::string where = tested.name + " by " + tested.kernel.schedule().ShortDebugString() + "\n";
    EXPECT_EQ(loop.gathers, 0) << where << loop.text;
    EXPECT_LE(100 * loop.spills, percent * loop.vectors) << where << loop.text;
  }
}

class Assembly : public testing::TestWithParam<Machine> {};

TEST_P(Assembly, InnerLoopsOfEveryTemplateStayInRegisters) {
  std::vector<Case> cases;
  addProducts(GetParam(), cases);
  addKernels(GetParam(), cases);
  std::set<std::string> scanned;
  for (const Case &tested : cases) {
    scan(tested, GetParam());
    scanned.insert(tested.kernel.schedule().template_name());
  }
  for (const auto &entry : schedules::registry().templates)
    if (!entry->onGpu() && entry->name() != "plain")
      EXPECT_TRUE(scanned.count(entry->name())) << "no kernel in here is computed by " << entry->name();
}

INSTANTIATE_TEST_SUITE_P(Machines, Assembly, testing::ValuesIn(machines),
                         [](const auto &info) { return info.param.name; });

/// The scan finds what it looks for.
TEST(AssemblyScan, SeesGathersAndSpills) {
  const char *const loop =
      ".LBB0_1:\n\tvgatherdps\t(%rax,%zmm1,4), %zmm2 {%k1}\n\tvmovups\t%zmm2, 64(%rsp)  # 64-byte Spill\n"
      "\tvaddps\t%zmm2, %zmm3, %zmm3\n\tjne\t.LBB0_1\n";
  std::vector<InnerLoop> loops = vectorLoops(loop);
  ASSERT_EQ(loops.size(), 1u);
  EXPECT_EQ(loops[0].gathers, 1);
  EXPECT_EQ(loops[0].spills, 1);
  EXPECT_EQ(loops[0].vectors, 3);
  EXPECT_TRUE(innerLoops(loop).empty());
}

} // namespace
