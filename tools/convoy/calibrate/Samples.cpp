#include "tools/convoy/calibrate/Samples.h"

#include "tools/convoy/Text.h"
#include "tools/convoy/calibrate/Arrays.h"
#include "tools/convoy/io/Shapes.h"
#include "tools/convoy/io/picture/Picture.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace fs = std::filesystem;

namespace convoy::tools {

namespace {

std::string endOf(const fs::path &path) {
  std::string end = path.extension().string();
  for (char &c : end)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return end;
}

bool isPicture(const fs::path &path) {
  std::string end = endOf(path);
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

bool isSample(const fs::path &path) { return isPicture(path) || endOf(path) == ".npy" || endOf(path) == ".npz"; }

/// All samples below a folder, in alphabetical order; hidden files aside.
Result<std::vector<std::string>> listSamples(const std::string &folder) {
  std::vector<std::string> paths;
  std::error_code failed;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::follow_directory_symlink, failed), end;
  for (; !failed && entries != end; entries.increment(failed)) {
    bool isHidden = entries->path().filename().string().starts_with(".");
    if (isHidden && entries->is_directory())
      entries.disable_recursion_pending();
    if (!isHidden && !entries->is_directory() && isSample(entries->path()))
      paths.push_back(entries->path().string());
  }
  if (failed)
    return Error{folder + ": " + failed.message()};
  std::sort(paths.begin(), paths.end());
  return paths;
}

Status checkFolder(const std::string &folder) {
  std::error_code failed;
  if (!fs::exists(folder, failed))
    return Error{"--calibrate: " + folder + ": no such folder"};
  if (!fs::is_directory(folder, failed))
    return Error{"--calibrate: " + folder + ": not a folder; give the one that holds the pictures"};
  return ok();
}

Error noSamples(const std::string &folder) {
  return Error{"--calibrate: " + folder +
               ": holds no samples: pictures (.png, .jpg) or arrays (.npy, .npz) like those the network will see"};
}

/// The extent of the batch that an input has; 1 where it is open.
int64_t batchOf(const convoy_value &value) { return value.rank > 0 && value.dims[0] > 0 ? value.dims[0] : 1; }

/// Whether a tensor's dimensions from `skip` on are those that the input has behind its first.
bool fitsBehindBatch(const convoy_value &value, const convoy_tensor &tensor, int32_t skip) {
  for (int32_t i = 1; i < value.rank; ++i)
    if (value.dims[i] >= 0 && value.dims[i] != tensor.dims[i - 1 + skip])
      return false;
  return true;
}

Error wrongShape(const std::string &path, const convoy_tensor &tensor, const convoy_value &value,
                 const convoy_module &module) {
  std::string message = path + ": holds " + describeTensor(tensor) + ", input '" + value.name + "' takes " +
                        convoy_type_name(value.type) + " " + describeValue(module, value) +
                        " (an array may hold several samples along the first dimension)";
  if (tensor.type != value.type)
    message += std::string("; numpy's astype gives ") + convoy_type_name(value.type);
  return Error{message};
}

} // namespace

Status Samples::check(const std::string &folder, const std::string &preprocess) {
  if (auto done = checkFolder(folder); !done)
    return done;
  if (!preprocess.empty())
    if (auto known = parsePreprocess(preprocess); !known)
      return Error{known.error()};
  auto paths = listSamples(folder);
  if (!paths)
    return Error{paths.error()};
  return paths->empty() ? Status(noSamples(folder)) : ok();
}

Result<Samples> Samples::open(const std::string &folder, const std::string &preprocess, const convoy_module &module) {
  Samples samples;
  samples.preprocess = preprocess;
  samples.items.resize(static_cast<size_t>(module.input_count));
  if (auto done = checkFolder(folder); !done)
    return Error{done.error()};
  bool byName = module.input_count > 1;
  for (int32_t input = 0; input < module.input_count; ++input) {
    std::string place = byName ? folder + "/" + module.inputs[input].name : folder;
    if (byName && !fs::is_directory(place))
      continue;
    auto paths = listSamples(place);
    if (!paths)
      return Error{paths.error()};
    for (const std::string &path : *paths)
      if (auto done = samples.addFile(path, input, module); !done)
        return Error{done.error()};
    samples.batch = std::max(samples.batch, batchOf(module.inputs[input]));
  }
  if (byName) {
    auto paths = listSamples(folder);
    if (!paths)
      return Error{paths.error()};
    for (const std::string &path : *paths)
      if (endOf(path) == ".npz")
        if (auto done = samples.addArchive(path, module); !done)
          return Error{done.error()};
  }
  if (auto done = samples.checkCounts(folder, module); !done)
    return Error{done.error()};
  return samples;
}

Status Samples::checkCounts(const std::string &folder, const convoy_module &module) const {
  bool isEmpty = std::all_of(items.begin(), items.end(), [](const auto &list) { return list.empty(); });
  if (isEmpty && items.size() == 1)
    return noSamples(folder);
  for (size_t input = 0; input < items.size(); ++input) {
    const char *name = module.inputs[input].name;
    if (items[input].empty())
      return Error{"--calibrate: " + folder + ": nothing for input '" + name +
                   "': a network with several inputs takes a sub-folder for each, of its name, or .npz files with an "
                   "array for each"};
    if (items[input].size() != items[0].size())
      return Error{
          format("--calibrate: %s: %zu samples for input '%s' and %zu for '%s'; they belong together one by one",
                 folder.c_str(), items[0].size(), module.inputs[0].name, items[input].size(), name)};
  }
  return ok();
}

Status Samples::addFile(const std::string &path, int32_t input, const convoy_module &module) {
  auto &list = items[static_cast<size_t>(input)];
  if (isPicture(path)) {
    if (preprocess.empty())
      return Error{path + ": say with --preprocess what the network expects of a picture: imagenet, unit, tf or raw"};
    list.push_back({path, "", 0, true});
    return ok();
  }
  if (endOf(path) == ".npz")
    return items.size() > 1 ? ok() : addArchive(path, module);
  auto tensor = readNpyFile(path);
  return tensor ? addArray(*tensor, Item{path, "", 0, false}, input, module) : Status(Error{tensor.error()});
}

Status Samples::addArchive(const std::string &path, const convoy_module &module) {
  std::vector<std::string> names;
  for (int32_t input = 0; input < module.input_count; ++input)
    names.push_back(module.inputs[input].name);
  auto arrays = readNpz(path, names);
  if (!arrays)
    return Error{arrays.error()};
  for (int32_t input = 0; input < module.input_count; ++input) {
    const auto &[name, array] = (*arrays)[static_cast<size_t>(input)];
    if (auto done = addArray(array, Item{path, name, 0, false}, input, module); !done)
      return done;
  }
  return ok();
}

Status Samples::addArray(const HostTensor &array, Item item, int32_t input, const convoy_module &module) {
  const convoy_tensor &tensor = array.tensor;
  const convoy_value &value = module.inputs[input];
  bool isBatch = tensor.rank == value.rank && value.rank > 0;
  bool isOne = tensor.rank + 1 == value.rank;
  if (tensor.type != value.type || !(isBatch || isOne || value.rank == 0) ||
      !fitsBehindBatch(value, tensor, isBatch ? 1 : 0))
    return wrongShape(item.path, tensor, value, module);
  int64_t count = isBatch ? tensor.dims[0] : 1;
  if (count == 0)
    return Error{item.path + ": an array without elements"};
  if (auto done = checkFinite(tensor, item.path); !done)
    return done;
  for (item.index = 0; item.index < count; ++item.index)
    items[static_cast<size_t>(input)].push_back(item);
  return ok();
}

size_t Samples::runs() const {
  return (items.front().size() + static_cast<size_t>(batch) - 1) / static_cast<size_t>(batch);
}

std::string Samples::name(size_t run) const {
  const Item &item = items.front()[run * static_cast<size_t>(batch) % items.front().size()];
  return item.isPicture ? item.path : item.path + "[" + std::to_string(item.index) + "]";
}

Result<const HostTensor *> Samples::arrayOf(const Item &item) {
  std::string key = item.path + ":" + item.array;
  if (auto found = last.find(key); found != last.end())
    return &found->second;
  if (last.size() >= items.size())
    last.clear();
  if (item.array.empty()) {
    auto tensor = readNpyFile(item.path);
    if (!tensor)
      return Error{tensor.error()};
    return &(last[key] = std::move(*tensor));
  }
  auto arrays = readNpz(item.path, {item.array});
  if (!arrays)
    return Error{arrays.error()};
  return &(last[key] = std::move(arrays->front().second));
}

/// One sample, of extent 1 along the first dimension.
Result<HostTensor> Samples::readSample(const Item &item, int32_t input, const convoy_module &module) {
  const convoy_value &value = module.inputs[input];
  if (item.isPicture)
    return readPicture(item.path, *parsePreprocess(preprocess), module, input);
  auto array = arrayOf(item);
  if (!array)
    return Error{array.error()};
  const convoy_tensor &all = (*array)->tensor;
  bool isBatch = all.rank == value.rank && value.rank > 0;
  int64_t count = isBatch ? all.dims[0] : 1;
  std::vector<int64_t> dims(all.dims + (isBatch ? 1 : 0), all.dims + all.rank);
  if (value.rank > 0)
    dims.insert(dims.begin(), 1);
  HostTensor sample = HostTensor::allocate(all.type, dims);
  if (!sample.tensor.data || item.index >= count)
    return Error{item.path + ": no memory for a sample, or changed while it was read"};
  size_t bytes = convoy_tensor_bytes(&sample.tensor);
  std::memcpy(sample.tensor.data, static_cast<const char *>(all.data) + bytes * static_cast<size_t>(item.index), bytes);
  return sample;
}

Result<std::vector<HostTensor>> Samples::read(size_t run, const convoy_module &module) {
  std::vector<HostTensor> inputs;
  for (int32_t input = 0; input < module.input_count; ++input) {
    const auto &list = items[static_cast<size_t>(input)];
    const convoy_value &value = module.inputs[input];
    HostTensor whole;
    int64_t own = batchOf(value);
    for (int64_t i = 0; i < own; ++i) {
      const Item &item = list[(run * static_cast<size_t>(batch) + static_cast<size_t>(i)) % list.size()];
      auto sample = readSample(item, input, module);
      if (!sample)
        return Error{sample.error()};
      size_t bytes = convoy_tensor_bytes(&sample->tensor);
      if (i == 0) {
        std::vector<int64_t> dims(sample->tensor.dims, sample->tensor.dims + sample->tensor.rank);
        if (!dims.empty())
          dims[0] = own;
        whole = HostTensor::allocate(value.type, dims);
      }
      if (!whole.tensor.data || bytes * static_cast<size_t>(own) != convoy_tensor_bytes(&whole.tensor))
        return Error{item.path + ": another size than the sample before it, with which it is to be one batch"};
      std::memcpy(static_cast<char *>(whole.tensor.data) + bytes * static_cast<size_t>(i), sample->tensor.data, bytes);
    }
    inputs.push_back(std::move(whole));
  }
  return inputs;
}

} // namespace convoy::tools
