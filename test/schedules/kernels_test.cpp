// Each kernel of test/schedules/kernels: the best candidates of every template agree with the plain schedule, and write
// where they may.
#include "tools/dev/kernel/Tensors.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>

using namespace convoy;

namespace {

class Kernels : public testing::TestWithParam<std::string> {};

TEST_P(Kernels, CandidatesAgreeWithPlain) {
  Result<proto::Kernel> kernel = dev::readKernel(GetParam());
  ASSERT_TRUE(kernel) << kernel.error();
  Result<std::vector<proto::Schedule>> found = schedules::candidates(*kernel);
  ASSERT_TRUE(found) << found.error();
  std::vector<std::string> inputs;
  for (int i = 0; i < kernel->inputs_size(); ++i)
    inputs.push_back(dev::randomDense(kernel->tensors(kernel->inputs(i)), {}, uint64_t(i) + 5));
  kernel->mutable_schedule()->set_template_name("plain");
  Result<std::vector<std::string>> expected = dev::runDense(*kernel, inputs, {});
  ASSERT_TRUE(expected) << expected.error();
  std::map<std::string, int> tried;
  for (const proto::Schedule &schedule : *found) {
    if (schedule.template_name() == "plain" || ++tried[schedule.template_name()] > 2)
      continue;
    *kernel->mutable_schedule() = schedule;
    Result<std::vector<std::string>> results = dev::runDense(*kernel, inputs, {});
    ASSERT_TRUE(results) << results.error() << "\n" << schedule.DebugString();
    for (size_t i = 0; i < results->size(); ++i) {
      const auto type = kernel->tensors(kernel->outputs(int(i))).type();
      const dev::Difference difference = dev::compare(type, (*results)[i], (*expected)[i]);
      EXPECT_EQ(difference.unlike, 0) << schedule.DebugString();
      EXPECT_LE(difference.relative(), 2e-5) << schedule.DebugString();
    }
  }
  EXPECT_FALSE(tried.empty()) << "only the plain schedule fits";
}

INSTANTIATE_TEST_SUITE_P(All, Kernels, testing::ValuesIn(dev::kernelFiles(CONVOY_SOURCE_DIR "/test/schedules/kernels")),
                         [](const auto &info) { return std::filesystem::path(info.param).stem().string(); });

} // namespace
