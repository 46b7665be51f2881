#include "runtime/data/image.h"
#include "runtime/data/npy.h"
#include "tools/convoy/io/Inputs.h"
#include "tools/convoy/io/picture/Picture.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace convoy;
using namespace convoy::tools;

namespace {

const convoy_value twoInputs[] = {{"image", CONVOY_F32, 4, {-1, 3, -2, -3}}, {"scale/x", CONVOY_F32, 1, {2}}};
const char *const symbols[] = {"batch", "height", "width"};

convoy_module moduleWith(const convoy_value *inputs, int32_t count) {
  convoy_module module = {};
  module.inputs = inputs;
  module.input_count = count;
  module.symbols = symbols;
  module.symbol_count = 3;
  return module;
}

const convoy_module twoInputModule = moduleWith(twoInputs, 2);

/// A file in the folder of temporary ones.
struct File {
  std::string path;
  explicit File(const std::string &name) : path(testing::TempDir() + "convoy_" + std::to_string(getpid()) + name) {}
  ~File() { std::remove(path.c_str()); }
  void write(const std::string &bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  void write(const HostTensor &tensor) {
    ASSERT_EQ(convoy_npy_write(path.c_str(), &tensor.tensor, nullptr), CONVOY_OK);
  }
};

Globals quiet() {
  Globals globals;
  globals.quiet = true;
  return globals;
}

std::string errorOf(const InputOptions &options, const convoy_module &module = twoInputModule) {
  auto inputs = readInputs(module, options, quiet());
  EXPECT_FALSE(inputs);
  return inputs ? "" : inputs.error();
}

TEST(Inputs, RandomOnesAreTheSameForTheSameSeed) {
  InputOptions options;
  options.shapes["image"] = {2, 3, 5, 4};
  auto a = readInputs(twoInputModule, options, quiet()), b = readInputs(twoInputModule, options, quiet());
  options.seed = 2;
  auto c = readInputs(twoInputModule, options, quiet());
  ASSERT_TRUE(a && b && c);
  const convoy_tensor &image = (*a)[0].tensor;
  EXPECT_EQ(describeTensor(image), "f32 2x3x5x4");
  EXPECT_EQ(std::memcmp(image.data, (*b)[0].tensor.data, 480), 0);
  EXPECT_NE(std::memcmp(image.data, (*c)[0].tensor.data, 480), 0);
  for (int i = 0; i < 120; ++i) {
    EXPECT_GE(static_cast<float *>(image.data)[i], 0);
    EXPECT_LT(static_cast<float *>(image.data)[i], 1);
  }
}

TEST(Inputs, SymbolicDimensionsGetDefaults) {
  auto inputs = readInputs(twoInputModule, {}, quiet());
  ASSERT_TRUE(inputs);
  EXPECT_EQ(describeTensor((*inputs)[0].tensor), "f32 1x3x224x224");
}

TEST(Inputs, OfFiles) {
  File npy("scale.npy");
  HostTensor scale = HostTensor::allocate(CONVOY_F32, {2});
  static_cast<float *>(scale.tensor.data)[1] = 7;
  npy.write(scale);
  InputOptions options;
  options.files = {"scale/x=" + npy.path};
  auto inputs = readInputs(twoInputModule, options, quiet());
  ASSERT_TRUE(inputs) << inputs.error();
  EXPECT_EQ(static_cast<float *>((*inputs)[1].tensor.data)[1], 7);
}

TEST(Inputs, TheOnlyInputNeedsNoName) {
  File npy("only.npy");
  npy.write(HostTensor::allocate(CONVOY_F32, {2}));
  InputOptions options;
  options.files = {npy.path};
  EXPECT_TRUE(readInputs(moduleWith(twoInputs + 1, 1), options, quiet()));
}

TEST(Inputs, WrongOnesAreNamed) {
  File npy("wrong.npy"), text("wrong.txt"), pb("wrong.pb"), png("wrong.png");
  HostTensor wrong = HostTensor::allocate(CONVOY_F64, {3});
  npy.write(wrong);
  text.write("1 2");
  pb.write("\xff\xff");
  png.write("\x89PNG\r\n\x1a\n");
  EXPECT_EQ(errorOf({{"imgae=" + npy.path}, "", {}}),
            "--input: the network has no input 'imgae' (did you mean 'image'?)");
  EXPECT_EQ(errorOf({{npy.path}, "", {}}),
            "--input " + npy.path + ": expected NAME=FILE (there are 'image', 'scale/x')");
  EXPECT_EQ(errorOf({{"scale/x=" + npy.path}, "", {}}), npy.path + " holds f64 3, input 'scale/x' takes f32 2");
  EXPECT_EQ(errorOf({{"image=" + npy.path}, "", {}}),
            npy.path + " holds f64 3, input 'image' takes f32 batchx3xheightxwidth");
  EXPECT_EQ(errorOf({{"image=/nowhere/x.npy"}, "", {}}), "can't open /nowhere/x.npy: No such file or directory");
  EXPECT_EQ(errorOf({{"image=" + text.path}, "", {}}), text.path + ": an input is a file .npy, .pb, .png or .jpg");
  EXPECT_EQ(errorOf({{"image=" + pb.path}, "", {}}), pb.path + " holds no ONNX tensor, or is truncated");
  EXPECT_EQ(errorOf({{"image=" + png.path}, "", {}}),
            png.path + ": say with --preprocess what the network expects of a picture: imagenet, unit, tf or raw");
  EXPECT_EQ(errorOf({{"image=" + png.path}, "imagnet", {}}),
            "--preprocess 'imagnet' is unknown (did you mean 'imagenet'?)");
  EXPECT_NE(errorOf({{"image=" + png.path}, "unit", {}}).find("truncated"), std::string::npos);
}

TEST(Inputs, NamedTwice) {
  File npy("twice.npy");
  npy.write(HostTensor::allocate(CONVOY_F32, {2}));
  EXPECT_EQ(errorOf({{"scale/x=" + npy.path, "scale/x=" + npy.path}, "", {}}), "--input names 'scale/x' twice");
}

TEST(Inputs, ShapesMustFit) {
  InputOptions options;
  options.shapes["image"] = {1, 4, 5, 5};
  EXPECT_EQ(errorOf(options), "--shape image=1x4x5x5 does not fit the input's batchx3xheightxwidth");
  options.shapes = {{"imag", {1}}};
  EXPECT_EQ(errorOf(options), "--shape: there is no input 'imag' (did you mean 'image'?)");
}

TEST(Shapes, Parse) {
  auto shapes = parseShapes({"a=1x3x4", "b:0=7"});
  ASSERT_TRUE(shapes);
  EXPECT_EQ(shapes->at("a"), (std::vector<int64_t>{1, 3, 4}));
  EXPECT_EQ(shapes->at("b:0"), std::vector<int64_t>{7});
  for (const char *wrong : {"a", "a=", "=1", "a=1x", "a=x1", "a=1x-3", "a=0", "a=1x2x3x4x5x6x7x8x9", "a=99999999999"})
    EXPECT_FALSE(parseShapes({wrong})) << wrong;
  EXPECT_FALSE(parseShapes({"a=1", "a=2"}));
}

TEST(TensorProto, ReadsRawAndTypedElements) {
  File pb("tensor.pb");
  // dims 2; data_type FLOAT; raw_data of 8 bytes.
  pb.write(std::string("\x08\x02\x10\x01\x4a\x08\x00\x00\x80\x3f\x00\x00\x00\x40", 14));
  auto raw = readTensorProto(pb.path);
  ASSERT_TRUE(raw) << raw.error();
  EXPECT_EQ(static_cast<float *>(raw->tensor.data)[1], 2);
  // dims 2; data_type BOOL; int32_data 1, 0.
  pb.write(std::string("\x08\x02\x10\x09\x2a\x02\x01\x00", 8));
  auto typed = readTensorProto(pb.path);
  ASSERT_TRUE(typed) << typed.error();
  EXPECT_EQ(static_cast<char *>(typed->tensor.data)[0], 1);
}

TEST(TensorProto, RefusesDimensionsBeyondTheData) {
  File pb("tensor.pb");
  for (const std::string &bytes :
       {std::string("\x08\x03\x10\x01\x4a\x08\x00\x00\x80\x3f\x00\x00\x00\x40", 14),         // 3 elements, 8 bytes
        std::string("\x08\x80\x80\x80\x80\x80\x80\x20\x10\x01\x4a\x04\x00\x00\x80\x3f", 16), // 2^47 elements
        std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01", 13)}) {          // -1 elements
    pb.write(bytes);
    auto tensor = readTensorProto(pb.path);
    ASSERT_FALSE(tensor);
    EXPECT_EQ(tensor.error(), pb.path + ": its dimensions don't fit its data");
  }
}

/// Bytes of the picture that `imagenet` cut out, from the numbers that it made of them.
uint64_t hashOfImageNet(const convoy_tensor &tensor) {
  const float mean[] = {0.485f, 0.456f, 0.406f}, deviation[] = {0.229f, 0.224f, 0.225f};
  int64_t pixels = tensor.dims[2] * tensor.dims[3];
  uint64_t hash = 0xcbf29ce484222325ull;
  for (int64_t i = 0; i < 3 * pixels; ++i) {
    float value = static_cast<float *>(tensor.data)[i] * deviation[i / pixels] + mean[i / pixels];
    hash = (hash ^ static_cast<uint8_t>(std::lround(value * 255))) * 0x100000001b3ull;
  }
  return hash;
}

/// Smaller, larger and just as large as the input, standing and lying; odd rests on both axes. The hashes are what
/// record.py printed.
struct ImageNetCase {
  int width, height;
  uint64_t hash;
};
const ImageNetCase imageNetCases[] = {
    {61, 47, 0xd4fb832b48ac337aull},   {47, 61, 0x345df0a0696b0775ull}, {200, 80, 0x4ea486dc533bf25aull},
    {30, 45, 0x2e954a276e17bd05ull},   {37, 37, 0x07aad907621b582aull}, {38, 90, 0xb0e80df48090d040ull},
    {640, 427, 0x6374505928c8d19full},
};

TEST(Picture, ImageNetAsPillowDoes) {
  const convoy_value input = {"x", CONVOY_F32, 4, {1, 3, 32, 32}};
  for (const ImageNetCase &c : imageNetCases) {
    File png("picture.png");
    convoy_image image = {};
    ASSERT_EQ(convoy_image_create(c.width, c.height, &image, nullptr), CONVOY_OK);
    uint64_t state = 7;
    for (int i = 0; i < 3 * c.width * c.height; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      image.pixels[i] = static_cast<uint8_t>(state >> 56);
    }
    ASSERT_EQ(convoy_image_write_png(png.path.c_str(), &image, nullptr), CONVOY_OK);
    convoy_image_free(&image);
    auto tensor = readPicture(png.path, Preprocess::ImageNet, moduleWith(&input, 1), 0);
    ASSERT_TRUE(tensor) << tensor.error();
    EXPECT_EQ(describeTensor(tensor->tensor), "f32 1x3x32x32");
    EXPECT_EQ(hashOfImageNet(tensor->tensor), c.hash) << c.width << "x" << c.height;
  }
}

TEST(Picture, OtherPreparationsAndAxes) {
  std::string path = CONVOY_SOURCE_DIR "/test/runtime/data/pictures/rgb.png"; // 5 x 3
  convoy_image image = {};
  ASSERT_EQ(convoy_image_read(path.c_str(), &image, nullptr), CONVOY_OK);
  const convoy_value first = {"x", CONVOY_F32, 4, {-1, 3, -2, -3}}, last = {"x", CONVOY_U8, 4, {1, -2, -3, 3}},
                     grey = {"x", CONVOY_F32, 4, {1, 1, 3, 5}};
  auto tf = readPicture(path, Preprocess::Tf, moduleWith(&first, 1), 0);
  ASSERT_TRUE(tf) << tf.error();
  EXPECT_EQ(describeTensor(tf->tensor), "f32 1x3x3x5");
  EXPECT_FLOAT_EQ(static_cast<float *>(tf->tensor.data)[15 + 4], image.pixels[3 * 4 + 1] / 127.5f - 1);
  auto raw = readPicture(path, Preprocess::Raw, moduleWith(&first, 1), 0);
  EXPECT_EQ(static_cast<float *>(raw->tensor.data)[15 + 4], image.pixels[3 * 4 + 1]);
  auto bytes = readPicture(path, Preprocess::Raw, moduleWith(&last, 1), 0);
  ASSERT_TRUE(bytes) << bytes.error();
  EXPECT_EQ(std::memcmp(bytes->tensor.data, image.pixels, 45), 0);
  auto single = readPicture(path, Preprocess::Unit, moduleWith(&grey, 1), 0);
  ASSERT_TRUE(single) << single.error();
  double luminance = 0.299 * image.pixels[0] + 0.587 * image.pixels[1] + 0.114 * image.pixels[2];
  EXPECT_NEAR(static_cast<float *>(single->tensor.data)[0] * 255, luminance, 1);
  convoy_image_free(&image);
}

TEST(Picture, OnlyForInputsOfPictures) {
  std::string path = CONVOY_SOURCE_DIR "/test/runtime/data/pictures/rgb.png";
  const convoy_value matrix = {"m", CONVOY_F32, 2, {3, 5}}, many = {"m", CONVOY_F32, 4, {2, 3, 5, 5}},
                     bytes = {"m", CONVOY_U8, 4, {1, 3, 5, 5}};
  EXPECT_EQ(readPicture(path, Preprocess::Unit, moduleWith(&matrix, 1), 0).error(),
            "input 'm' (f32 3x5) can't take a picture");
  EXPECT_FALSE(readPicture(path, Preprocess::Unit, moduleWith(&many, 1), 0));
  EXPECT_EQ(readPicture(path, Preprocess::Unit, moduleWith(&bytes, 1), 0).error(),
            "input 'm' takes bytes: use --preprocess raw");
}

} // namespace
