#include "tools/convoy/io/Shapes.h"

#include "tools/convoy/Text.h"

namespace convoy::tools {

/// A positive number; -1 if the text is none.
static int64_t parseExtent(const std::string &text) {
  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != std::string::npos)
    return -1;
  return std::stoll(text);
}

static bool parseDims(const std::string &text, std::vector<int64_t> &dims) {
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('x', begin), text.size());
    int64_t extent = parseExtent(text.substr(begin, end - begin));
    if (extent < 1)
      return false;
    dims.push_back(extent);
    begin = end + 1;
  }
  return dims.size() <= CONVOY_MAX_RANK;
}

Result<Shapes> parseShapes(const std::vector<std::string> &arguments) {
  Shapes shapes;
  for (const std::string &argument : arguments) {
    size_t equals = argument.rfind('=');
    std::vector<int64_t> dims;
    if (equals == std::string::npos || equals == 0 || !parseDims(argument.substr(equals + 1), dims))
      return Error{"--shape " + argument + ": expected NAME=1x3x224x224"};
    if (!shapes.emplace(argument.substr(0, equals), dims).second)
      return Error{"--shape names '" + argument.substr(0, equals) + "' twice"};
  }
  return shapes;
}

std::string describeDims(const int64_t *dims, int32_t rank) {
  std::string text;
  for (int32_t i = 0; i < rank; ++i)
    text += (i ? "x" : "") + std::to_string(dims[i]);
  return rank ? text : "scalar";
}

std::string describeValue(const convoy_module &module, const convoy_value &value) {
  std::string text;
  for (int32_t i = 0; i < value.rank; ++i) {
    int64_t dim = value.dims[i], symbol = -1 - dim;
    text += i ? "x" : "";
    if (dim >= 0)
      text += std::to_string(dim);
    else
      text += symbol >= 0 && symbol < module.symbol_count ? module.symbols[symbol] : "?";
  }
  return value.rank ? text : "scalar";
}

std::string describeTensor(const convoy_tensor &tensor) {
  return std::string(convoy_type_name(tensor.type)) + " " + describeDims(tensor.dims, tensor.rank);
}

/// What the symbols are, as far as `shapes` says so.
static Result<std::map<int64_t, int64_t>> bindSymbols(const convoy_module &module, const Shapes &shapes) {
  std::map<int64_t, int64_t> bound;
  std::vector<std::string> names;
  for (int32_t i = 0; i < module.input_count; ++i)
    names.push_back(module.inputs[i].name);
  for (const auto &[name, dims] : shapes) {
    int32_t input = convoy_module_find_input(&module, name.c_str());
    if (input < 0)
      return Error{"--shape: there is no input '" + name + "'" + suggestion(name, names)};
    const convoy_value &value = module.inputs[input];
    bool fits = static_cast<int32_t>(dims.size()) == value.rank;
    for (int32_t i = 0; fits && i < value.rank; ++i) {
      int64_t dim = value.dims[i];
      fits = dim >= 0 ? dim == dims[i] : bound.emplace(dim, dims[i]).first->second == dims[i] || dim == INT64_MIN;
    }
    if (!fits)
      return Error{"--shape " + name + "=" + describeDims(dims.data(), static_cast<int32_t>(dims.size())) +
                   " does not fit the input's " + describeValue(module, value)};
  }
  return bound;
}

Result<std::vector<int64_t>> chooseDims(const convoy_module &module, int32_t input, const Shapes &shapes) {
  const convoy_value &value = module.inputs[input];
  auto bound = bindSymbols(module, shapes);
  if (!bound)
    return Error{bound.error()};
  if (auto given = shapes.find(value.name); given != shapes.end())
    return given->second;
  std::vector<int64_t> dims(value.dims, value.dims + value.rank);
  for (int32_t i = 0; i < value.rank; ++i) {
    if (dims[i] >= 0)
      continue;
    auto known = bound->find(dims[i]);
    dims[i] = known != bound->end() ? known->second : i == 0 ? 1 : value.rank == 4 && i >= 2 ? 224 : 16;
  }
  return dims;
}

} // namespace convoy::tools
