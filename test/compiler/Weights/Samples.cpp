#include "test/compiler/Weights/Samples.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <cstring>
#include <zip.h>

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

std::optional<std::string> fromWheel(const std::string &wheelPrefix, const std::string &fileName) {
  std::error_code code;
  for (sys::fs::directory_iterator file(std::string(CONVOY_BINARY_DIR) + "/downloads", code), end; !code && file != end;
       file.increment(code)) {
    if (!sys::path::filename(file->path()).starts_with(wheelPrefix))
      continue;
    zip_t *wheel = zip_open(file->path().c_str(), ZIP_RDONLY, nullptr);
    zip_int64_t index = zip_name_locate(wheel, fileName.c_str(), ZIP_FL_NODIR);
    zip_stat_t stat;
    EXPECT_GE(index, 0) << fileName;
    EXPECT_EQ(zip_stat_index(wheel, index, 0, &stat), 0);
    std::string bytes(stat.size, '\0');
    zip_file_t *entry = zip_fopen_index(wheel, index, 0);
    EXPECT_EQ(zip_fread(entry, bytes.data(), bytes.size()), static_cast<zip_int64_t>(bytes.size()));
    zip_fclose(entry);
    zip_discard(wheel);
    return bytes;
  }
  return std::nullopt;
}

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
