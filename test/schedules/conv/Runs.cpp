#include "test/schedules/conv/Runs.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace convoy::test {

static std::vector<schedules::HostTensor> hosts(std::vector<Storage> &storages) {
  std::vector<schedules::HostTensor> result;
  for (Storage &storage : storages)
    result.push_back(storage.host());
  return result;
}

std::vector<schedules::HostTensor> Buffers::hostInputs() { return hosts(inputs); }
std::vector<schedules::HostTensor> Buffers::hostOutputs() { return hosts(outputs); }

Buffers randomBuffers(const proto::Kernel &kernel, const ConvSpec &spec, unsigned seed) {
  std::mt19937 random(seed);
  Buffers buffers;
  for (int input : kernel.inputs()) {
    buffers.inputs.emplace_back(kernel.tensors(input), extentsOf(spec, kernel.tensors(input)));
    buffers.inputs.back().fillRandom(random);
  }
  for (int output : kernel.outputs())
    buffers.outputs.emplace_back(kernel.tensors(output), extentsOf(spec, kernel.tensors(output)));
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
  buffers.outputs[0].each([&](const std::vector<int64_t> &, float value) {
    largest = std::max(largest, std::abs(expected[next]));
    const double distance = std::abs(double(value) - expected[next++]);
    difference = std::isnan(distance) ? HUGE_VAL : std::max(difference, distance);
  });
  if (const int64_t touched = buffers.outputs[0].strayWrites(spec.sharedOutput); touched > 0)
    return {-1, std::to_string(touched) + " elements were written that belong to others"};
  return {difference / largest, {}};
}

void expectRight(const ConvSpec &spec, const std::string &wantedTemplate, unsigned seed) {
  const Verdict verdict = checkConv(spec, wantedTemplate, seed);
  EXPECT_EQ(verdict.error, "") << spec.text();
  EXPECT_LT(verdict.difference, 1e-5) << spec.text() << " seed " << seed;
}

} // namespace convoy::test
