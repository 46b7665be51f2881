#include "runtime/data/image.h"

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

std::string picturePath(const std::string &name) { return CONVOY_SOURCE_DIR "/test/runtime/data/pictures/" + name; }

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

uint64_t fnv1a(const convoy_image &image) {
  uint64_t value = 0xcbf29ce484222325ull;
  for (int64_t i = 0; i < int64_t(3) * image.width * image.height; ++i)
    value = (value ^ image.pixels[i]) * 0x100000001b3ull;
  return value;
}

/// The same numbers as `noise` of record.py.
convoy_image noise(int width, int height, uint64_t seed) {
  convoy_image image = {};
  EXPECT_EQ(convoy_image_create(width, height, &image, nullptr), CONVOY_OK);
  for (int64_t i = 0; i < int64_t(3) * width * height; ++i) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    image.pixels[i] = static_cast<uint8_t>(seed >> 56);
  }
  return image;
}

struct Resized {
  int width, height, toWidth, toHeight;
  convoy_filter filter;
  uint64_t hash;
};

// Printed by record.py.
const Resized resized[] = {
    {40, 30, 20, 15, CONVOY_BILINEAR, 0x3d325845f4eb49fbull}, {40, 30, 20, 15, CONVOY_BICUBIC, 0xf4776c3292eb9499ull},
    {40, 30, 17, 9, CONVOY_BILINEAR, 0xa1de77864e3c9438ull},  {40, 30, 17, 9, CONVOY_BICUBIC, 0x92565d155bebaeebull},
    {40, 30, 64, 48, CONVOY_BILINEAR, 0x0f19346da76c6f22ull}, {40, 30, 64, 48, CONVOY_BICUBIC, 0x0829de52ba1a6724ull},
    {40, 30, 40, 11, CONVOY_BILINEAR, 0x5ff627786635ca62ull}, {40, 30, 40, 11, CONVOY_BICUBIC, 0xbf82a087bff63ff1ull},
    {40, 30, 7, 30, CONVOY_BILINEAR, 0x8ed20e61c1913d97ull},  {40, 30, 7, 30, CONVOY_BICUBIC, 0xa3251b02d82044ebull},
    {5, 4, 50, 7, CONVOY_BILINEAR, 0x3fcae28f5fe0db85ull},    {5, 4, 50, 7, CONVOY_BICUBIC, 0x686b33e0ee1b5f66ull},
    {1, 1, 3, 3, CONVOY_BILINEAR, 0x21a2004dfc96d665ull},     {1, 1, 3, 3, CONVOY_BICUBIC, 0x21a2004dfc96d665ull},
    {300, 2, 3, 200, CONVOY_BILINEAR, 0x797a3a1103af5b5bull}, {300, 2, 3, 200, CONVOY_BICUBIC, 0x7cfa95ddeb28df7full},
    {97, 61, 24, 24, CONVOY_BILINEAR, 0x39bf03b6e357ef81ull}, {97, 61, 24, 24, CONVOY_BICUBIC, 0xe2f6a4e28f0ccb2full},
};

TEST(Image, ResizesAsPillowDoes) {
  for (const Resized &r : resized) {
    convoy_image from = noise(r.width, r.height, 7), to = {};
    ASSERT_EQ(convoy_image_resize(&from, r.toWidth, r.toHeight, r.filter, &to, nullptr), CONVOY_OK);
    EXPECT_EQ(to.width, r.toWidth);
    EXPECT_EQ(to.height, r.toHeight);
    EXPECT_EQ(fnv1a(to), r.hash) << r.width << "x" << r.height << " to " << r.toWidth << "x" << r.toHeight
                                 << (r.filter == CONVOY_BICUBIC ? " bicubic" : " bilinear");
    convoy_image_free(&from);
    convoy_image_free(&to);
  }
}

TEST(Image, OfTheSameSizeStaysAsItIs) {
  convoy_image from = noise(9, 5, 3), to = {};
  ASSERT_EQ(convoy_image_resize(&from, 9, 5, CONVOY_BICUBIC, &to, nullptr), CONVOY_OK);
  EXPECT_EQ(fnv1a(from), fnv1a(to));
  EXPECT_NE(from.pixels, to.pixels);
  convoy_image_free(&from);
  convoy_image_free(&to);
}

