#include "runtime/ops/library/elements.h"

#include <string.h>

void convoy_get_strides(const convoy_tensor *tensor, int64_t *strides) {
  int given = 0;
  for (int32_t i = 0; i < tensor->rank; ++i)
    given |= tensor->strides[i] != 0;
  int64_t dense = 1;
  for (int32_t i = tensor->rank - 1; i >= 0; --i) {
    strides[i] = given ? tensor->strides[i] : dense;
    dense *= tensor->dims[i];
  }
}

void convoy_set_extent(convoy_tensor *tensor, int32_t axis, int64_t extent) {
  int64_t dense = 1;
  tensor->dims[axis] = extent;
  for (int32_t i = tensor->rank - 1; i >= 0; --i) {
    tensor->strides[i] = dense;
    dense *= tensor->dims[i];
  }
}

int64_t convoy_element_bytes(convoy_type type) {
  switch (type) {
  case CONVOY_F64:
  case CONVOY_I64:
  case CONVOY_U64:
    return 8;
  case CONVOY_F32:
  case CONVOY_I32:
  case CONVOY_U32:
    return 4;
  case CONVOY_F16:
  case CONVOY_BF16:
  case CONVOY_I16:
  case CONVOY_U16:
    return 2;
  case CONVOY_I8:
  case CONVOY_U8:
  case CONVOY_BOOL:
    return 1;
  }
  return 0;
}

/* `bits` of a float whose sign bit is `sign` and whose infinity is `infinity`. */
static uint64_t float_key(uint64_t bits, uint64_t sign, uint64_t infinity) {
  uint64_t magnitude = bits & (sign - 1);
  if (magnitude > infinity)
    return sign + infinity + 1; /* NaN of either sign */
  return bits & sign ? sign - magnitude : sign + magnitude;
}

uint64_t convoy_sort_key(const void *element, convoy_type type) {
  int64_t bytes = convoy_element_bytes(type);
  uint64_t bits = 0;
  memcpy(&bits, element, (size_t)bytes);
  switch (type) {
  case CONVOY_F64:
    return float_key(bits, 1ull << 63, 0x7ffull << 52);
  case CONVOY_F32:
    return float_key(bits, 1ull << 31, 0xffull << 23);
  case CONVOY_F16:
    return float_key(bits, 1ull << 15, 0x1full << 10);
  case CONVOY_BF16:
    return float_key(bits, 1ull << 15, 0xffull << 7);
  case CONVOY_I8:
  case CONVOY_I16:
  case CONVOY_I32:
  case CONVOY_I64:
    return bits ^ (1ull << (8 * bytes - 1));
  default:
    return bits;
  }
}

int convoy_next_index(int64_t *index, const int64_t *dims, int32_t rank, int32_t skip) {
  for (int32_t i = rank - 1; i >= 0; --i) {
    if (i == skip)
      continue;
    if (++index[i] < dims[i])
      return 1;
    index[i] = 0;
  }
  return 0;
}
