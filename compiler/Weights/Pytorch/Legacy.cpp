#include "compiler/Weights/Pytorch/StateDict.h"

#include "llvm/Support/Endian.h"

using namespace llvm;

namespace convoy::weights {

/// 0x1950a86a20f9469cfc6c.
static constexpr StringLiteral magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");

/// What stands before the state dictionary: magic number, version of the format, facts of the machine.
static Status readPreamble(pickle::Reader &reader) {
  auto number = reader.read();
  if (!number)
    return Error{number.error()};
  if (!(*number)->is(pickle::Value::BigInt) || (*number)->text != magic)
    return Error{"is a pickle, but wasn't written by torch.save"};
  auto version = reader.read();
  if (!version || (*version)->integer != 1001)
    return Error{"is of an unknown version of PyTorch's format"};
  auto machine = reader.read();
  if (!machine)
    return Error{machine.error()};
  if (auto *little = (*machine)->get("little_endian"); !little || little->integer != 1)
    return Error{"isn't little-endian"};
  return ok();
}

/// The storages stand at the end: for each key that the last pickle lists, the number of elements and their bytes. How
/// large an element is, the tensors say.
static Status readStorages(pickle::Reader &reader, StringRef bytes, StringMap<StringRef> &places) {
  auto keys = reader.read();
  if (!keys)
    return Error{keys.error()};
  size_t at = reader.position();
  for (pickle::Value *key : (*keys)->items) {
    auto size = reader.elementBytes(key->text);
    if (!size)
      return Error{"storage '" + key->text.str() + "' belongs to no tensor"};
    if (bytes.size() - at < 8)
      return Error{"is cut off before storage '" + key->text.str() + "'"};
    uint64_t count = support::endian::read64le(bytes.data() + at);
    at += 8;
    if (count > (bytes.size() - at) / static_cast<uint64_t>(*size))
      return Error{"is cut off in storage '" + key->text.str() + "', which should have " + std::to_string(count) +
                   " elements"};
    places[key->text] = bytes.substr(at, count * *size);
    at += count * *size;
  }
  return ok();
}

Opened readPytorchLegacy(std::unique_ptr<MemoryBuffer> buffer, const std::string &name) {
  StringRef bytes = buffer->getBuffer();
  pickle::Reader reader(bytes);
  if (Status preamble = readPreamble(reader); !preamble)
    return Error{preamble.error()};
  auto root = reader.read();
  if (!root)
    return Error{root.error()};
  StringMap<StringRef> places;
  if (Status read = readStorages(reader, bytes, places); !read)
    return Error{read.error()};
  auto find = [&](const pickle::Value &storage) -> Result<ArrayRef<char>> {
    auto place = places.find(storage.text);
    auto size = bytesOf(storage.type, storage.integer);
    if (place == places.end() || !size || static_cast<uint64_t>(*size) != place->second.size())
      return Error{"storage '" + storage.text.str() + "' isn't there, or hasn't " + std::to_string(storage.integer) +
                   " elements"};
    return ArrayRef<char>(place->second.data(), place->second.size());
  };
  WeightFileBuilder builder(WeightFile::Format::PytorchLegacy, name);
  if (Status added = addStateDict(**root, find, builder); !added)
    return Error{added.error()};
  return builder.take(std::move(buffer));
}

} // namespace convoy::weights
