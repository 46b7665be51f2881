#include "tools/convoy/io/Inputs.h"

#include "runtime/data/npy.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/io/picture/Picture.h"

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

namespace convoy::tools {

namespace {

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Result<HostTensor> readNpy(const std::string &path) {
  convoy_tensor tensor = {};
  convoy_error error = {};
  if (convoy_npy_read(path.c_str(), &tensor, &error))
    return Error{error.message};
  return HostTensor::adopt(tensor);
}

Result<HostTensor> readFile(const std::string &path, const InputOptions &options, const convoy_module &module,
                            int32_t input) {
  if (endsWith(path, ".npy"))
    return readNpy(path);
  if (endsWith(path, ".pb"))
    return readTensorProto(path);
  if (!endsWith(path, ".png") && !endsWith(path, ".jpg") && !endsWith(path, ".jpeg"))
    return Error{path + ": an input is a file .npy, .pb, .png or .jpg"};
  if (options.preprocess.empty())
    return Error{path + ": say with --preprocess what the network expects of a picture: imagenet, unit, tf or raw"};
  auto preprocess = parsePreprocess(options.preprocess);
  if (!preprocess)
    return Error{preprocess.error()};
  return readPicture(path, *preprocess, module, input);
}

bool fits(const convoy_value &value, const convoy_tensor &tensor) {
  if (tensor.type != value.type || tensor.rank != value.rank)
    return false;
  for (int32_t i = 0; i < value.rank; ++i)
    if (value.dims[i] >= 0 && value.dims[i] != tensor.dims[i])
      return false;
  return true;
}

/// The input that an argument of --input names, and the file.
struct Assignment {
  int32_t input = 0;
  std::string path;
};

Result<Assignment> parseAssignment(const std::string &argument, const convoy_module &module) {
  size_t equals = argument.find('=');
  std::string name = argument.substr(0, equals);
  if (equals != std::string::npos && equals > 0) {
    int32_t input = convoy_module_find_input(&module, name.c_str());
    if (input >= 0)
      return Assignment{input, argument.substr(equals + 1)};
  }
  std::error_code ignored;
  if (module.input_count == 1 && (equals == std::string::npos || std::filesystem::exists(argument, ignored)))
    return Assignment{0, argument};
  std::vector<std::string> names;
  for (int32_t i = 0; i < module.input_count; ++i)
    names.push_back(module.inputs[i].name);
  if (equals == std::string::npos)
    return Error{"--input " + argument + ": expected NAME=FILE" + suggestion("", names)};
  return Error{"--input: the network has no input '" + name + "'" + suggestion(name, names)};
}

Status readGiven(const convoy_module &module, const InputOptions &options, std::vector<HostTensor> &inputs) {
  for (const std::string &argument : options.files) {
    auto assignment = parseAssignment(argument, module);
    if (!assignment)
      return Error{assignment.error()};
    const convoy_value &value = module.inputs[assignment->input];
    HostTensor &input = inputs[assignment->input];
    if (input.memory)
      return Error{std::string("--input names '") + value.name + "' twice"};
    auto tensor = readFile(assignment->path, options, module, assignment->input);
    if (!tensor)
      return Error{tensor.error()};
    if (!fits(value, tensor->tensor))
      return Error{assignment->path + " holds " + describeTensor(tensor->tensor) + ", input '" + value.name +
                   "' takes " + convoy_type_name(value.type) + " " + describeValue(module, value)};
    input = std::move(*tensor);
  }
  return ok();
}

template <typename T, typename Draw> void draw(convoy_tensor &tensor, int64_t count, Draw next) {
  for (int64_t i = 0; i < count; ++i)
    static_cast<T *>(tensor.data)[i] = static_cast<T>(next());
}

uint16_t bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<uint16_t>(bits >> 16);
}

} // namespace

void fillRandomly(convoy_tensor &tensor, uint64_t seed) {
  std::mt19937_64 random(seed);
  // 24 bits: exact in a float, so that all platforms draw the same.
  auto unit = [&] { return static_cast<float>(random() >> 40) / 16777216.0f; };
  auto digit = [&] { return random() % 10; };
  int64_t count = static_cast<int64_t>(convoy_tensor_bytes(&tensor) / convoy_type_bytes(tensor.type));
  switch (tensor.type) {
  case CONVOY_F32:
    return draw<float>(tensor, count, unit);
  case CONVOY_F64:
    return draw<double>(tensor, count, unit);
  case CONVOY_F16:
    return draw<_Float16>(tensor, count, unit);
  case CONVOY_BF16:
    return draw<uint16_t>(tensor, count, [&] { return bf16(unit()); });
  case CONVOY_BOOL:
    return draw<uint8_t>(tensor, count, [&] { return random() & 1; });
  case CONVOY_I8:
  case CONVOY_U8:
    return draw<uint8_t>(tensor, count, digit);
  case CONVOY_I16:
  case CONVOY_U16:
    return draw<uint16_t>(tensor, count, digit);
  case CONVOY_I32:
  case CONVOY_U32:
    return draw<uint32_t>(tensor, count, digit);
  case CONVOY_I64:
  case CONVOY_U64:
    return draw<uint64_t>(tensor, count, digit);
  }
}

Result<std::vector<HostTensor>> readInputs(const convoy_module &module, const InputOptions &options,
                                           const Globals &globals) {
  std::vector<HostTensor> inputs(module.input_count);
  if (auto read = readGiven(module, options, inputs); !read)
    return Error{read.error()};
  for (int32_t i = 0; i < module.input_count; ++i) {
    if (inputs[i].memory)
      continue;
    auto dims = chooseDims(module, i, options.shapes);
    if (!dims)
      return Error{dims.error()};
    inputs[i] = HostTensor::allocate(module.inputs[i].type, *dims);
    if (!inputs[i].tensor.data)
      return Error{std::string("no memory for input '") + module.inputs[i].name + "'"};
    fillRandomly(inputs[i].tensor, options.seed + static_cast<uint64_t>(i));
    std::string what = describeTensor(inputs[i].tensor);
    globals.say(std::string("input '") + module.inputs[i].name + "': random " + what);
    globals.event("random_input", {{"name", module.inputs[i].name}, {"tensor", what}, {"seed", options.seed}});
  }
  return inputs;
}

} // namespace convoy::tools
