#include "compiler/Weights/WeightFile.h"
#include "compiler/Weights/Readers.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace convoy::weights {

int64_t WeightEntry::count() const { return static_cast<int64_t>(bytes.size()) / sizeOf(type); }

uint64_t hashOf(ArrayRef<char> bytes) {
  return xxh3_64bits(ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
}

static std::string describe(DataType type, ArrayRef<int64_t> dims) {
  std::string text;
  for (int64_t dim : dims)
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  return (text.empty() ? "scalar " : text + " ") + nameOf(type).str();
}

std::string describe(const WeightEntry &entry) { return describe(entry.type, entry.dims); }

const WeightEntry *WeightFile::find(StringRef name) const {
  auto position = positions.find(name);
  return position == positions.end() ? nullptr : &tensors[position->second];
}

Result<const WeightEntry *> WeightFile::get(StringRef name, uint64_t hash) const {
  const WeightEntry *entry = find(name);
  if (!entry)
    return Error{file + ": has no entry '" + name.str() + "'; it isn't the weight file of this module"};
  if (hashOf(entry->bytes) != hash)
    return Error{file + ": entry '" + name.str() + "' has other bytes than the module was made for; import it again"};
  return entry;
}

//===-- Opening ---------------------------------------------------------------------------------===//

/// The length of a safetensors header and its opening brace. No header is as long as 4 GiB.
static bool looksLikeSafetensors(StringRef bytes) {
  return bytes.size() > 8 && bytes[8] == '{' && support::endian::read32le(bytes.data() + 4) == 0;
}

static bool looksLikePickle(StringRef bytes) {
  return bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 1 && bytes[1] <= 5;
}

static Opened parseAny(std::unique_ptr<MemoryBuffer> buffer, const std::string &name) {
  StringRef bytes = buffer->getBuffer();
  if (looksLikeSafetensors(bytes))
    return readSafetensors(std::move(buffer), name);
  if (bytes.starts_with("PK\x03\x04"))
    return readPytorchZip(std::move(buffer), name);
  if (looksLikePickle(bytes))
    return readPytorchLegacy(std::move(buffer), name);
  if (bytes.starts_with("\x08"))
    return readOnnx(std::move(buffer), name);
  return Error{"holds no weights: it is neither safetensors nor a file of PyTorch nor an ONNX model"};
}

static Opened withName(Opened opened, const std::string &name) {
  return opened ? std::move(opened) : Opened(Error{name + ": " + opened.error()});
}

Opened WeightFile::parse(std::unique_ptr<MemoryBuffer> buffer, const std::string &name) {
  return withName(parseAny(std::move(buffer), name), name);
}

/// Devices and pipes may never end.
static ErrorOr<std::unique_ptr<MemoryBuffer>> readRegular(const std::string &path) {
  sys::fs::file_status status;
  if (std::error_code code = sys::fs::status(path, status))
    return code;
  if (!sys::fs::is_regular_file(status))
    return std::make_error_code(std::errc::invalid_argument);
  return MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
}

static Opened openWith(const std::string &path, Opened (*read)(std::unique_ptr<MemoryBuffer>, const std::string &)) {
  auto buffer = readRegular(path);
  if (!buffer)
    return Error{path + ": can't be read: " + buffer.getError().message()};
  return withName(read(std::move(*buffer), path), path);
}

Opened WeightFile::open(const std::string &path) { return openWith(path, parseAny); }

Opened WeightFile::openSafetensors(const std::string &path) { return openWith(path, readSafetensors); }

//===-- Building --------------------------------------------------------------------------------===//

WeightFileBuilder::WeightFileBuilder(WeightFile::Format format, const std::string &path) : file(new WeightFile) {
  file->kind = format;
  file->file = path;
}

ArrayRef<char> WeightFileBuilder::own(std::vector<char> bytes) {
  file->owned.push_back(std::move(bytes));
  return file->owned.back();
}

Status WeightFileBuilder::add(WeightEntry entry) {
  std::optional<int64_t> size = bytesOf(entry.type, entry.dims);
  if (!size || static_cast<uint64_t>(*size) != entry.bytes.size())
    return Error{"entry '" + entry.name + "' is " + describe(entry) + " and has " + std::to_string(entry.bytes.size()) +
                 " bytes"};
  if (!file->positions.try_emplace(entry.name, file->tensors.size()).second)
    return Error{"the name '" + entry.name + "' stands there twice"};
  file->tensors.push_back(std::move(entry));
  return ok();
}

std::unique_ptr<WeightFile> WeightFileBuilder::take(std::unique_ptr<MemoryBuffer> buffer) {
  file->mapped = std::move(buffer);
  return std::move(file);
}

} // namespace convoy::weights
