/* Kernels for tests of what surrounds them: they read everything from their buffers. One of them is compiled at a time.
 */
#include "runtime/ops/entry.h"

typedef struct walk {
  int64_t index[CONVOY_MAX_RANK];
} walk;

static inline float *at(const convoy_halide_buffer *buffer, const walk *w) {
  float *element = (float *)(void *)buffer->host;
  for (int32_t i = 0; i < buffer->dimensions; ++i)
    element += w->index[i] * buffer->dim[i].stride;
  return element;
}

static inline int step(const convoy_halide_buffer *buffer, walk *w) {
  for (int32_t i = 0; i < buffer->dimensions; ++i) {
    if (++w->index[i] < buffer->dim[i].extent)
      return 1;
    w->index[i] = 0;
  }
  return 0;
}

static inline int is_float(const convoy_halide_buffer *buffer) {
  return buffer->type_code == 2 && buffer->type_bits == 32 && buffer->type_lanes == 1 && !buffer->device &&
         !buffer->device_interface && !buffer->flags;
}

#ifdef KERNEL_DOUBLE
int32_t convoy_kernel_double(void *context, convoy_halide_buffer *in, convoy_halide_buffer *out) {
  walk w = {{0}};
  if (!is_float(in) || !is_float(out))
    return -7;
  do
    *at(out, &w) = 2 * *at(in, &w);
  while (step(out, &w));
  return 0;
}
#endif

#ifdef KERNEL_DEVICE
/* As Halide compiles kernels for CUDA: what comes of the launch is not looked at. */
int halide_cuda_initialize_kernels(void *context, void **state, const char *image, int bytes);
void halide_cuda_finalize_kernels(void *context, void *state);
int halide_cuda_run(void *context, void *state, const char *entry, int bx, int by, int bz, int tx, int ty, int tz,
                    int shared, const size_t *sizes, void **arguments, const int8_t *is_buffer);

int32_t convoy_kernel_device(void *context, convoy_halide_buffer *in, convoy_halide_buffer *out) {
  static void *state;
  const size_t sizes[] = {8, 8, 0};
  const int8_t is_buffer[] = {1, 1, 0};
  void *arguments[] = {in, out, 0};
  halide_cuda_initialize_kernels(context, &state, "ptx", 4);
  halide_cuda_run(context, state, "double", 1, 1, 1, 6, 1, 1, 0, sizes, arguments, is_buffer);
  halide_cuda_finalize_kernels(context, state);
  return in->host || out->host ? -7 : 0;
}
#endif

#ifdef KERNEL_ADD
int32_t convoy_kernel_add(void *context, convoy_halide_buffer *a, convoy_halide_buffer *b, convoy_halide_buffer *out) {
  walk w = {{0}};
  do
    *at(out, &w) = *at(a, &w) + *at(b, &w);
  while (step(out, &w));
  return 0;
}
#endif

#ifdef KERNEL_NEIGHBOURS
/* Sum of each element's left and right neighbour: reads one element of surroundings along dim[0]. */
int32_t convoy_kernel_neighbours(void *context, convoy_halide_buffer *in, convoy_halide_buffer *out) {
  walk w = {{0}};
  do {
    walk left = w, right = w;
    --left.index[0];
    ++right.index[0];
    *at(out, &w) = *at(in, &left) + *at(in, &right);
  } while (step(out, &w));
  return 0;
}
#endif

#ifdef KERNEL_FAIL
int32_t convoy_kernel_fail(void *context, convoy_halide_buffer *in, convoy_halide_buffer *out) { return -42; }
#endif

#ifdef KERNEL_NOTHING
int32_t convoy_kernel_nothing(void *context, convoy_halide_buffer *in, convoy_halide_buffer *out) { return 0; }
#endif

#ifdef KERNEL_STRANGER
/* Calls what no module has. */
extern float sinf(float);
int32_t convoy_kernel_stranger(void *context, convoy_halide_buffer *in, convoy_halide_buffer *out) {
  *(float *)(void *)out->host = sinf(*(float *)(void *)in->host);
  return 0;
}
#endif