TEST(Image, RefusesImpossibleSizes) {
  convoy_image from = noise(4, 4, 3), to = {};
  convoy_error error = {};
  EXPECT_EQ(convoy_image_resize(&from, 0, 4, CONVOY_BICUBIC, &to, &error), CONVOY_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "a picture of 0 x 4 pixels is not supported");
  EXPECT_EQ(convoy_image_resize(&from, 4, 1 << 20, CONVOY_BICUBIC, &to, &error), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(convoy_image_resize(&from, 65000, 65000, CONVOY_BICUBIC, &to, &error), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(to.pixels, nullptr);
  convoy_image_free(&from);
}

TEST(Image, Crops) {
  convoy_image from = noise(6, 5, 4), to = {};
  ASSERT_EQ(convoy_image_crop(&from, 2, 1, 3, 4, &to, nullptr), CONVOY_OK);
  for (int y = 0; y < 4; ++y)
    for (int k = 0; k < 9; ++k)
      EXPECT_EQ(to.pixels[y * 9 + k], from.pixels[((y + 1) * 6 + 2) * 3 + k]);
  convoy_image_free(&to);
  EXPECT_EQ(convoy_image_crop(&from, 4, 0, 3, 1, &to, nullptr), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(convoy_image_crop(&from, -1, 0, 3, 1, &to, nullptr), CONVOY_INVALID_ARGUMENT);
  EXPECT_EQ(convoy_image_crop(&from, 0, 0, INT32_MAX, 1, &to, nullptr), CONVOY_INVALID_ARGUMENT);
  convoy_image_free(&from);
}

struct Decoded {
  const char *name;
  int width, height;
  uint64_t hash;
};

// Printed by record.py.
const Decoded decoded[] = {
    {"rgb.png", 5, 3, 0x4b7981df0ba770a3ull},           {"grey.png", 5, 3, 0xa56c89e669765e84ull},
    {"palette.png", 5, 3, 0x18f92af04ba2d5e4ull},       {"bits.png", 5, 3, 0xa6a25a068996dfccull},
    {"alpha.png", 5, 3, 0x4b7981df0ba770a3ull},         {"grey_alpha.png", 5, 3, 0xa56c89e669765e84ull},
    {"rgb.jpg", 19, 13, 0x8befeb6830633b66ull},         {"subsampled.jpg", 19, 13, 0x01e9835a64293317ull},
    {"progressive.jpg", 19, 13, 0x6db7c6d7ad6630b0ull}, {"grey.jpg", 19, 13, 0x17760ff444d1a470ull},
};

TEST(Image, DecodesAsPillowDoes) {
  for (const Decoded &d : decoded) {
    convoy_image image = {};
    convoy_error error = {};
    ASSERT_EQ(convoy_image_read(picturePath(d.name).c_str(), &image, &error), CONVOY_OK) << error.message;
    EXPECT_EQ(image.width, d.width) << d.name;
    EXPECT_EQ(image.height, d.height) << d.name;
    EXPECT_EQ(fnv1a(image), d.hash) << d.name;
    convoy_image_free(&image);
  }
}

void expectRefused(const std::string &name, const std::string &part) {
  convoy_image image = {};
  convoy_error error = {};
  EXPECT_NE(convoy_image_read(name.c_str(), &image, &error), CONVOY_OK);
  EXPECT_EQ(image.pixels, nullptr);
  EXPECT_NE(std::string(error.message).find(part), std::string::npos) << error.message;
  EXPECT_NE(std::string(error.message).find(name), std::string::npos) << error.message;
}

TEST(Image, RefusesOtherFiles) {
  expectRefused(picturePath("other.bmp"), "is neither a PNG nor a JPEG picture");
  expectRefused(picturePath("four_colours.jpg"), "has 4 colours");
  expectRefused(picturePath("none.png"), "No such file");
  expectRefused("/tmp", "is no file");
}

TEST(Image, RefusesTruncatedPictures) {
  for (const Decoded &d : decoded) {
    std::string whole = readFile(picturePath(d.name));
    for (size_t size = 0; size < whole.size(); size += 7) {
      convoy_image image = {};
      convoy_error error = {};
      auto status =
          convoy_image_decode(reinterpret_cast<const unsigned char *>(whole.data()), size, d.name, &image, &error);
      // The last bytes of a JPEG say only that it ends.
      if (size + 2 < whole.size())
        EXPECT_NE(status, CONVOY_OK) << d.name << " cut to " << size << " of " << whole.size();
      EXPECT_EQ(status == CONVOY_OK, image.pixels != nullptr);
      convoy_image_free(&image);
    }
  }
}

TEST(Image, RefusesSizesThatTheFileCantHold) {
  std::string bytes = readFile(picturePath("rgb.png"));
  bytes[18] = bytes[22] = 0x3f; // 16133 x 16131
  const unsigned char crc[4] = {0x31, 0xed, 0x38, 0xce};
  std::copy(crc, crc + 4, bytes.begin() + 29);
  convoy_image image = {};
  convoy_error error = {};
  EXPECT_EQ(
      convoy_image_decode(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(), "a.png", &image, &error),
      CONVOY_IO_ERROR);
  EXPECT_EQ(std::string(error.message), "a.png is truncated: 116 bytes can't hold 16133 x 16131 pixels");
}

TEST(Image, SurvivesFlippedBits) {
  for (const Decoded &d : decoded) {
    std::string bytes = readFile(picturePath(d.name));
    for (size_t bit = 0; bit < bytes.size() * 8; bit += 3) {
      bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
      convoy_image image = {};
      auto status = convoy_image_decode(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(), d.name,
                                        &image, nullptr);
      EXPECT_EQ(status == CONVOY_OK, image.pixels != nullptr);
      convoy_image_free(&image);
      bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    }
  }
}

TEST(Image, WritesPng) {
  std::string path = testing::TempDir() + "convoy_image_" + std::to_string(getpid()) + ".png";
  convoy_image from = noise(33, 17, 5), to = {};
  convoy_error error = {};
  ASSERT_EQ(convoy_image_write_png(path.c_str(), &from, &error), CONVOY_OK) << error.message;
  ASSERT_EQ(convoy_image_read(path.c_str(), &to, &error), CONVOY_OK) << error.message;
  EXPECT_EQ(fnv1a(from), fnv1a(to));
  convoy_image_free(&to);
  std::remove(path.c_str());
  EXPECT_EQ(convoy_image_write_png("/nowhere/x.png", &from, &error), CONVOY_IO_ERROR);
  EXPECT_STREQ(error.message, "can't write /nowhere/x.png: No such file or directory");
  convoy_image_free(&from);
}

} // namespace
