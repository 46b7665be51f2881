#include "tools/convoy/io/Results.h"

#include "tools/convoy/Text.h"
#include "tools/convoy/io/Shapes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace convoy::tools {

namespace {

template <typename T> std::vector<double> widen(const convoy_tensor &tensor) {
  auto *data = static_cast<const T *>(tensor.data);
  return {data, data + convoy_tensor_bytes(&tensor) / sizeof(T)};
}

std::vector<double> widenBf16(const convoy_tensor &tensor) {
  std::vector<double> numbers;
  for (double half : widen<uint16_t>(tensor)) {
    uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    numbers.push_back(value);
  }
  return numbers;
}

bool areProbabilities(const std::vector<double> &values) {
  double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return *std::min_element(values.begin(), values.end()) >= 0 && std::abs(sum - 1) < 1e-3;
}

void softmax(std::vector<double> &values) {
  double largest = *std::max_element(values.begin(), values.end()), sum = 0;
  for (double &value : values)
    sum += value = std::exp(value - largest);
  for (double &value : values)
    value /= sum;
}

} // namespace

std::vector<double> numbersOf(const convoy_tensor &tensor) {
  switch (tensor.type) {
  case CONVOY_F32:
    return widen<float>(tensor);
  case CONVOY_F64:
    return widen<double>(tensor);
  case CONVOY_F16:
    return widen<_Float16>(tensor);
  case CONVOY_BF16:
    return widenBf16(tensor);
  case CONVOY_I8:
    return widen<int8_t>(tensor);
  case CONVOY_U8:
  case CONVOY_BOOL:
    return widen<uint8_t>(tensor);
  case CONVOY_I16:
    return widen<int16_t>(tensor);
  case CONVOY_U16:
    return widen<uint16_t>(tensor);
  case CONVOY_I32:
    return widen<int32_t>(tensor);
  case CONVOY_U32:
    return widen<uint32_t>(tensor);
  case CONVOY_I64:
    return widen<int64_t>(tensor);
  case CONVOY_U64:
    return widen<uint64_t>(tensor);
  }
  return {};
}

std::vector<Guess> likeliest(const convoy_tensor &output, size_t count) {
  int longSides = 0;
  for (int32_t i = 0; i < output.rank; ++i)
    longSides += output.dims[i] != 1;
  std::vector<double> values = numbersOf(output);
  if (longSides != 1 || values.empty() || output.dims[0] != 1)
    return {};
  if (!areProbabilities(values))
    softmax(values);
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  count = std::min(count, order.size());
  // NaN must not confuse the order.
  auto key = [&](size_t i) { return std::isnan(values[i]) ? -1 : values[i]; };
  std::partial_sort(order.begin(), order.begin() + static_cast<long>(count), order.end(),
                    [&](size_t a, size_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
  std::vector<Guess> guesses;
  for (size_t i = 0; i < count; ++i)
    guesses.push_back({order[i], values[order[i]]});
  return guesses;
}

Result<Difference> compare(const convoy_tensor &actual, const convoy_tensor &expected) {
  if (actual.type != expected.type || actual.rank != expected.rank ||
      !std::equal(actual.dims, actual.dims + actual.rank, expected.dims))
    return Error{"it is " + describeTensor(actual) + ", expected was " + describeTensor(expected)};
  std::vector<double> a = numbersOf(actual), b = numbersOf(expected);
  Difference difference;
  double scale = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isfinite(b[i]))
      scale = std::max(scale, std::abs(b[i]));
    bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    double distance = same ? 0 : std::abs(a[i] - b[i]);
    if (std::isnan(distance))
      distance = INFINITY;
    if (distance > difference.largest) {
      difference.largest = distance;
      difference.index = i;
    }
  }
  difference.relative = difference.largest == 0 ? 0 : scale == 0 ? INFINITY : difference.largest / scale;
  return difference;
}

std::string summarise(const convoy_tensor &tensor) {
  std::vector<double> values = numbersOf(tensor);
  std::string text = describeTensor(tensor);
  if (values.empty())
    return text + ", empty";
  auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (values.size() <= 16) {
    text += ":";
    for (double value : values)
      text += format(" %g", value);
    return text;
  }
  double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  return text + format(", from %g to %g, mean %g", *least, *most, mean);
}

} // namespace convoy::tools
