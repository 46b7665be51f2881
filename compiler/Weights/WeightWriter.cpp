#include "compiler/Weights/WeightWriter.h"
#include "compiler/Weights/Safetensors.h"
#include "compiler/Weights/WeightFile.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <nlohmann/json.hpp>

using namespace llvm;

namespace convoy::weights {

/// Where the bytes of all entries start: a multiple of this many bytes into the file.
static constexpr size_t dataAlignment = 64;

static std::string temporaryBeside(const std::string &path) {
  SmallString<128> name;
  sys::fs::createUniquePath(path + ".%%%%%%%%.tmp", name, /*MakeAbsolute=*/false);
  return name.str().str();
}

WeightWriter::WeightWriter(std::string path) : path(std::move(path)), dataPath(temporaryBeside(this->path)) {
  std::error_code code;
  data = std::make_unique<raw_fd_ostream>(dataPath, code);
  if (code)
    fail("can't be written: " + code.message());
}

WeightWriter::~WeightWriter() {
  data->clear_error(); // The stream must not end the program; `finish` has told what was wrong.
  data.reset();
  sys::fs::remove(dataPath);
}

void WeightWriter::fail(const std::string &message) {
  if (error.empty())
    error = path + ": " + message;
}

uint64_t WeightWriter::add(StringRef name, DataType type, ArrayRef<int64_t> dims, ArrayRef<char> bytes) {
  if (!names.insert(name).second)
    fail("would have two entries of the name '" + name.str() + "'");
  if (!llvm::json::isUTF8(name))
    fail("an entry has a name that isn't UTF-8: '" + llvm::json::fixUTF8(name) + "'");
  std::optional<int64_t> size = bytesOf(type, dims);
  if (sizeOf(type) == 0 || !size || static_cast<uint64_t>(*size) != bytes.size())
    fail("entry '" + name.str() + "' has bytes that don't fit its dimensions");
  if (error.empty()) {
    entries.push_back({name.str(), type, SmallVector<int64_t, 4>(dims), static_cast<int64_t>(data->tell()),
                       static_cast<int64_t>(bytes.size())});
    data->write(bytes.data(), bytes.size());
  }
  return hashOf(bytes);
}

std::string WeightWriter::headerOf(ArrayRef<Entry> sorted) const {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  int64_t at = 0;
  for (const Entry &entry : sorted) {
    header[entry.name] = {{"dtype", safetensors::dtypeOf(entry.type).str()},
                          {"shape", std::vector<int64_t>(entry.dims.begin(), entry.dims.end())},
                          {"data_offsets", {at, at + entry.size}}};
    at += entry.size;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize(alignTo(text.size() + 8, dataAlignment) - 8, ' ');
  return text;
}

Status WeightWriter::writeFile(const std::string &temporary) {
  llvm::sort(entries, [](const Entry &a, const Entry &b) {
    return std::make_pair(-sizeOf(a.type), a.offset) < std::make_pair(-sizeOf(b.type), b.offset);
  });
  std::string header = headerOf(entries);
  if (header.size() > safetensors::longestHeader)
    return Error{path + ": the names of its entries are too long"};
  auto bytes = MemoryBuffer::getFile(dataPath, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!bytes)
    return Error{path + ": can't be read back: " + bytes.getError().message()};
  std::error_code code;
  raw_fd_ostream out(temporary, code);
  if (code)
    return Error{path + ": can't be written: " + code.message()};
  char length[8];
  support::endian::write64le(length, header.size());
  out.write(length, sizeof(length));
  out << header;
  for (const Entry &entry : entries)
    out << (*bytes)->getBuffer().substr(entry.offset, entry.size);
  out.close();
  if (out.has_error()) {
    code = out.error();
    out.clear_error();
    return Error{path + ": can't be written: " + code.message()};
  }
  return ok();
}

Status WeightWriter::finish() {
  data->flush();
  if (data->has_error())
    fail("can't be written: " + data->error().message());
  data->clear_error();
  if (!error.empty())
    return Error{error};
  std::string temporary = temporaryBeside(path);
  Status written = writeFile(temporary);
  if (std::error_code code; written && (code = sys::fs::rename(temporary, path)))
    written = Error{path + ": can't be put in its place: " + code.message()};
  if (!written)
    sys::fs::remove(temporary);
  return written;
}

} // namespace convoy::weights
