#include "test/compiler/Weights/Samples.h"

#include "gtest/gtest.h"

#include <cstdlib>
#include <cstring>

using namespace llvm;

namespace convoy::weights::test {

std::optional<std::string> readFile(const std::string &path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  return buffer ? std::optional((*buffer)->getBuffer().str()) : std::nullopt;
}

std::string sample(const std::string &name) {
  auto bytes = readFile(std::string(CONVOY_SOURCE_DIR) + "/test/compiler/Weights/data/" + name);
  EXPECT_TRUE(bytes) << name;
  return bytes.value_or("");
}

std::string sharedModel(const std::string &path) {
  const char *shared = std::getenv("CONVOY_SHARED");
  return (shared ? std::string(shared) : std::string(CONVOY_SOURCE_DIR) + "/../shared") + "/models/" + path;
}

std::string demoModel(const std::string &name) { return std::string(CONVOY_SOURCE_DIR) + "/build/models/" + name; }

Result<std::unique_ptr<WeightFile>> parse(const std::string &bytes) {
  return WeightFile::parse(MemoryBuffer::getMemBufferCopy(bytes), "file");
}

std::string errorOf(const std::string &bytes) {
  auto file = parse(bytes);
  return file ? "" : file.error();
}

static std::string littleEndian(uint64_t number, size_t count) {
  std::string bytes(count, '\0');
  std::memcpy(bytes.data(), &number, count);
  return bytes;
}

std::string safetensors(const std::string &header, size_t dataBytes) {
  return littleEndian(header.size(), 8) + header + std::string(dataBytes, '\1');
}

std::string legacyFile(const std::string &pickle, const std::string &rest) {
  std::string magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  std::string version("\x80\x02M\xe9\x03.", 6);
  std::string machine = "\x80\x02}X" + littleEndian(13, 4) + "little_endian\x88s.";
  return magic + version + machine + pickle + rest;
}

} // namespace convoy::weights::test
