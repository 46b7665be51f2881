#include "runtime/ops/library/elements.h"
#include "runtime/ops/library/slices.h"
#include "runtime/ops/ops.h"

enum { VALUES, FIRST, INVERSE, COUNTS };
enum { AXIS, SORTED };

/* The distinct slices found so far, each by its first occurrence: in order, or as they came. */
typedef struct distinct {
  const convoy_slices *slices;
  int64_t *first;
  int64_t count;
  int sorted;
} distinct;

/* Position of a slice's like, or -1 - the position where it belongs. */
static int64_t find(const distinct *d, int64_t slice) {
  if (!d->sorted) {
    for (int64_t i = 0; i < d->count; ++i)
      if (convoy_slices_compare(d->slices, d->first[i], slice) == 0)
        return i;
    return -1 - d->count;
  }
  int64_t low = 0, high = d->count;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    int order = convoy_slices_compare(d->slices, d->first[middle], slice);
    if (order == 0)
      return middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return -1 - low;
}

static void insert(distinct *d, int64_t at, int64_t slice) {
  for (int64_t i = d->count; i > at; --i)
    d->first[i] = d->first[i - 1];
  d->first[at] = slice;
  ++d->count;
}

int32_t convoy_unique(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                      const int64_t *options) {
  (void)context;
  convoy_slices slices = convoy_slices_of(&inputs[0], options[AXIS]);
  int32_t axis = options[AXIS] < 0 ? 0 : (int32_t)options[AXIS];
  int64_t *inverse = (int64_t *)outputs[INVERSE].data, *counts = (int64_t *)outputs[COUNTS].data;
  distinct found = {&slices, (int64_t *)outputs[FIRST].data, 0, options[SORTED] != 0};
  if (outputs[VALUES].dims[axis] < slices.count || outputs[FIRST].dims[0] < slices.count ||
      outputs[INVERSE].dims[0] < slices.count || outputs[COUNTS].dims[0] < slices.count)
    return CONVOY_INVALID_ARGUMENT;
  for (int64_t i = 0; i < slices.count; ++i) {
    int64_t at = find(&found, i);
    if (at < 0)
      insert(&found, -1 - at, i);
  }
  for (int64_t i = 0; i < found.count; ++i)
    counts[i] = 0;
  for (int64_t i = 0; i < slices.count; ++i) {
    inverse[i] = find(&found, i);
    ++counts[inverse[i]];
  }
  convoy_set_extent(&outputs[VALUES], axis, found.count);
  convoy_set_extent(&outputs[FIRST], 0, found.count);
  convoy_set_extent(&outputs[INVERSE], 0, slices.count);
  convoy_set_extent(&outputs[COUNTS], 0, found.count);
  for (int64_t i = 0; i < found.count; ++i)
    convoy_slices_copy(&slices, found.first[i], &outputs[VALUES], i);
  return CONVOY_OK;
}
