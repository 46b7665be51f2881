#include "compiler/Weights/Safetensors.h"

#include "llvm/ADT/StringSet.h"
#include <nlohmann/json.hpp>

using namespace llvm;

namespace convoy::weights::safetensors {

static constexpr std::pair<DataType, const char *> dtypes[] = {
    {proto::F32, "F32"}, {proto::F64, "F64"}, {proto::F16, "F16"},   {proto::BF16, "BF16"}, {proto::I8, "I8"},
    {proto::U8, "U8"},   {proto::I16, "I16"}, {proto::U16, "U16"},   {proto::I32, "I32"},   {proto::U32, "U32"},
    {proto::I64, "I64"}, {proto::U64, "U64"}, {proto::BOOL, "BOOL"},
};

StringRef dtypeOf(DataType type) {
  for (auto [known, name] : dtypes)
    if (known == type)
      return name;
  return "";
}

static DataType typeOf(StringRef dtype) {
  for (auto [type, name] : dtypes)
    if (dtype == name)
      return type;
  return proto::DATA_TYPE_UNSPECIFIED;
}

static constexpr size_t mostDims = 16;

namespace {
/// Takes the JSON as it is parsed: no tree is built, and what doesn't belong stops the parse.
class Handler : public nlohmann::json_sax<nlohmann::json> {
public:
  std::vector<HeaderEntry> entries;
  std::string error;

  bool start_object(size_t) override {
    if (++depth == 1)
      return true;
    if (depth == 2 && !list)
      return true;
    return refuse("an object in a place where none belongs");
  }

  bool end_object() override {
    if (--depth != 1 || inMetadata) {
      inMetadata = false;
      return true;
    }
    HeaderEntry &entry = entries.back();
    if (seen != (Dtype | Shape | Offsets))
      return refuse("entry '" + entry.name + "' lacks dtype, shape or data_offsets");
    if (numbers != 2)
      return refuse("entry '" + entry.name + "' hasn't two data_offsets");
    return true;
  }

  bool key(std::string &name) override {
    if (depth == 1)
      return beginEntry(name);
    if (inMetadata)
      return true;
    unsigned field = name == "dtype" ? Dtype : name == "shape" ? Shape : name == "data_offsets" ? Offsets : 0;
    if (!field)
      return refuse("entry '" + entries.back().name + "' has the unknown key '" + name + "'");
    if (seen & field)
      return refuse("entry '" + entries.back().name + "' has '" + name + "' twice");
    seen |= field;
    current = field;
    return true;
  }

  bool string(std::string &text) override {
    if (depth == 2 && inMetadata)
      return true;
    if (depth != 2 || list || current != Dtype)
      return refuse("a string in a place where none belongs");
    entries.back().type = typeOf(text);
    if (entries.back().type == proto::DATA_TYPE_UNSPECIFIED)
      return refuse("entry '" + entries.back().name + "' has element type '" + text + "', which isn't supported");
    return true;
  }

  bool start_array(size_t) override {
    if (depth != 2 || list || inMetadata || (current != Shape && current != Offsets))
      return refuse("a list in a place where none belongs");
    return list = true;
  }

  bool end_array() override {
    list = false;
    return true;
  }

  bool number_unsigned(uint64_t number) override {
    if (!list)
      return refuse("a number in a place where none belongs");
    HeaderEntry &entry = entries.back();
    if (number > static_cast<uint64_t>(INT64_MAX))
      return refuse("entry '" + entry.name + "' has a number beyond 63 bits");
    if (current == Shape) {
      entry.dims.push_back(static_cast<int64_t>(number));
      return entry.dims.size() <= mostDims || refuse("entry '" + entry.name + "' has more than 16 dimensions");
    }
    (numbers == 0 ? entry.begin : entry.end) = static_cast<int64_t>(number);
    return ++numbers <= 2 || refuse("entry '" + entry.name + "' hasn't two data_offsets");
  }

  bool null() override { return refuse("a null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool number_integer(int64_t) override { return refuse("a negative number"); }
  bool number_float(double, const std::string &) override { return refuse("a number with a fraction"); }
  bool binary(binary_t &) override { return refuse("binary data"); }

  bool parse_error(size_t position, const std::string &, const nlohmann::detail::exception &) override {
    return refuse("no JSON at byte " + std::to_string(position));
  }

private:
  enum Field : unsigned { Dtype = 1, Shape = 2, Offsets = 4 };

  bool beginEntry(const std::string &name) {
    if (!names.insert(name).second)
      return refuse("the name '" + name + "' stands there twice");
    inMetadata = name == "__metadata__";
    seen = numbers = 0;
    if (inMetadata)
      return true;
    entries.emplace_back();
    entries.back().name = name;
    return true;
  }

  bool refuse(const std::string &why) {
    if (error.empty())
      error = why;
    return false;
  }

  StringSet<> names;
  int depth = 0;
  bool list = false;
  bool inMetadata = false;
  unsigned current = 0;
  unsigned seen = 0;
  unsigned numbers = 0; ///< Of data_offsets.
};
} // namespace

Result<std::vector<HeaderEntry>> parseHeader(StringRef json) {
  Handler handler;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &handler))
    return Error{"the header is broken: " + handler.error};
  return std::move(handler.entries);
}

} // namespace convoy::weights::safetensors
