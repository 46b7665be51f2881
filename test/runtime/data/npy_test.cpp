#include "runtime/data/npy.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

std::string arrayPath(const std::string &name) {
  return CONVOY_SOURCE_DIR "/test/runtime/data/arrays/" + name + ".npy";
}

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Array {
  convoy_tensor tensor = {};
  convoy_error error = {};
  convoy_status status;
  explicit Array(const std::string &bytes) {
    // An allocation of exactly that size, so that a sanitizer notices what reads beyond it.
    std::vector<unsigned char> exact(bytes.begin(), bytes.end());
    status = convoy_npy_parse(exact.data(), exact.size(), "a.npy", &tensor, &error);
  }
  ~Array() { std::free(tensor.data); }
  template <typename T> const T *data() const { return static_cast<const T *>(tensor.data); }
  std::vector<int64_t> dims() const { return {tensor.dims, tensor.dims + tensor.rank}; }
};

TEST(Npy, ReadsWhatNumPyWrote) {
  Array f32(readFile(arrayPath("f32")));
  ASSERT_EQ(f32.status, CONVOY_OK) << f32.error.message;
  EXPECT_EQ(f32.tensor.type, CONVOY_F32);
  EXPECT_EQ(f32.dims(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(f32.data<float>()[5], 1.25f);
  Array scalar(readFile(arrayPath("scalar")));
  ASSERT_EQ(scalar.status, CONVOY_OK);
  EXPECT_EQ(scalar.tensor.rank, 0);
  EXPECT_EQ(*scalar.data<double>(), 2.5);
  Array booleans(readFile(arrayPath("bool")));
  EXPECT_EQ(booleans.tensor.type, CONVOY_BOOL);
  EXPECT_EQ(booleans.dims(), std::vector<int64_t>{3});
  EXPECT_EQ(booleans.data<char>()[2], 1);
  Array empty(readFile(arrayPath("empty")));
  ASSERT_EQ(empty.status, CONVOY_OK);
  EXPECT_EQ(empty.dims(), (std::vector<int64_t>{0, 7}));
}

TEST(Npy, PutsFortranOrderRight) {
  Array array(readFile(arrayPath("fortran")));
  ASSERT_EQ(array.status, CONVOY_OK);
  EXPECT_EQ(array.dims(), (std::vector<int64_t>{2, 3, 4}));
  for (int16_t i = 0; i < 24; ++i)
    EXPECT_EQ(array.data<int16_t>()[i], i);
}

TEST(Npy, RefusesWhatItCantHold) {
  EXPECT_STREQ(Array(readFile(arrayPath("big_endian"))).error.message,
               "a.npy holds elements of type '>f4', which is not supported");
  EXPECT_STREQ(Array(readFile(arrayPath("complex"))).error.message,
               "a.npy holds elements of type '<c8', which is not supported");
  EXPECT_STREQ(Array(readFile(arrayPath("nine"))).error.message, "a.npy has 9 dimensions, more than 8");
}

/// A file of format 1 with this header and `bytes` bytes of data.
std::string fileWith(const std::string &header, size_t bytes) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size() & 255);
  text += static_cast<char>(header.size() >> 8);
  return text + header + std::string(bytes, '\0');
}

TEST(Npy, AcceptsOddButRightHeaders) {
  Array swapped(fileWith("{\"shape\":(2,),'fortran_order':False,'descr':'|u1'}", 2));
  EXPECT_EQ(swapped.status, CONVOY_OK) << swapped.error.message;
  EXPECT_EQ(swapped.dims(), std::vector<int64_t>{2});
  Array version2(std::string("\x93NUMPY\x02\x00\x36\x00\x00\x00", 12) +
                 "{'descr': '<f4', 'fortran_order': False, 'shape': () }" + "1234");
  EXPECT_EQ(version2.status, CONVOY_OK) << version2.error.message;
}

TEST(Npy, RefusesHostileHeaders) {
  const char *headers[] = {
      "",
      "{",
      "{}",
      "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'shape': (1,), 'fortran_order': Maybe}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4444444444444444444444444444444444', 'fortran_order': False, 'shape': (1,)}",
  };
  for (const char *header : headers) {
    Array array(fileWith(header, 4));
    EXPECT_EQ(array.status, CONVOY_IO_ERROR) << header;
    EXPECT_STREQ(array.error.message, "the header of a.npy can't be understood") << header;
    EXPECT_EQ(array.tensor.data, nullptr);
  }
}

TEST(Npy, RefusesShapesLargerThanTheFile) {
  for (const char *shape : {"(3,)", "(4611686018427387904, 4)", "(1000000000000,)", "(2147483648, 2147483648, 4)"}) {
    Array array(fileWith("{'descr': '<f4', 'fortran_order': False, 'shape': " + std::string(shape) + "}", 8));
    EXPECT_EQ(array.status, CONVOY_IO_ERROR);
    EXPECT_STREQ(array.error.message, "a.npy is truncated: its shape needs more than the 8 bytes it has") << shape;
  }
}

TEST(Npy, RefusesEachTruncation) {
  std::string whole = readFile(arrayPath("f32"));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(Array(whole.substr(0, size)).status, CONVOY_IO_ERROR) << size;
}

TEST(Npy, SurvivesFlippedBits) {
  std::string bytes = readFile(arrayPath("fortran"));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    Array array(flipped);
    EXPECT_EQ(array.status == CONVOY_OK, array.tensor.data != nullptr);
  }
}

struct Temporary {
  std::string path = testing::TempDir() + "convoy_npy_" + std::to_string(getpid()) + ".npy";
  ~Temporary() { std::remove(path.c_str()); }
};

TEST(Npy, WritesTheBytesThatNumPyWrites) {
  Temporary file;
  float data[6] = {0, 0.25f, 0.5f, 0.75f, 1, 1.25f};
  convoy_tensor tensor = {data, {2, 3}, {}, 2, CONVOY_F32, CONVOY_HOST};
  ASSERT_EQ(convoy_npy_write(file.path.c_str(), &tensor, nullptr), CONVOY_OK);
  EXPECT_EQ(readFile(file.path), readFile(arrayPath("f32")));
}

TEST(Npy, WritesBf16AsF32) {
  Temporary file;
  uint16_t data[1] = {0x3fc0}; // 1.5
  convoy_tensor tensor = {data, {1}, {}, 1, CONVOY_BF16, CONVOY_HOST};
  ASSERT_EQ(convoy_npy_write(file.path.c_str(), &tensor, nullptr), CONVOY_OK);
  Array array(readFile(file.path));
  EXPECT_EQ(array.tensor.type, CONVOY_F32);
  EXPECT_EQ(array.data<float>()[0], 1.5f);
}

TEST(Npy, LeavesNoPartOfAFile) {
  convoy_tensor tensor = {};
  convoy_error error = {};
  Temporary file;
  EXPECT_EQ(convoy_npy_write(file.path.c_str(), &tensor, &error), CONVOY_INVALID_ARGUMENT);
  EXPECT_NE(access(file.path.c_str(), F_OK), 0);
  tensor.type = CONVOY_F32;
  float zero = 0;
  tensor.data = &zero;
  EXPECT_EQ(convoy_npy_write("/nowhere/a.npy", &tensor, &error), CONVOY_IO_ERROR);
  EXPECT_STREQ(error.message, "can't write /nowhere/a.npy: No such file or directory");
}

} // namespace
