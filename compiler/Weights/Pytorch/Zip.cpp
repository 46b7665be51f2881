#include "compiler/Weights/Pytorch/StateDict.h"

#include <memory>
#include <zip.h>

using namespace llvm;

namespace convoy::weights {

namespace {
struct Discard {
  void operator()(zip_t *archive) const { zip_discard(archive); }
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};

/// An archive in memory. PyTorch stores its entries without compression, so that no more bytes can come out than the
/// archive has; overlapping entries are counted.
class Archive {
public:
  static Result<Archive> open(StringRef bytes);

  /// Its folder: entries are FOLDER/data.pkl, FOLDER/data/0, ...
  Result<std::string> folder() const;
  bool has(const std::string &name) const { return zip_name_locate(archive.get(), name.c_str(), 0) >= 0; }
  Result<std::vector<char>> read(const std::string &name);

private:
  std::unique_ptr<zip_t, Discard> archive;
  uint64_t left = 0; ///< Bytes that may still come out.
};
} // namespace

Result<Archive> Archive::open(StringRef bytes) {
  zip_error_t error;
  zip_error_init(&error);
  Archive opened;
  if (zip_source_t *source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error)) {
    opened.archive.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!opened.archive)
      zip_source_free(source);
  }
  std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!opened.archive)
    return Error{"is a broken zip archive: " + message};
  opened.left = bytes.size();
  return opened;
}

Result<std::string> Archive::folder() const {
  int64_t count = zip_get_num_entries(archive.get(), 0);
  for (int64_t i = 0; i < count; ++i) {
    const char *text = zip_get_name(archive.get(), static_cast<uint64_t>(i), 0);
    StringRef name = text ? text : "";
    if (name.consume_back("/data.pkl") && !name.contains('/'))
      return name.str();
  }
  return Error{"is a zip archive without FOLDER/data.pkl; it wasn't written by torch.save"};
}

Result<std::vector<char>> Archive::read(const std::string &name) {
  zip_stat_t stat;
  if (zip_stat(archive.get(), name.c_str(), 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE))
    return Error{"the archive has no entry '" + name + "'"};
  if (stat.comp_method != ZIP_CM_STORE || stat.size > left)
    return Error{"entry '" + name + "' is compressed or larger than the archive; torch.save writes no such entries"};
  left -= stat.size;
  std::unique_ptr<zip_file_t, Discard> file(zip_fopen_index(archive.get(), stat.index, 0));
  std::vector<char> bytes(stat.size);
  int64_t got = file ? zip_fread(file.get(), bytes.data(), bytes.size()) : -1;
  // The check sum is compared when the end is read.
  char beyond;
  if (got != static_cast<int64_t>(bytes.size()) || zip_fread(file.get(), &beyond, 1) != 0)
    return Error{"entry '" + name + "' is broken: cut off, or its check sum is wrong"};
  return bytes;
}

namespace {
/// Reads each storage once.
class Storages {
public:
  Storages(Archive &archive, std::string folder, WeightFileBuilder &builder)
      : archive(archive), folder(std::move(folder)), builder(builder) {}

  Result<ArrayRef<char>> find(const pickle::Value &storage) {
    auto [entry, isNew] = known.try_emplace(storage.text);
    if (isNew) {
      auto bytes = archive.read(folder + "/data/" + storage.text.str());
      if (!bytes)
        return Error{bytes.error()};
      entry->second = builder.own(std::move(*bytes));
    }
    auto size = bytesOf(storage.type, storage.integer);
    if (!size || static_cast<uint64_t>(*size) != entry->second.size())
      return Error{"storage '" + storage.text.str() + "' hasn't " + std::to_string(storage.integer) + " elements"};
    return entry->second;
  }

private:
  Archive &archive;
  std::string folder;
  WeightFileBuilder &builder;
  StringMap<ArrayRef<char>> known;
};
} // namespace

Opened readPytorchZip(std::unique_ptr<MemoryBuffer> buffer, const std::string &name) {
  auto archive = Archive::open(buffer->getBuffer());
  if (!archive)
    return Error{archive.error()};
  auto folder = archive->folder();
  if (!folder)
    return Error{folder.error()};
  if (archive->has(*folder + "/constants.pkl"))
    return Error{"is a TorchScript program, of which no weights are read. Save them alone: "
                 "torch.save(model.state_dict(), FILE)"};
  if (archive->has(*folder + "/byteorder"))
    if (auto order = archive->read(*folder + "/byteorder");
        !order || StringRef(order->data(), order->size()) != "little")
      return Error{"isn't little-endian"};
  auto program = archive->read(*folder + "/data.pkl");
  if (!program)
    return Error{program.error()};
  pickle::Reader reader(StringRef(program->data(), program->size()));
  auto root = reader.read();
  if (!root)
    return Error{root.error()};
  WeightFileBuilder builder(WeightFile::Format::PytorchZip, name);
  Storages storages(*archive, *folder, builder);
  Status added = addStateDict(**root, [&](const pickle::Value &storage) { return storages.find(storage); }, builder);
  if (!added)
    return Error{added.error()};
  return builder.take(std::move(buffer));
}

} // namespace convoy::weights
