#include "runtime/ops/library/elements.h"
#include "runtime/ops/ops.h"

/* NaN is not zero, -0 is. */
static int is_zero(const unsigned char *element, convoy_type type) {
  static const uint64_t zero = 0;
  return convoy_sort_key(element, type) == convoy_sort_key(&zero, type);
}

typedef struct walk {
  const convoy_tensor *x;
  int64_t strides[CONVOY_MAX_RANK];
  int64_t *to; /* null: only count */
  int64_t row; /* distance between the indices along one axis and along the next */
} walk;

static int64_t visit(const walk *w) {
  int64_t at[CONVOY_MAX_RANK] = {0}, count = 0, bytes = convoy_element_bytes(w->x->type);
  for (int32_t i = 0; i < w->x->rank; ++i)
    if (w->x->dims[i] == 0)
      return 0;
  do {
    int64_t offset = 0;
    for (int32_t i = 0; i < w->x->rank; ++i)
      offset += at[i] * w->strides[i];
    if (is_zero((const unsigned char *)w->x->data + offset * bytes, w->x->type))
      continue;
    for (int32_t i = 0; w->to && i < w->x->rank; ++i)
      w->to[i * w->row + count] = at[i];
    ++count;
  } while (convoy_next_index(at, w->x->dims, w->x->rank, -1));
  return count;
}

int32_t convoy_non_zero(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                        const int64_t *options) {
  (void)context;
  (void)options;
  walk w = {&inputs[0], {0}, NULL, 0};
  convoy_get_strides(&inputs[0], w.strides);
  int64_t count = visit(&w);
  if (count > outputs[0].dims[1])
    return CONVOY_INVALID_ARGUMENT;
  w.to = (int64_t *)outputs[0].data;
  w.row = count;
  visit(&w);
  convoy_set_extent(&outputs[0], 1, count);
  return CONVOY_OK;
}
