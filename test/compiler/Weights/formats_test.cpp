// Files of every format against what PyTorch reads (sums.txt, see make_files.py), and against each other.
#include "test/compiler/Weights/Samples.h"

#include "compiler/Weights/WeightWriter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "gtest/gtest.h"

#include <fstream>
#include <sstream>

using namespace llvm;

namespace convoy::weights::test {

static uint32_t crc(uint32_t before, StringRef bytes) {
  return crc32(before, ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
}

/// The same as `sum_of` in make_files.py.
static std::string sumOf(const WeightFile &file) {
  auto entries = llvm::to_vector(llvm::make_pointer_range(file.entries()));
  llvm::sort(entries, [](const auto *a, const auto *b) { return a->name < b->name; });
  uint32_t total = 0;
  for (const WeightEntry *entry : entries) {
    std::string line;
    raw_string_ostream out(line);
    out << entry->name << ' ' << nameOf(entry->type) << ' ';
    llvm::interleave(entry->dims, out, "x");
    out << ' ' << format("%08x", crc(0, StringRef(entry->bytes.data(), entry->bytes.size()))) << '\n';
    total = crc(total, line);
  }
  std::string text;
  raw_string_ostream(text) << entries.size() << ' ' << format("%08x", total);
  return text;
}

static std::optional<std::string> bytesOfSample(StringRef name) {
  if (name.consume_front("shared/"))
    return readFile(sharedModel("pytorch/" + name.str()));
  if (name.consume_front("demo/"))
    return readFile(demoModel(name.str()));
  return sample(name.str());
}

TEST(Formats, PytorchFilesHoldWhatPytorchReads) {
  std::ifstream sums(std::string(CONVOY_SOURCE_DIR) + "/test/compiler/Weights/sums.txt");
  std::string line, absent;
  int compared = 0;
  while (std::getline(sums, line)) {
    std::istringstream words(line);
    std::string name, count, sum;
    words >> name >> count >> sum;
    if (name == "#")
      continue;
    auto bytes = bytesOfSample(name);
    if (!bytes) {
      absent += " " + name;
      continue;
    }
    auto file = parse(*bytes);
    ASSERT_TRUE(file) << name << ": " << file.error();
    EXPECT_EQ(sumOf(**file), count + " " + sum) << name;
    ++compared;
  }
  EXPECT_GE(compared, 6);
  if (!absent.empty())
    GTEST_SKIP() << "not here:" << absent;
}

TEST(Formats, ContentTellsTheFormat) {
  EXPECT_EQ((*parse(sample("model.zip.pth")))->format(), WeightFile::Format::PytorchZip);
  EXPECT_EQ((*parse(sample("model.legacy.pth")))->format(), WeightFile::Format::PytorchLegacy);
  EXPECT_EQ((*parse(safetensors("{}", 0)))->format(), WeightFile::Format::Safetensors);
  EXPECT_NE(errorOf("\x89PNG").find("holds no weights"), std::string::npos);
}

TEST(Formats, OneNetworkInTwoFormats) {
  auto pickled = WeightFile::open(sharedModel("pytorch/resnet20_cifar10.th"));
  auto safe = WeightFile::open(sharedModel("pytorch/resnet20_cifar10.safetensors"));
  if (!pickled || !safe)
    GTEST_SKIP() << "shared models aren't here";
  for (const WeightEntry &entry : (*safe)->entries()) {
    if (StringRef(entry.name).ends_with("num_batches_tracked")) // The older file has no such counters.
      continue;
    const WeightEntry *other = (*pickled)->find("module." + entry.name);
    other = other ? other : (*pickled)->find(entry.name);
    ASSERT_TRUE(other) << entry.name;
    EXPECT_EQ(other->bytes, entry.bytes) << entry.name;
  }
}

TEST(Formats, OnnxInitialisers) {
  auto model = WeightFile::open(sharedModel("onnx/resnet20_cifar10.onnx"));
  if (!model)
    GTEST_SKIP() << "shared models aren't here: " << model.error();
  EXPECT_EQ((*model)->format(), WeightFile::Format::Onnx);
  EXPECT_GT((*model)->entries().size(), 20u);
}

static std::string temporaryPath() {
  SmallString<128> path;
  sys::fs::createUniquePath("%%%%%%.safetensors", path, /*MakeAbsolute=*/true);
  return path.str().str();
}

static ArrayRef<char> chars(StringRef text) { return {text.data(), text.size()}; }

TEST(Writer, ReadsBackWhatItWrote) {
  std::string path = temporaryPath();
  WeightWriter writer(path);
  uint64_t bytesHash = writer.add("bytes", proto::U8, {3}, chars("abc"));
  writer.add("floats", proto::F32, {2, 1}, chars("12345678"));
  writer.add("empty", proto::F16, {0, 7}, {});
  writer.add("a \"quoted\" ß", proto::I64, {}, chars("12345678"));
  Status finished = writer.finish();
  ASSERT_TRUE(finished) << finished.error();
  auto file = WeightFile::openSafetensors(path);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ((*file)->entries().size(), 4u);
  auto bytes = (*file)->get("bytes", bytesHash);
  ASSERT_TRUE(bytes) << bytes.error();
  EXPECT_EQ((*bytes)->bytes, chars("abc"));
  const WeightEntry *floats = (*file)->find("floats");
  EXPECT_EQ(floats->dims, (SmallVector<int64_t, 4>{2, 1}));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(floats->bytes.data()) % 4, 0u) << "aligned to its elements";
  EXPECT_TRUE((*file)->find("a \"quoted\" ß"));
  EXPECT_NE((*file)->get("bytes", bytesHash + 1).error().find("other bytes"), std::string::npos);
  EXPECT_NE((*file)->get("nothing", 1).error().find("no entry 'nothing'"), std::string::npos);
  sys::fs::remove(path);
}

TEST(Writer, LeavesNothingWhenItFails) {
  std::string path = temporaryPath();
  {
    WeightWriter writer(path);
    writer.add("w", proto::U8, {3}, chars("abc"));
    writer.add("w", proto::U8, {3}, chars("abc"));
    EXPECT_NE(writer.finish().error().find("two entries of the name 'w'"), std::string::npos);
  }
  EXPECT_FALSE(sys::fs::exists(path));
  WeightWriter wrong(path);
  wrong.add("w", proto::F32, {3}, chars("abc"));
  EXPECT_NE(wrong.finish().error().find("don't fit"), std::string::npos);
  WeightWriter nowhere("/nonexistent/folder/x.safetensors");
  nowhere.add("w", proto::U8, {3}, chars("abc"));
  EXPECT_NE(nowhere.finish().error().find("can't be written"), std::string::npos);
}

} // namespace convoy::weights::test
