#include "runtime/ops/library/elements.h"
#include "runtime/ops/library/slices.h"
#include "runtime/ops/ops.h"

int32_t convoy_compress(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                        const int64_t *options) {
  (void)context;
  convoy_slices slices = convoy_slices_of(&inputs[0], options[0]);
  int32_t axis = options[0] < 0 ? 0 : (int32_t)options[0];
  const unsigned char *holds = (const unsigned char *)inputs[1].data;
  int64_t stride[CONVOY_MAX_RANK], asked = inputs[1].dims[0] < slices.count ? inputs[1].dims[0] : slices.count;
  int64_t count = 0;
  convoy_get_strides(&inputs[1], stride);
  for (int64_t i = 0; i < asked; ++i)
    count += holds[i * stride[0]] != 0;
  if (count > outputs[0].dims[axis])
    return CONVOY_INVALID_ARGUMENT;
  convoy_set_extent(&outputs[0], axis, count);
  count = 0;
  for (int64_t i = 0; i < asked; ++i)
    if (holds[i * stride[0]])
      convoy_slices_copy(&slices, i, &outputs[0], count++);
  return CONVOY_OK;
}
