// Initialisers of ONNX models in each of the ways in which a model may hold them.
#include "test/compiler/Weights/Samples.h"

#include "compiler/Frontend/Onnx/onnx.pb.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <cstring>

using namespace llvm;
using onnx::TensorProto;

namespace convoy::weights::test {

class Initialisers : public testing::Test {
protected:
  Initialisers() { EXPECT_FALSE(sys::fs::createUniqueDirectory("onnx_weights", folder)); }
  ~Initialisers() override { sys::fs::remove_directories(folder); }

  TensorProto &add(const std::string &name, TensorProto::DataType type, ArrayRef<int64_t> dims) {
    TensorProto &tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    tensor.mutable_dims()->Add(dims.begin(), dims.end());
    return tensor;
  }

  void addExternal(const std::string &location, const std::string &offset) {
    TensorProto &tensor = add("external", TensorProto::UINT8, {4});
    tensor.set_data_location(TensorProto::EXTERNAL);
    for (auto [key, value] : {std::pair<std::string, std::string>{"location", location}, {"offset", offset}}) {
      auto &entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
  }

  void write(const std::string &name, const std::string &bytes) {
    std::error_code code;
    raw_fd_ostream((folder + "/" + name).str(), code) << bytes;
  }

  Result<std::unique_ptr<WeightFile>> open() {
    model.set_ir_version(8);
    write("model.onnx", model.SerializeAsString());
    return WeightFile::open((folder + "/model.onnx").str());
  }

  void expectError(const std::string &part) {
    auto file = open();
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().find(part), std::string::npos) << file.error();
  }

  SmallString<128> folder;
  onnx::ModelProto model;
};

template <typename T> static std::vector<T> numbersOf(const WeightEntry *entry) {
  EXPECT_TRUE(entry);
  std::vector<T> numbers(entry ? entry->bytes.size() / sizeof(T) : 0);
  if (entry)
    std::memcpy(numbers.data(), entry->bytes.data(), entry->bytes.size());
  return numbers;
}

TEST_F(Initialisers, TypedAndRaw) {
  TensorProto &floats = add("floats", TensorProto::FLOAT, {2, 1});
  floats.add_float_data(1.5F);
  floats.add_float_data(-2);
  TensorProto &halves = add("halves", TensorProto::FLOAT16, {2});
  halves.add_int32_data(0x3c00);
  halves.add_int32_data(0xbc00);
  add("bytes", TensorProto::INT8, {1}).add_int32_data(-3);
  add("wide", TensorProto::UINT32, {1}).add_uint64_data(0xfffffffe);
  add("raw", TensorProto::INT64, {}).set_raw_data(std::string("\x05\0\0\0\0\0\0\0", 8));
  auto file = open();
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(numbersOf<float>((*file)->find("floats")), (std::vector<float>{1.5F, -2}));
  EXPECT_EQ(describe(*(*file)->find("floats")), "2x1 f32");
  EXPECT_EQ(numbersOf<uint16_t>((*file)->find("halves")), (std::vector<uint16_t>{0x3c00, 0xbc00}));
  EXPECT_EQ(numbersOf<int8_t>((*file)->find("bytes")), (std::vector<int8_t>{-3}));
  EXPECT_EQ(numbersOf<uint32_t>((*file)->find("wide")), (std::vector<uint32_t>{0xfffffffe}));
  EXPECT_EQ(numbersOf<int64_t>((*file)->find("raw")), (std::vector<int64_t>{5}));
}

TEST_F(Initialisers, BesideTheModel) {
  write("data.bin", "0123456789");
  addExternal("data.bin", "3");
  auto file = open();
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(numbersOf<char>((*file)->find("external")), (std::vector<char>{'3', '4', '5', '6'}));
}

TEST_F(Initialisers, BeyondTheEndOfTheFile) {
  write("data.bin", "0123456789");
  addExternal("data.bin", "7");
  expectError("lies at bytes 7 to 7 + 4 of 'data.bin', which has 10");
}

TEST_F(Initialisers, OffsetIsNoNumber) {
  write("data.bin", "0123456789");
  addExternal("data.bin", "-1");
  expectError("offset '-1' isn't a number");
}

TEST_F(Initialisers, OutsideOfTheFolder) {
  addExternal("../../../../../../../../etc/passwd", "0");
  expectError("isn't a file inside the model's folder");
}

TEST_F(Initialisers, AtAnAbsolutePath) {
  addExternal("/etc/passwd", "0");
  expectError("isn't a path inside the model's folder");
}

TEST_F(Initialisers, InWhatIsNoFile) {
  addExternal(".", "0");
  expectError("isn't a file");
}

TEST_F(Initialisers, HugeDimensions) {
  add("huge", TensorProto::FLOAT, {int64_t(1) << 40, int64_t(1) << 40});
  expectError("initialiser 'huge' has impossible dimensions");
}

TEST_F(Initialisers, FewerBytesThanTheDimensionsSay) {
  add("short", TensorProto::FLOAT, {1000000}).add_float_data(1);
  expectError("'short' is 1000000 f32 and has 4 bytes");
}

TEST_F(Initialisers, TypesThatWeightsCanNotHave) {
  add("text", TensorProto::STRING, {1}).add_string_data("x");
  expectError("element type 8");
}

} // namespace convoy::weights::test
