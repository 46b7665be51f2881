/* What kernels compiled by Halide for CUDA refer to. Weak and hidden, like shims.c. Buffers lie on the device already:
 * `device` of an argument is the address that the program planned. Kernels ignore what these functions return, so the
 * first failure is kept in the context, and nothing is launched after it. */
#include "runtime/ops/entry.h"

#include <string.h>

#define CONVOY_SHIM __attribute__((weak, visibility("hidden")))

/* Alignment of intermediates in the device's scratch. */
#define DEVICE_ALIGNMENT 256u

static int keep(convoy_context *context, int status) {
  if (!context->device_status)
    context->device_status = status;
  return context->device_status;
}

static int fail(convoy_context *context, const char *message) {
  if (!context->device_status && context->error)
    context->error(context, message);
  return keep(context, CONVOY_KERNEL_FAILED);
}

/* `state` is a variable of the module that all threads share: it gets the same value from each. */
CONVOY_SHIM int halide_cuda_initialize_kernels(void *user_context, void **state, const char *image, int bytes) {
  (void)user_context;
  (void)bytes;
  __atomic_store_n(state, (void *)(uintptr_t)image, __ATOMIC_RELAXED);
  return 0;
}

/* At the end of each kernel: its intermediates go. */
CONVOY_SHIM void halide_cuda_finalize_kernels(void *user_context, void *state) {
  (void)state;
  ((convoy_context *)user_context)->device_scratch_used = 0;
}

/* PTX text is no shorter than the number that the other form begins with. */
static void find_code(convoy_device_launch *launch, const void *code) {
  convoy_device_image image;
  launch->image = code;
  memcpy(&image.magic, code, sizeof image.magic);
  if (image.magic != CONVOY_DEVICE_IMAGE)
    return;
  memcpy(&image, code, sizeof image);
  launch->image = (const char *)code + image.ptx;
  launch->cubin = (const char *)code + image.cubin;
  launch->cubin_capability = image.capability;
}

/* `arguments` is the caller's own and of no more use to it afterwards. */
CONVOY_SHIM int halide_cuda_run(void *user_context, void *state, const char *entry, int blocks_x, int blocks_y,
                                int blocks_z, int threads_x, int threads_y, int threads_z, int shared_bytes,
                                const size_t *sizes, void **arguments, const int8_t *is_buffer) {
  convoy_context *context = (convoy_context *)user_context;
  (void)sizes;
  if (context->device_status)
    return context->device_status;
  if (blocks_x <= 0 || blocks_y <= 0 || blocks_z <= 0)
    return 0;
  for (int i = 0; arguments[i]; ++i)
    if (is_buffer[i])
      arguments[i] = &((convoy_halide_buffer *)arguments[i])->device;
  convoy_device_launch launch = {0};
  find_code(&launch, state);
  launch.entry = entry;
  launch.blocks[0] = (uint32_t)blocks_x;
  launch.blocks[1] = (uint32_t)blocks_y;
  launch.blocks[2] = (uint32_t)blocks_z;
  launch.threads[0] = (uint32_t)threads_x;
  launch.threads[1] = (uint32_t)threads_y;
  launch.threads[2] = (uint32_t)threads_z;
  launch.shared_bytes = (uint32_t)shared_bytes;
  launch.arguments = arguments;
  int status = context->device->launch(context, &launch);
  return status ? keep(context, status) : 0;
}

CONVOY_SHIM const void *halide_cuda_device_interface(void) { return 0; }

static uint64_t bytes_of(const convoy_halide_buffer *buffer) {
  uint64_t elements = 1;
  for (int32_t i = 0; i < buffer->dimensions; ++i)
    elements += (uint64_t)(buffer->dim[i].extent - 1) * (uint64_t)buffer->dim[i].stride;
  return elements * ((buffer->type_bits + 7u) / 8u) * buffer->type_lanes;
}

/* An intermediate of the kernel takes what is left of the device's scratch; arguments have their place. */
CONVOY_SHIM int halide_device_malloc(void *user_context, convoy_halide_buffer *buffer, const void *interface) {
  convoy_context *context = (convoy_context *)user_context;
  (void)interface;
  if (buffer->device)
    return 0;
  uint64_t bytes = (bytes_of(buffer) + DEVICE_ALIGNMENT - 1) / DEVICE_ALIGNMENT * DEVICE_ALIGNMENT;
  if (bytes > context->device_scratch_bytes - context->device_scratch_used)
    return fail(context, "the device's scratch is too small for an intermediate of a kernel");
  buffer->device = (uint64_t)(uintptr_t)context->device_scratch + context->device_scratch_used;
  context->device_scratch_used += (size_t)bytes;
  return 0;
}

CONVOY_SHIM int halide_device_free(void *user_context, convoy_halide_buffer *buffer) {
  (void)user_context;
  buffer->device = 0;
  return 0;
}

CONVOY_SHIM void halide_device_free_as_destructor(void *user_context, void *buffer) {
  (void)halide_device_free(user_context, (convoy_halide_buffer *)buffer);
}

CONVOY_SHIM int halide_copy_to_device(void *user_context, convoy_halide_buffer *buffer, const void *interface) {
  (void)interface;
  return buffer->device ? 0 : fail((convoy_context *)user_context, "a kernel reads a buffer that is not on the device");
}

/* ---- What programs call between kernels ---- */

int32_t convoy_device_copy(convoy_context *context, void *to, int32_t to_device, const void *from, int32_t from_device,
                           int64_t bytes) {
  if (bytes <= 0)
    return CONVOY_OK;
  return context->device->copy(context, to, (convoy_device)to_device, from, (convoy_device)from_device, (size_t)bytes);
}

int32_t convoy_device_synchronize(convoy_context *context) { return context->device->synchronize(context); }

int32_t convoy_device_status(const convoy_context *context, int32_t status) {
  return status ? status : context->device_status;
}
