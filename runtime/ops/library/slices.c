#include "runtime/ops/library/slices.h"

#include "runtime/ops/library/elements.h"

#include <string.h>

convoy_slices convoy_slices_of(const convoy_tensor *tensor, int64_t axis) {
  convoy_slices slices = {
      (const unsigned char *)tensor->data, tensor->type, tensor->rank, (int32_t)axis, {0}, {0}, 0, 1};
  slices.bytes = convoy_element_bytes(tensor->type);
  convoy_get_strides(tensor, slices.strides);
  for (int32_t i = 0; i < tensor->rank; ++i) {
    slices.dims[i] = tensor->dims[i];
    slices.count *= tensor->dims[i];
  }
  if (axis >= 0)
    slices.count = tensor->dims[axis];
  return slices;
}

/* Offset of element number `i` of the flattened tensor. */
static int64_t offset_of_element(const convoy_slices *s, int64_t i) {
  int64_t offset = 0;
  for (int32_t k = s->rank - 1; k >= 0; --k) {
    offset += i % s->dims[k] * s->strides[k];
    i /= s->dims[k];
  }
  return offset;
}

static int64_t offset_of(const int64_t *index, const int64_t *strides, int32_t rank) {
  int64_t offset = 0;
  for (int32_t i = 0; i < rank; ++i)
    offset += index[i] * strides[i];
  return offset;
}

static int has_elements(const convoy_slices *s) {
  for (int32_t i = 0; i < s->rank; ++i)
    if (s->dims[i] == 0)
      return 0;
  return 1;
}

static int compare_at(const convoy_slices *s, int64_t a, int64_t b) {
  uint64_t left = convoy_sort_key(s->data + a * s->bytes, s->type);
  uint64_t right = convoy_sort_key(s->data + b * s->bytes, s->type);
  return left < right ? -1 : left > right;
}

int convoy_slices_compare(const convoy_slices *s, int64_t a, int64_t b) {
  if (s->axis < 0)
    return compare_at(s, offset_of_element(s, a), offset_of_element(s, b));
  int64_t index[CONVOY_MAX_RANK] = {0}, step = s->strides[s->axis];
  if (!has_elements(s))
    return 0;
  do {
    int64_t offset = offset_of(index, s->strides, s->rank);
    int order = compare_at(s, offset + a * step, offset + b * step);
    if (order)
      return order;
  } while (convoy_next_index(index, s->dims, s->rank, s->axis));
  return 0;
}

void convoy_slices_copy(const convoy_slices *s, int64_t from, convoy_tensor *result, int64_t to) {
  int64_t strides[CONVOY_MAX_RANK];
  unsigned char *data = (unsigned char *)result->data;
  convoy_get_strides(result, strides);
  if (s->axis < 0) {
    memcpy(data + to * strides[0] * s->bytes, s->data + offset_of_element(s, from) * s->bytes, (size_t)s->bytes);
    return;
  }
  int64_t index[CONVOY_MAX_RANK] = {0};
  if (!has_elements(s))
    return;
  do {
    int64_t source = offset_of(index, s->strides, s->rank) + from * s->strides[s->axis];
    int64_t target = offset_of(index, strides, s->rank) + to * strides[s->axis];
    memcpy(data + target * s->bytes, s->data + source * s->bytes, (size_t)s->bytes);
  } while (convoy_next_index(index, s->dims, s->rank, s->axis));
}
