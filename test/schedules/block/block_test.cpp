// Template `block`: what it computes, which chains it takes, when it pays, and what its inner loops are made of.
#include "schedules/block/Block.h"
#include "test/schedules/block/ChainKernels.h"
#include "test/schedules/conv/Assembly.h"
#include "tools/dev/kernel/Tensors.h"

#include <gtest/gtest.h>
#include <random>

namespace convoy::test {

namespace {

std::vector<proto::Schedule> blocks(const proto::Kernel &kernel) {
  Result<std::vector<proto::Schedule>> found = schedules::candidates(kernel);
  EXPECT_TRUE(bool(found)) << found.error();
  std::vector<proto::Schedule> schedules;
  for (const proto::Schedule &schedule : *found)
    if (schedule.template_name() == "block")
      schedules.push_back(schedule);
  return schedules;
}

std::vector<std::string> randomInputs(const proto::Kernel &kernel, const dev::Symbols &symbols) {
  std::vector<std::string> inputs;
  for (int i = 0; i < kernel.inputs_size(); ++i)
    inputs.push_back(dev::randomDense(kernel.tensors(kernel.inputs(i)), symbols, uint64_t(i) + 3));
  return inputs;
}

/// Modules allocate nothing whose size is not known when compiled.
void expectCompiles(const proto::Kernel &scheduled) {
  Result<schedules::CompiledKernel> compiled = schedules::compile(scheduled);
  EXPECT_TRUE(bool(compiled)) << compiled.error() << "\n" << scheduled.schedule().ShortDebugString();
}

/// The result of the kernel with that schedule; empty where it failed.
std::string run(const proto::Kernel &kernel, const proto::Schedule &schedule, const dev::Symbols &symbols = {}) {
  Result<proto::Kernel> scheduled = laidOut(kernel, schedule);
  EXPECT_TRUE(bool(scheduled)) << scheduled.error();
  if (!scheduled)
    return {};
  if (schedule.template_name() == "block")
    expectCompiles(*scheduled);
  Result<std::vector<std::string>> results = dev::runDense(*scheduled, randomInputs(kernel, symbols), symbols);
  EXPECT_TRUE(bool(results)) << results.error() << "\n" << schedule.ShortDebugString();
  return results ? results->front() : std::string();
}

/// The best `most` candidates agree with the plain schedule.
void expectRight(const ChainSpec &spec, size_t most = 1) {
  Result<proto::Kernel> kernel = chainKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  const dev::Symbols symbols = spec.symbolicBatch ? dev::Symbols{{1, spec.batch}} : dev::Symbols{};
  std::vector<proto::Schedule> schedules = blocks(*kernel);
  ASSERT_FALSE(schedules.empty()) << spec.text();
  schedules.resize(std::min(most, schedules.size()));
  proto::Schedule plain;
  plain.set_template_name("plain");
  const std::string expected = run(*kernel, plain, symbols);
  for (const proto::Schedule &schedule : schedules) {
    const dev::Difference difference = dev::compare(proto::F32, run(*kernel, schedule, symbols), expected);
    EXPECT_EQ(difference.unlike, 0) << spec.text() << "\n" << schedule.ShortDebugString();
    EXPECT_LE(difference.relative(), 1e-5) << spec.text() << "\n" << schedule.ShortDebugString();
  }
}

ChainSpec randomSpec(std::mt19937 &random) {
  auto between = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  auto one = [&](int64_t of) { return between(1, of) == 1; };
  ChainSpec spec;
  spec.batch = one(3) ? between(2, 3) : 1;
  spec.in = between(1, 40), spec.hidden = between(2, 90), spec.out = between(1, 70);
  spec.height = between(9, 20), spec.width = between(9, 24);
  spec.expand = !one(3);
  spec.project = !spec.expand || !one(3);
  spec.expandWindow = one(4) ? 3 : 1;
  for (int axis = 0; axis < 2; ++axis) {
    spec.window[axis] = between(1, 4);
    spec.strides[axis] = one(3) ? 2 : 1;
    spec.dilations[axis] = one(5) ? 2 : 1;
    const int64_t reach = (spec.window[axis] - 1) * spec.dilations[axis];
    spec.pads[axis] = between(0, reach), spec.pads[2 + axis] = between(0, reach);
  }
  const std::vector<int64_t> strip = spec.stripExtents();
  spec.residual = spec.expand && spec.project && one(2) && strip == std::vector<int64_t>{spec.height, spec.width};
  if (spec.residual)
    spec.out = spec.in;
  spec.bias = !one(4), spec.halo = !one(3), spec.padChannels = !one(4), spec.sharedOutput = one(5);
  spec.symbolicBatch = one(5);
  static const char *const activations[] = {"", "relu", "swish"};
  spec.activation = activations[between(0, 2)];
  return spec;
}

ChainSpec invertedResidual(int64_t batch, int64_t channels, int64_t hidden, int64_t extent) {
  ChainSpec spec;
  spec.batch = batch, spec.in = spec.out = channels, spec.hidden = hidden, spec.height = spec.width = extent;
  spec.residual = true;
  return spec;
}

} // namespace

TEST(Block, RandomChainsAgreeWithPlain) {
  for (unsigned seed = 1; seed <= 14; ++seed) {
    std::mt19937 random(seed);
    ChainSpec spec = randomSpec(random);
    const std::vector<int64_t> strip = spec.stripExtents();
    if (strip[0] * strip[1] < 32)
      spec.strides = {1, 1}, spec.residual = false;
    SCOPED_TRACE("seed " + std::to_string(seed));
    expectRight(spec);
  }
}

TEST(Block, AllCandidatesAgreeWithPlain) { expectRight(invertedResidual(2, 24, 72, 20), 4); }

TEST(Block, ManyStripsSlideOverOneImage) {
  for (int64_t stride : {1, 2}) {
    ChainSpec spec;
    spec.batch = 4, spec.height = 48, spec.width = 16, spec.strides = {stride, stride};
    expectRight(spec);
  }
}

TEST(Block, TasksChangeNoBit) {
  ChainSpec spec = invertedResidual(1, 24, 72, 16);
  spec.window = {5, 5}, spec.pads = {2, 2, 2, 2};
  Result<proto::Kernel> kernel = chainKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  proto::Schedule schedule = blocks(*kernel).front();
  auto &knobs = *schedule.mutable_knobs();
  knobs["rows"] = 2, knobs["patch"] = 2, knobs["groups"] = 1;
  const std::string whole = run(*kernel, schedule);
  for (int64_t groups : {2, 4, 8}) {
    knobs["groups"] = groups;
    EXPECT_TRUE(run(*kernel, schedule) == whole) << groups;
  }
}

TEST(Block, TakesChainsAlone) {
  ChainSpec spec = invertedResidual(1, 16, 32, 14);
  Result<proto::Kernel> kernel = chainKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_FALSE(blocks(*kernel).empty());
  proto::Kernel grouped = *kernel;
  (*grouped.mutable_ops(2)->mutable_attributes())["groups"].set_ints(0, 1);
  grouped.mutable_tensors(grouped.ops(2).inputs(1))->mutable_dims(1)->set_extent(32);
  EXPECT_TRUE(blocks(grouped).empty()) << "the second convolution is not depthwise";
  proto::Kernel skipped = *kernel;
  skipped.mutable_ops(skipped.ops_size() - 1)->set_inputs(1, skipped.ops(0).outputs(0));
  EXPECT_TRUE(blocks(skipped).empty()) << "a result inside of the chain is read again behind it";
}

TEST(Block, PaysWhereCachesAreTooSmall) {
  auto pays = [](const ChainSpec &spec) {
    Result<proto::Kernel> kernel = chainKernel(spec);
    EXPECT_TRUE(bool(kernel)) << kernel.error();
    kernel->mutable_target()->set_l3_bytes(32 << 20);
    kernel->mutable_target()->set_cores(2);
    return schedules::blockPays(*kernel);
  };
  EXPECT_TRUE(pays(invertedResidual(8, 24, 144, 56)));
  EXPECT_FALSE(pays(invertedResidual(1, 24, 144, 56)));
  EXPECT_FALSE(pays(invertedResidual(8, 96, 576, 7)));
}

TEST(Block, InnerLoopsStayInRegisters) {
  ChainSpec spec = invertedResidual(1, 24, 144, 56);
  spec.target = "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41";
  for (int64_t stride : {1, 2}) {
    spec.strides = {stride, stride}, spec.residual = stride == 1;
    Result<proto::Kernel> kernel = chainKernel(spec);
    ASSERT_TRUE(bool(kernel)) << kernel.error();
    Result<proto::Kernel> scheduled = laidOut(*kernel, blocks(*kernel).front());
    ASSERT_TRUE(bool(scheduled)) << scheduled.error();
    schedules::CompileOptions options;
    options.assembly = true;
    Result<schedules::CompiledKernel> compiled = schedules::compile(*scheduled, options);
    ASSERT_TRUE(bool(compiled)) << compiled.error() << "\n" << scheduled->schedule().ShortDebugString();
    int loops = 0;
    for (const InnerLoop &loop : innerLoops(compiled->assembly)) {
      EXPECT_EQ(loop.gathers, 0) << loop.text;
      EXPECT_EQ(loop.spills, 0) << loop.text;
      EXPECT_GE(loop.multiplyAdds, 8) << loop.text;
      ++loops;
    }
    EXPECT_GE(loops, 3) << "one per convolution";
    // Rows of 144 channels and two columns of zeros: a window of 16 rows at most, and a strip.
    EXPECT_LE(compiled->scratchBytes + compiled->serialScratchBytes, (16 * 58 + 8 * 56) * 144 * 4 + 4096);
  }
}

} // namespace convoy::test
