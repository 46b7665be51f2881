// Files that are broken or mean harm: a message each, never a crash.
#include "test/compiler/Weights/Samples.h"

#include "gtest/gtest.h"

namespace convoy::weights::test {

static void expectError(const std::string &bytes, const std::string &message) {
  std::string error = errorOf(bytes);
  EXPECT_NE(error.find(message), std::string::npos) << "got: " << error;
}

static void expectHeaderError(const std::string &entries, size_t dataBytes, const std::string &message) {
  expectError(safetensors(entries, dataBytes), message);
}

TEST(Safetensors, HeaderIsChecked) {
  EXPECT_EQ(errorOf(safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8)), "");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 7, "cut off");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9, "need 8 bytes");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "'a' is 3 f32 and has 8 bytes");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}})", 8, "negative number");
  expectHeaderError(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", 8, "type 'F31'");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "overlap");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[2]}})", 0, "lacks");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8, "two data_offsets");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", 8, "unknown key 'x'");
  expectHeaderError(R"({"a":{"dtype":"F32",})", 8, "no JSON at byte");
  expectHeaderError("{" + std::string(100000, '['), 0, "broken");
}

TEST(Safetensors, SizesAndPlacesAreChecked) {
  std::string entry = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  expectHeaderError("{" + entry + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})", 6, "overlap");
  expectHeaderError("{" + entry + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}})", 8, "hole");
  expectHeaderError("{" + entry + "," + entry + "}", 4, "stands there twice");
  expectHeaderError(R"({"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0, "has 0 bytes");
  expectHeaderError(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,99999999999999999999]}})", 0, "broken");
  std::string huge("\xff\xff\xff\xff\x00\x00\x00\x00{", 9);
  expectError(huge, "header has 4294967295 bytes");
}

TEST(Pickle, OtherFunctionsAreRefusedByName) {
  expectError(legacyFile("\x80\x02"
                         "cposix\nsystem\n(X\x04\0\0\0true\x85R."),
              "'posix.system', which isn't allowed");
  expectError(legacyFile("\x80\x04\x8c\x08"
                         "builtins\x8c\x04"
                         "eval\x93."),
              "'builtins.eval'");
  expectError(legacyFile("\x80\x02(i__main__\nThing\n."), "instruction 105");
  expectError(sample("refused/module.legacy.pth"), "'torch.nn.modules.linear.Linear'");
}

TEST(Pickle, StackAndMemoAreChecked) {
  expectError(legacyFile("\x80\x02."), "empty stack");
  expectError(legacyFile("\x80\x02t."), "lacks a mark");
  expectError(legacyFile("\x80\x02h\x05."), "never stored");
  expectError(legacyFile("\x80\x02)R."), "empty stack");
  expectError(legacyFile("\x80\x02))R."), "broken call");
  expectError(legacyFile("\x80\x02]K\x01u."), "lacks a mark");
  expectError(legacyFile("\x80\x02])Q."), "broken storage");
  expectError(legacyFile("\x80\x02K\x01.", "\x80\x02]."), "no dictionary of tensors");
  expectError(legacyFile("\x80\x02X\xff\xff\xff\x7f"), "cut off");
}

TEST(Pickle, MemoryIsBounded) {
  expectError(legacyFile("\x80\x02" + std::string(3 << 20, ')')), "more than 1048576 values");
  // A list of 50,000 pairs, made a dictionary again and again.
  std::string copies = "\x80\x02"
                       "ccollections\nOrderedDict\nq\x01](K\x01K\x02\x86q\x02";
  for (int i = 0; i < 50000; ++i)
    copies += "h\x02";
  copies += "e\x85q\x03";
  for (int i = 0; i < 50000; ++i)
    copies += "h\x01h\x03R";
  expectError(legacyFile(copies + "."), "copies too many items");
}

TEST(Zip, OtherArchivesAreRefused) {
  expectError(sample("refused/big_endian.zip.pth"), "isn't little-endian");
  expectError(sample("refused/compressed.zip.pth"), "is compressed");
  expectError(sample("refused/torchscript.zip.pth"), "is a TorchScript program");
  expectError(sample("refused/no_pickle.zip.pth"), "without FOLDER/data.pkl");
  expectError(sample("refused/no_storage.zip.pth"), "has no entry 'model.zip/data/0'");
}

TEST(Files, EveryTruncationIsAnError) {
  for (const char *name : {"model.zip.pth", "model.legacy.pth"}) {
    std::string bytes = sample(name);
    for (size_t length = 0; length < bytes.size(); ++length)
      EXPECT_NE(errorOf(bytes.substr(0, length)), "") << name << " cut to " << length;
  }
}

TEST(Files, NoFlippedBitCrashes) {
  int refused = 0;
  for (const char *name : {"model.zip.pth", "model.legacy.pth"}) {
    std::string bytes = sample(name);
    for (size_t i = 0; i < bytes.size() * 8; ++i) {
      bytes[i / 8] ^= 1 << (i % 8);
      refused += !errorOf(bytes).empty();
      bytes[i / 8] ^= 1 << (i % 8);
    }
  }
  EXPECT_GT(refused, 1000);
}

} // namespace convoy::weights::test
