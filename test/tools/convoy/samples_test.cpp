#include "runtime/data/npy.h"
#include "tools/convoy/calibrate/Samples.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>

using namespace convoy;
using namespace convoy::tools;
namespace fs = std::filesystem;

namespace {

const convoy_value image[] = {{"x", CONVOY_F32, 4, {1, 1, 2, 2}}};
const convoy_value batch[] = {{"x", CONVOY_F32, 4, {2, 1, 2, 2}}};
const convoy_value two[] = {{"left", CONVOY_F32, 2, {1, 3}}, {"right", CONVOY_F32, 2, {1, 2}}};

convoy_module moduleOf(const convoy_value *inputs, int32_t count) {
  convoy_module module = {};
  module.inputs = inputs;
  module.input_count = count;
  return module;
}

/// A folder of samples that goes with the test.
class SamplesTest : public testing::Test {
protected:
  void SetUp() override {
    folder = testing::TempDir() + "convoy_samples_" + std::to_string(getpid());
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  /// An array whose elements are first, first + 1, ...
  void write(const std::string &name, const std::vector<int64_t> &dims, float first) {
    fs::create_directories(fs::path(folder + "/" + name).parent_path());
    HostTensor tensor = HostTensor::allocate(CONVOY_F32, dims);
    size_t count = convoy_tensor_bytes(&tensor.tensor) / sizeof(float);
    for (size_t i = 0; i < count; ++i)
      static_cast<float *>(tensor.tensor.data)[i] = first + static_cast<float>(i);
    ASSERT_EQ(convoy_npy_write((folder + "/" + name).c_str(), &tensor.tensor, nullptr), CONVOY_OK);
  }

  /// Packs .npy files of the folder, compressed, and removes them.
  void pack(const std::string &archive, const std::vector<std::string> &names) {
    zip_t *zip = zip_open((folder + "/" + archive).c_str(), ZIP_CREATE, nullptr);
    ASSERT_TRUE(zip);
    for (const std::string &name : names)
      zip_file_add(zip, name.c_str(), zip_source_file(zip, (folder + "/" + name).c_str(), 0, -1), 0);
    ASSERT_EQ(zip_close(zip), 0);
    for (const std::string &name : names)
      fs::remove(folder + "/" + name);
  }

  std::string errorOf(const convoy_module &module, const std::string &preprocess = "") {
    auto samples = Samples::open(folder, preprocess, module);
    EXPECT_FALSE(samples);
    return samples ? "" : samples.error();
  }

  /// The first element of each input of each run.
  std::vector<std::vector<float>> firsts(const convoy_module &module) {
    auto samples = Samples::open(folder, "", module);
    EXPECT_TRUE(samples) << samples.error();
    std::vector<std::vector<float>> result;
    for (size_t run = 0; samples && run < samples->runs(); ++run) {
      auto inputs = samples->read(run, module);
      EXPECT_TRUE(inputs) << inputs.error();
      for (auto &list = result.emplace_back(); const HostTensor &input : *inputs)
        list.push_back(*static_cast<const float *>(input.tensor.data));
    }
    return result;
  }

  std::string folder;
};

TEST_F(SamplesTest, ArraysAreOneSampleOrSeveral) {
  write("b.npy", {2, 1, 2, 2}, 10);
  write("a.npy", {1, 2, 2}, 0);
  write("sub/c.npy", {1, 1, 2, 2}, 50);
  write("d.npy", {2, 1, 2, 2}, 100);
  pack("e.npz", {"d.npy"});
  std::ofstream(folder + "/notes.txt") << "no sample";
  EXPECT_EQ(firsts(moduleOf(image, 1)), (std::vector<std::vector<float>>{{0}, {10}, {14}, {100}, {104}, {50}}));
}

/// Labels lie beside pictures, in types that no network has.
TEST_F(SamplesTest, OtherArraysOfAnArchiveAreNotLookedAt) {
  write("x.npy", {1, 1, 2, 2}, 7);
  std::ofstream(folder + "/labels.npy") << "no array";
  pack("a.npz", {"labels.npy", "x.npy"});
  EXPECT_EQ(firsts(moduleOf(image, 1)), (std::vector<std::vector<float>>{{7}}));
  write("z.npy", {1, 1, 2, 2}, 7);
  std::ofstream(folder + "/labels.npy") << "no array";
  pack("b.npz", {"labels.npy", "z.npy"});
  EXPECT_NE(errorOf(moduleOf(image, 1)).find("b.npz: no array 'x', as the network's input is called"),
            std::string::npos);
}

TEST_F(SamplesTest, BatchesAreFilledFromTheStart) {
  write("a.npy", {3, 1, 2, 2}, 0);
  convoy_module module = moduleOf(batch, 1);
  auto samples = Samples::open(folder, "", module);
  ASSERT_TRUE(samples) << samples.error();
  ASSERT_EQ(samples->runs(), 2u);
  auto inputs = samples->read(1, module);
  ASSERT_TRUE(inputs) << inputs.error();
  const auto *numbers = static_cast<const float *>(inputs->front().tensor.data);
  EXPECT_EQ(inputs->front().tensor.dims[0], 2);
  EXPECT_EQ(numbers[0], 8);
  EXPECT_EQ(numbers[4], 0);
}

TEST_F(SamplesTest, SeveralInputsHaveFoldersOrArchives) {
  write("left/1.npy", {2, 3}, 0);
  write("right/1.npy", {2}, 10);
  write("right/2.npy", {2}, 20);
  EXPECT_EQ(firsts(moduleOf(two, 2)), (std::vector<std::vector<float>>{{0, 10}, {3, 20}}));
  write("left.npy", {1, 3}, 30);
  write("right.npy", {1, 2}, 40);
  pack("z.npz", {"left.npy", "right.npy"});
  EXPECT_EQ(firsts(moduleOf(two, 2)), (std::vector<std::vector<float>>{{0, 10}, {3, 20}, {30, 40}}));
  fs::remove(folder + "/right/2.npy");
  EXPECT_NE(errorOf(moduleOf(two, 2)).find("3 samples for input 'left' and 2 for 'right'"), std::string::npos);
  fs::remove_all(folder + "/right");
  fs::remove(folder + "/z.npz");
  EXPECT_NE(errorOf(moduleOf(two, 2)).find("nothing for input 'right'"), std::string::npos);
}

TEST_F(SamplesTest, SaysWhatIsWrongWithAFile) {
  write("a.npy", {1, 1, 2, 2}, 0);
  write("shape.npy", {1, 1, 2, 3}, 0);
  EXPECT_NE(errorOf(moduleOf(image, 1)).find("shape.npy: holds f32 1x1x2x3, input 'x' takes f32 1x1x2x2"),
            std::string::npos);
  fs::remove(folder + "/shape.npy");
  write("inf.npy", {1, 1, 2, 2}, INFINITY);
  EXPECT_NE(errorOf(moduleOf(image, 1)).find("inf.npy: element 0 is NaN or infinite"), std::string::npos);
  fs::remove(folder + "/inf.npy");
  write("none.npy", {0, 1, 2, 2}, 0);
  EXPECT_NE(errorOf(moduleOf(image, 1)).find("none.npy: an array without elements"), std::string::npos);
  fs::remove(folder + "/none.npy");
  std::ofstream(folder + "/broken.npz") << "PK";
  EXPECT_NE(errorOf(moduleOf(image, 1)).find("broken.npz: no .npz archive"), std::string::npos);
  fs::remove(folder + "/broken.npz");
  std::ofstream(folder + "/broken.npy") << "nothing";
  EXPECT_NE(errorOf(moduleOf(image, 1)).find("broken.npy"), std::string::npos);
  fs::remove(folder + "/broken.npy");
  std::ofstream(folder + "/picture.png") << "nothing";
  EXPECT_NE(errorOf(moduleOf(image, 1)).find("picture.png: say with --preprocess"), std::string::npos);
}

TEST_F(SamplesTest, ABrokenPictureAmongGoodOnesIsAnError) {
  fs::copy(std::string(CONVOY_SOURCE_DIR) + "/test/runtime/data/pictures/rgb.png", folder + "/a.png");
  std::ofstream(folder + "/b.png") << "nothing";
  convoy_module module = moduleOf(image, 1);
  auto samples = Samples::open(folder, "raw", module);
  ASSERT_TRUE(samples) << samples.error();
  ASSERT_EQ(samples->runs(), 2u);
  EXPECT_TRUE(samples->read(0, module));
  auto second = samples->read(1, module);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("b.png"), std::string::npos) << second.error();
}

} // namespace
