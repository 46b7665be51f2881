#include "tools/convoy/calibrate/Arrays.h"

#include "runtime/data/npy.h"
#include "tools/convoy/Text.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <zip.h>

namespace convoy::tools {

namespace {
struct CloseZip {
  void operator()(zip_t *archive) const { zip_discard(archive); }
  void operator()(zip_file_t *file) const { zip_fclose(file); }
};
} // namespace

/// More than that is no array of samples.
static constexpr uint64_t mostBytes = uint64_t(1) << 34;

static Result<HostTensor> parse(const std::vector<unsigned char> &bytes, const std::string &name) {
  convoy_tensor tensor = {};
  convoy_error error = {};
  if (convoy_npy_parse(bytes.data(), bytes.size(), name.c_str(), &tensor, &error))
    return Error{error.message};
  return HostTensor::adopt(tensor);
}

/// Memory grows with what comes out of the archive, not with what it claims to hold.
static Result<std::vector<unsigned char>> readEntry(zip_t *archive, uint64_t index, const std::string &name) {
  std::unique_ptr<zip_file_t, CloseZip> file(zip_fopen_index(archive, index, 0));
  std::vector<unsigned char> bytes;
  constexpr size_t piece = size_t(1) << 20;
  int64_t got = file ? 1 : -1;
  while (got > 0) {
    size_t size = bytes.size();
    bytes.resize(size + piece);
    got = zip_fread(file.get(), bytes.data() + size, piece);
    bytes.resize(size + static_cast<size_t>(std::max<int64_t>(got, 0)));
    if (bytes.size() > mostBytes)
      return Error{name + ": more than 16 GiB"};
  }
  if (got < 0)
    return Error{name + ": broken: cut off, or its check sum is wrong"};
  return bytes;
}

static std::vector<std::string> namesOf(zip_t *archive) {
  std::vector<std::string> names;
  int64_t count = zip_get_num_entries(archive, 0);
  for (int64_t i = 0; i < count; ++i) {
    const char *text = zip_get_name(archive, static_cast<uint64_t>(i), 0);
    std::string name = text ? text : "";
    if (name.size() > 4 && name.ends_with(".npy"))
      name.resize(name.size() - 4);
    names.push_back(name);
  }
  return names;
}

Result<std::vector<std::pair<std::string, HostTensor>>> readNpz(const std::string &path,
                                                                const std::vector<std::string> &wanted) {
  int code = 0;
  std::unique_ptr<zip_t, CloseZip> archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string message = zip_error_strerror(&error);
    zip_error_fini(&error);
    return Error{path + ": no .npz archive: " + message};
  }
  std::vector<std::pair<std::string, HostTensor>> arrays;
  std::vector<std::string> names = namesOf(archive.get());
  for (const std::string &name : wanted) {
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end() && wanted.size() == 1 && names.size() == 1)
      found = names.begin();
    if (found == names.end())
      return Error{path + ": no array '" + name + "', as the network's input is called" + suggestion(name, names)};
    std::string full = path + ": " + *found;
    auto bytes = readEntry(archive.get(), static_cast<uint64_t>(found - names.begin()), full);
    if (!bytes)
      return Error{bytes.error()};
    auto tensor = parse(*bytes, full);
    if (!tensor)
      return Error{tensor.error()};
    arrays.emplace_back(*found, std::move(*tensor));
  }
  return arrays;
}

Result<HostTensor> readNpyFile(const std::string &path) {
  convoy_tensor tensor = {};
  convoy_error error = {};
  if (convoy_npy_read(path.c_str(), &tensor, &error))
    return Error{error.message};
  return HostTensor::adopt(tensor);
}

Status checkFinite(const convoy_tensor &tensor, const std::string &path) {
  if (tensor.type != CONVOY_F32)
    return ok();
  const auto *numbers = static_cast<const float *>(tensor.data);
  size_t count = convoy_tensor_bytes(&tensor) / sizeof(float);
  for (size_t i = 0; i < count; ++i)
    if (!std::isfinite(numbers[i]))
      return Error{path + ": element " + std::to_string(i) +
                   " is NaN or infinite; a sample is what the network sees in use: remove or repair it"};
  return ok();
}

} // namespace convoy::tools
