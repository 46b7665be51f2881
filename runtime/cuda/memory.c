#include "runtime/cuda/device.h"

#include <stdio.h>

/* ---- Blocks ---- */

static convoy_status too_little(convoy_cuda *device, size_t bytes, const char *what, convoy_error *error) {
  size_t available = 0, total = 0;
  if (CONVOY_CUDA_CALL(device, error, cuMemGetInfo, &available, &total))
    return CONVOY_OUT_OF_MEMORY;
  return convoy_fail(error, CONVOY_OUT_OF_MEMORY,
                     "%s has too little memory: %zu bytes are needed for %s, %zu of its %zu bytes are free",
                     convoy_cuda_name_of(device).text, bytes, what, available, total);
}

static convoy_status take_on_device(convoy_cuda *device, size_t bytes, const char *what, void **data,
                                    convoy_error *error) {
  cuda_address memory = 0;
  convoy_status status = CONVOY_CUDA_CALL(device, error, cuMemAlloc, &memory, bytes);
  if (status == CONVOY_OUT_OF_MEMORY)
    return too_little(device, bytes, what, error);
  *data = status ? NULL : (void *)(uintptr_t)memory;
  return status;
}

static convoy_status take_pinned(convoy_cuda *device, size_t bytes, const char *what, void **data,
                                 convoy_error *error) {
  void *memory = NULL;
  convoy_status status = CONVOY_CUDA_CALL(device, error, cuMemHostAlloc, &memory, bytes, CU_HOST_PORTABLE);
  if (status == CONVOY_OUT_OF_MEMORY)
    return convoy_fail(error, status, "the host has too little memory that devices reach: %zu bytes are needed for %s",
                       bytes, what);
  *data = status ? NULL : memory;
  return status;
}

convoy_status convoy_cuda_reserve(convoy_cuda *device, convoy_cuda_block *block, size_t bytes, const char *what,
                                  convoy_error *error) {
  if (bytes <= block->bytes)
    return CONVOY_OK;
  convoy_cuda_release(device, block);
  convoy_status status = block->space == CONVOY_CUDA_DEVICE_MEMORY
                             ? take_on_device(device, bytes, what, &block->data, error)
                             : take_pinned(device, bytes, what, &block->data, error);
  block->bytes = status ? 0 : bytes;
  return status;
}

void convoy_cuda_release(convoy_cuda *device, convoy_cuda_block *block) {
  if (block->data && block->space == CONVOY_CUDA_DEVICE_MEMORY)
    CONVOY_CUDA_CALL(device, NULL, cuMemFree, convoy_cuda_address(block->data));
  else if (block->data)
    CONVOY_CUDA_CALL(device, NULL, cuMemFreeHost, block->data);
  block->data = NULL;
  block->bytes = 0;
}

/* ---- For the caller's tensors ---- */

convoy_status convoy_cuda_allocate(convoy_cuda *device, size_t bytes, void **memory, convoy_error *error) {
  *memory = NULL;
  convoy_status status = convoy_cuda_enter(device, error);
  if (status)
    return status;
  status = take_on_device(device, bytes ? bytes : 1, "a tensor", memory, error);
  convoy_cuda_leave(device);
  return status;
}

void convoy_cuda_free(convoy_cuda *device, void *memory) {
  if (!memory)
    return;
  int entered = convoy_cuda_enter(device, NULL) == CONVOY_OK;
  CONVOY_CUDA_CALL(device, NULL, cuMemFree, convoy_cuda_address(memory));
  if (entered)
    convoy_cuda_leave(device);
}

/* A stream of its own: the caller may be any thread, and captures of others must not notice. */
static convoy_status transfer(convoy_cuda *device, void *host, cuda_address there, size_t bytes, int to_host,
                              convoy_error *error) {
  cuda_handle stream = NULL;
  convoy_status status = CONVOY_CUDA_CALL(device, error, cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
  if (status)
    return status;
  status = to_host ? CONVOY_CUDA_CALL(device, error, cuMemcpyDtoHAsync, host, there, bytes, stream)
                   : CONVOY_CUDA_CALL(device, error, cuMemcpyHtoDAsync, there, host, bytes, stream);
  if (!status)
    status = CONVOY_CUDA_CALL(device, error, cuStreamSynchronize, stream);
  CONVOY_CUDA_CALL(device, NULL, cuStreamDestroy, stream);
  return status;
}

static convoy_status move(convoy_cuda *device, void *host, const void *there, size_t bytes, int to_host,
                          convoy_error *error) {
  convoy_status status = bytes ? convoy_cuda_enter(device, error) : CONVOY_OK;
  if (status || !bytes)
    return status;
  status = transfer(device, host, convoy_cuda_address(there), bytes, to_host, error);
  convoy_cuda_leave(device);
  return status;
}

convoy_status convoy_cuda_write(convoy_cuda *device, void *to, const void *from_host, size_t bytes,
                                convoy_error *error) {
  return move(device, (void *)(uintptr_t)from_host, to, bytes, 0, error);
}

convoy_status convoy_cuda_read(convoy_cuda *device, void *to_host, const void *from, size_t bytes,
                               convoy_error *error) {
  return move(device, to_host, from, bytes, 1, error);
}
