#include "test/schedules/conv/Runs.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

namespace convoy::test {

static std::vector<schedules::HostTensor> hosts(std::vector<Storage> &storages) {
  std::vector<schedules::HostTensor> result;
  for (Storage &storage : storages)
    result.push_back(storage.host());
  return result;
}

std::vector<schedules::HostTensor> Buffers::hostInputs() { return hosts(inputs); }
std::vector<schedules::HostTensor> Buffers::hostOutputs() { return hosts(outputs); }

/// Scales that use the whole range of the result, zero points off the middle.
static void chooseScales(const proto::Kernel &kernel, const ConvSpec &spec, Buffers &buffers) {
  if (spec.scaled.empty())
    return;
  double products = double(spec.in) / double(spec.groups);
  for (int64_t taps : spec.window)
    products *= double(taps);
  // Pairs of a scale and a zero point: a scale per channel for the sums first, then one for bytes.
  for (size_t i = spec.bias ? 3 : 2; i + 1 < buffers.inputs.size(); ++i) {
    const bool perChannel = buffers.inputs[i].extents().size() == spec.extents.size() + 1;
    if (!perChannel && !buffers.inputs[i].extents().empty())
      continue;
    int64_t next = 0;
    const double unit = spec.scaled == "requantize" ? 1 : 0.02;
    buffers.inputs[i].eachIndex([&](const std::vector<int64_t> &index) {
      const double ofSums = unit * (0.7 + 0.013 * double(next++ % 32)) / (90 * std::sqrt(products));
      buffers.inputs[i].set(index, perChannel ? ofSums : 0.017);
    });
    const proto::DataType zero = kernel.tensors(kernel.inputs(int(++i))).type();
    buffers.inputs[i].set({}, zero == proto::U8 ? 117 : zero == proto::I8 ? -9 : 0);
  }
}

Buffers randomBuffers(const proto::Kernel &kernel, const ConvSpec &spec, unsigned seed) {
  std::mt19937 random(seed);
  Buffers buffers;
  for (int input : kernel.inputs()) {
    buffers.inputs.emplace_back(kernel.tensors(input), extentsOf(spec, kernel.tensors(input)));
    buffers.inputs.back().fillRandom(random);
  }
  for (int output : kernel.outputs())
    buffers.outputs.emplace_back(kernel.tensors(output), extentsOf(spec, kernel.tensors(output)));
  chooseScales(kernel, spec, buffers);
  return buffers;
}

Verdict checkConv(const ConvSpec &spec, const std::string &wantedTemplate, unsigned seed) {
  ConvSpec chosen = spec;
  chosen.onlyTemplate = wantedTemplate;
  auto kernel = convKernel(chosen);
  if (!kernel)
    return {-1, kernel.error()};
  if (!wantedTemplate.empty() && kernel->schedule().template_name() != wantedTemplate)
    return {-1, "template " + kernel->schedule().template_name()};
  auto loaded = schedules::load(*kernel);
  if (!loaded)
    return {-1, loaded.error()};
  Buffers buffers = randomBuffers(*kernel, spec, seed);
  if (auto ran = (*loaded)->run(buffers.hostInputs(), buffers.hostOutputs()); !ran)
    return {-1, ran.error()};
  const std::vector<double> expected = convReference(spec, buffers.inputs);
  double largest = 1e-3, difference = 0;
  size_t next = 0;
  buffers.outputs[0].eachIndex([&](const std::vector<int64_t> &index) {
    largest = std::max(largest, std::abs(expected[next]));
    const double distance = std::abs(buffers.outputs[0].value(index) - expected[next++]);
    difference = std::isnan(distance) ? HUGE_VAL : std::max(difference, distance);
  });
  if (const int64_t touched = buffers.outputs[0].strayWrites(spec.sharedOutput); touched > 0)
    return {-1, std::to_string(touched) + " elements were written that belong to others"};
  return {difference / largest, {}};
}

/// What the processor's plain schedule makes of the same values.
static Result<Buffers> plainRun(ConvSpec spec, const Buffers &given) {
  if (spec.target == "opencl")
    spec.target = "host";
  auto kernel = plainConvKernel(spec);
  if (!kernel)
    return Error{kernel.error()};
  kernel->mutable_schedule()->set_template_name("plain");
  auto loaded = schedules::load(*kernel);
  if (!loaded)
    return Error{loaded.error()};
  Buffers buffers = randomBuffers(*kernel, spec, 1);
  for (size_t i = 0; i < given.inputs.size(); ++i)
    given.inputs[i].eachIndex(
        [&](const std::vector<int64_t> &index) { buffers.inputs[i].set(index, given.inputs[i].value(index)); });
  if (auto ran = (*loaded)->run(buffers.hostInputs(), buffers.hostOutputs()); !ran)
    return Error{ran.error()};
  return buffers;
}

void expectExact(const ConvSpec &spec, const std::string &wantedTemplate, unsigned seed) {
  ConvSpec chosen = spec;
  chosen.onlyTemplate = wantedTemplate;
  auto kernel = convKernel(chosen);
  ASSERT_TRUE(bool(kernel)) << kernel.error() << spec.text();
  if (!wantedTemplate.empty())
    EXPECT_EQ(kernel->schedule().template_name(), wantedTemplate) << spec.text();
  auto loaded = schedules::load(*kernel);
  ASSERT_TRUE(bool(loaded)) << loaded.error() << spec.text();
  Buffers buffers = randomBuffers(*kernel, spec, seed);
  auto ran = (*loaded)->run(buffers.hostInputs(), buffers.hostOutputs());
  ASSERT_TRUE(bool(ran)) << ran.error();
  auto expected = plainRun(spec, buffers);
  ASSERT_TRUE(bool(expected)) << expected.error();
  // Plain loops know sums; what becomes of them is left to the plain schedule.
  std::vector<double> sums;
  if (spec.scaled.empty() && spec.activation.empty())
    sums = convReference(spec, buffers.inputs);
  int64_t wrong = 0;
  size_t position = 0;
  std::set<double> values;
  buffers.outputs[0].eachIndex([&](const std::vector<int64_t> &index) {
    values.insert(expected->outputs[0].value(index));
    const double got = buffers.outputs[0].value(index);
    wrong += got != expected->outputs[0].value(index) || (!sums.empty() && got != sums[position++]);
  });
  EXPECT_EQ(wrong, 0) << spec.text() << " seed " << seed << " of " << buffers.outputs[0].count();
  EXPECT_GT(values.size(), std::min<size_t>(4, size_t(buffers.outputs[0].count()) / 4)) << spec.text();
  EXPECT_EQ(buffers.outputs[0].strayWrites(spec.sharedOutput), 0) << spec.text();
}

void expectRight(const ConvSpec &spec, const std::string &wantedTemplate, unsigned seed) {
  const Verdict verdict = checkConv(spec, wantedTemplate, seed);
  EXPECT_EQ(verdict.error, "") << spec.text();
  const bool narrowed = spec.type == proto::BF16 && spec.result == proto::BF16;
  EXPECT_LT(verdict.difference, narrowed ? 1.0 / 256 : 1e-5) << spec.text() << " seed " << seed;
}

void expectInfinitiesInside(const ConvSpec &spec, const std::string &wantedTemplate) {
  ConvSpec chosen = spec;
  chosen.onlyTemplate = wantedTemplate;
  auto kernel = convKernel(chosen);
  ASSERT_TRUE(bool(kernel)) << kernel.error() << spec.text();
  ASSERT_EQ(kernel->schedule().template_name(), wantedTemplate) << spec.text();
  auto loaded = schedules::load(*kernel);
  ASSERT_TRUE(bool(loaded)) << loaded.error() << spec.text();
  Buffers buffers = randomBuffers(*kernel, spec, 7);
  // Of both signs, on few taps, so that some results stay numbers.
  int64_t position = 0;
  buffers.inputs[1].eachIndex([&](const std::vector<int64_t> &index) {
    if (position++ % 29 == 0)
      buffers.inputs[1].set(index, position % 2 ? HUGE_VAL : -HUGE_VAL);
  });
  buffers.inputs[0].set(std::vector<int64_t>(spec.extents.size() + 2, 0), NAN);
  auto ran = (*loaded)->run(buffers.hostInputs(), buffers.hostOutputs());
  ASSERT_TRUE(bool(ran)) << ran.error();
  const std::vector<double> expected = convReference(spec, buffers.inputs);
  int64_t wrong = 0, numbers = 0;
  size_t next = 0;
  buffers.outputs[0].eachIndex([&](const std::vector<int64_t> &index) {
    const double got = buffers.outputs[0].value(index), wanted = expected[next++];
    numbers += !std::isnan(wanted);
    wrong += std::isfinite(wanted) ? !(std::abs(got - wanted) < 1e-3 * (1 + std::abs(wanted)))
                                   : std::isnan(got) != std::isnan(wanted) || (!std::isnan(wanted) && got != wanted);
  });
  EXPECT_EQ(wrong, 0) << spec.text() << " of " << expected.size();
  EXPECT_GT(numbers, int64_t(expected.size() / 8)) << spec.text();
  EXPECT_LT(numbers, int64_t(expected.size())) << spec.text();
}

void expectNothingReadBehind(const ConvSpec &spec, const std::string &wantedTemplate) {
  ConvSpec chosen = spec;
  chosen.onlyTemplate = wantedTemplate;
  auto kernel = convKernel(chosen);
  ASSERT_TRUE(bool(kernel)) << kernel.error() << spec.text();
  auto loaded = schedules::load(*kernel);
  ASSERT_TRUE(bool(loaded)) << loaded.error() << spec.text();
  Buffers buffers = randomBuffers(*kernel, spec, 1);
  std::vector<schedules::HostTensor> inputs = buffers.hostInputs();
  size_t image = size_t(spec.batch * spec.in) * (spec.type == proto::F32 ? 4 : spec.type == proto::BF16 ? 2 : 1);
  for (int64_t extent : spec.extents)
    image *= size_t(extent);
  const size_t page = size_t(sysconf(_SC_PAGESIZE)), whole = (image / page + 1) * page;
  void *memory = mmap(nullptr, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char *end = static_cast<char *>(memory) + whole;
  ASSERT_EQ(mprotect(end, page, PROT_NONE), 0);
  inputs[0].data = end - image;
  EXPECT_TRUE(bool((*loaded)->run(inputs, buffers.hostOutputs())));
  munmap(memory, whole + page);
}

} // namespace convoy::test
