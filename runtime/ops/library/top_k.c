#include "runtime/ops/library/elements.h"
#include "runtime/ops/library/select.h"
#include "runtime/ops/ops.h"

#include <string.h>

enum { X, K };
enum { AXIS, LARGEST, SORTED }; /* results are always sorted */

int32_t convoy_top_k(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                     const int64_t *options) {
  const convoy_tensor *x = &inputs[X];
  convoy_tensor *values = &outputs[0], *indices = &outputs[1];
  int32_t axis = (int32_t)options[AXIS];
  int64_t bytes = convoy_element_bytes(x->type);
  int64_t k = inputs[K].data ? *(const int64_t *)inputs[K].data : values->dims[axis];
  int64_t from[CONVOY_MAX_RANK], value_to[CONVOY_MAX_RANK], index_to[CONVOY_MAX_RANK], at[CONVOY_MAX_RANK] = {0};
  if (k < 0 || k > x->dims[axis] || k > values->dims[axis])
    return CONVOY_INVALID_ARGUMENT;
  if (k < values->dims[axis]) {
    convoy_set_extent(values, axis, k);
    convoy_set_extent(indices, axis, k);
  }
  convoy_get_strides(x, from);
  convoy_get_strides(values, value_to);
  convoy_get_strides(indices, index_to);
  for (int32_t i = 0; i < x->rank; ++i)
    if (values->dims[i] == 0)
      return CONVOY_OK;
  do {
    int64_t offset = 0, value_offset = 0, index_offset = 0;
    for (int32_t i = 0; i < x->rank; ++i) {
      offset += at[i] * from[i];
      value_offset += at[i] * value_to[i];
      index_offset += at[i] * index_to[i];
    }
    const unsigned char *begin = (const unsigned char *)x->data + offset * bytes;
    convoy_row row = {begin, x->dims[axis], from[axis] * bytes, x->type, !options[LARGEST], 0, 0};
    convoy_selection selection;
    convoy_candidate best;
    convoy_select_begin(&selection, context, row, k);
    for (int64_t i = 0; i < k && convoy_select_next(&selection, &best); ++i) {
      memcpy((unsigned char *)values->data + (value_offset + i * value_to[axis]) * bytes,
             begin + best.index * row.stride_bytes, (size_t)bytes);
      ((int64_t *)indices->data)[index_offset + i * index_to[axis]] = best.index;
    }
  } while (convoy_next_index(at, x->dims, x->rank, axis));
  return CONVOY_OK;
}
