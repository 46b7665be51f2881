#include "tools/convoy/Text.h"
#include "tools/convoy/io/Results.h"
#include "tools/convoy/io/picture/Labels.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace convoy;
using namespace convoy::tools;

namespace {

HostTensor tensorOf(const std::vector<float> &values, const std::vector<int64_t> &dims) {
  HostTensor result = HostTensor::allocate(CONVOY_F32, dims);
  std::copy(values.begin(), values.end(), static_cast<float *>(result.tensor.data));
  return result;
}

TEST(Results, LikeliestOfProbabilities) {
  HostTensor t = tensorOf({0.1f, 0.6f, 0.05f, 0.25f}, {1, 4});
  auto guesses = likeliest(t.tensor, 2);
  ASSERT_EQ(guesses.size(), 2u);
  EXPECT_EQ(guesses[0].index, 1u);
  EXPECT_FLOAT_EQ(guesses[0].probability, 0.6f);
  EXPECT_EQ(guesses[1].index, 3u);
}

TEST(Results, LikeliestOfOtherNumbersGoesThroughSoftmax) {
  HostTensor t = tensorOf({1, 3, 2}, {1, 3, 1, 1});
  auto guesses = likeliest(t.tensor, 5);
  ASSERT_EQ(guesses.size(), 3u);
  EXPECT_EQ(guesses[0].index, 1u);
  EXPECT_NEAR(guesses[0].probability, std::exp(3) / (std::exp(1) + std::exp(2) + std::exp(3)), 1e-12);
}

TEST(Results, NoClassesInOtherTensors) {
  EXPECT_TRUE(likeliest(tensorOf({1, 2, 3, 4}, {2, 2}).tensor, 3).empty());
  EXPECT_TRUE(likeliest(tensorOf({1, 2}, {2, 1}).tensor, 3).empty());
  EXPECT_TRUE(likeliest(tensorOf({}, {1, 0}).tensor, 3).empty());
}

TEST(Results, ComparesRelativeToTheLargestExpected) {
  HostTensor expected = tensorOf({0, -10, 5}, {3}), actual = tensorOf({0.5f, -10, 5}, {3});
  auto difference = compare(actual.tensor, expected.tensor);
  ASSERT_TRUE(difference);
  EXPECT_DOUBLE_EQ(difference->largest, 0.5);
  EXPECT_DOUBLE_EQ(difference->relative, 0.05);
  EXPECT_EQ(difference->index, 0u);
}

TEST(Results, NaNEqualsOnlyNaN) {
  HostTensor a = tensorOf({NAN, 1}, {2}), b = tensorOf({NAN, 1}, {2}), c = tensorOf({0, 1}, {2});
  EXPECT_EQ(compare(a.tensor, b.tensor)->largest, 0);
  EXPECT_TRUE(std::isinf(compare(a.tensor, c.tensor)->relative));
  EXPECT_TRUE(std::isinf(compare(c.tensor, a.tensor)->relative));
}

TEST(Results, InfinityEqualsItself) {
  HostTensor a = tensorOf({INFINITY, 1}, {2}), b = tensorOf({-INFINITY, 1}, {2});
  EXPECT_EQ(compare(a.tensor, a.tensor)->largest, 0);
  EXPECT_TRUE(std::isinf(compare(a.tensor, b.tensor)->relative));
}

TEST(Results, OtherDimensionsAreAnError) {
  auto difference = compare(tensorOf({1, 2}, {2}).tensor, tensorOf({1, 2}, {1, 2}).tensor);
  ASSERT_FALSE(difference);
  EXPECT_EQ(difference.error(), "it is f32 2, expected was f32 1x2");
}

TEST(Results, NumbersOfEachType) {
  HostTensor half = HostTensor::allocate(CONVOY_BF16, {1});
  *static_cast<uint16_t *>(half.tensor.data) = 0xc040;
  EXPECT_EQ(numbersOf(half.tensor), std::vector<double>{-3});
  HostTensor f16 = HostTensor::allocate(CONVOY_F16, {1});
  *static_cast<uint16_t *>(f16.tensor.data) = 0x3e00;
  EXPECT_EQ(numbersOf(f16.tensor), std::vector<double>{1.5});
  HostTensor i64 = HostTensor::allocate(CONVOY_I64, {1});
  *static_cast<int64_t *>(i64.tensor.data) = -7;
  EXPECT_EQ(numbersOf(i64.tensor), std::vector<double>{-7});
}

struct File {
  std::string path = testing::TempDir() + "convoy_labels_" + std::to_string(getpid());
  explicit File(const std::string &text) { std::ofstream(path, std::ios::binary) << text; }
  ~File() { std::remove(path.c_str()); }
};

TEST(Labels, OneALine) {
  auto labels = readLabels(File("cat\r\nbig dog\n").path);
  ASSERT_TRUE(labels);
  EXPECT_EQ(*labels, (std::vector<std::string>{"cat", "big dog"}));
}

TEST(Labels, OfTorchvisionsSource) {
  auto labels = readLabels(File("\"\"\"doc\"\"\"\n_IMAGENET_CATEGORIES = [\n    \"tench\",\n    \"carpenter's kit\",\n"
                                "    'say \\'x\\'',\n]\n\n_COCO = [\n    \"a\",\n]\n")
                               .path);
  ASSERT_TRUE(labels) << labels.error();
  EXPECT_EQ(*labels, (std::vector<std::string>{"tench", "carpenter's kit", "say 'x'"}));
}

TEST(Labels, RefusesWhatIsNone) {
  EXPECT_FALSE(readLabels("/nowhere/labels.txt"));
  EXPECT_FALSE(readLabels(File("").path));
  EXPECT_FALSE(readLabels(File("_IMAGENET_CATEGORIES = [\"tench\", 5]").path));
  EXPECT_FALSE(readLabels(File("_IMAGENET_CATEGORIES = [\"tench").path));
  EXPECT_FALSE(readLabels(File("_IMAGENET_CATEGORIES = [\"tench\",").path));
}

TEST(Text, SuggestsWhatWasMeant) {
  EXPECT_EQ(editDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(suggestion("imput", {"output", "input"}), " (did you mean 'input'?)");
  EXPECT_EQ(suggestion("zzz", {"a", "b"}), " (there are 'a', 'b')");
  EXPECT_EQ(suggestion("x", {}), " (there are none)");
}

} // namespace
