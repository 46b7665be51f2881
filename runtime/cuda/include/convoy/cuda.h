/* NVIDIA GPUs for sessions: open one, give its backend to convoy_session_options.
 *
 * Valid C99 and C++; the library `convoy_cuda` needs `convoy_runtime` and the C library. The driver (libcuda.so.1) is
 * loaded when the first function here is called: a program that links this runs on machines without one. No part of
 * the CUDA toolkit is needed.
 */
#ifndef CONVOY_CUDA_H
#define CONVOY_CUDA_H

#include <convoy/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct convoy_cuda convoy_cuda;

typedef struct convoy_cuda_about {
  int32_t ordinal;
  char name[128];
  int32_t capability; /* 80 for 8.0 */
  int32_t multiprocessors;
  size_t memory_bytes;
  double flops;   /* 32-bit multiply-adds a second, times two, at the largest clock; 0: not known */
  int32_t driver; /* CUDA version of the driver: 12080 for 12.8 */
} convoy_cuda_about;

/* Devices of this machine. CONVOY_NO_DEVICE where there is no usable driver, or no device. Any thread. */
convoy_status convoy_cuda_count(int32_t *count, convoy_error *error);

/* Opens device `ordinal`, from 0. Any number of times, any thread; each has its own copies of weights. */
convoy_status convoy_cuda_open(int32_t ordinal, convoy_cuda **device, convoy_error *error);

/* Null is allowed. No session of the device and no memory of convoy_cuda_allocate may be left. */
void convoy_cuda_close(convoy_cuda *device);

/* Both live as long as the device. Sessions share code and weights of a module on one device. A session captures its
 * run as one CUDA graph for each combination of input dimensions and caller's device addresses, and keeps the newest
 * four. With CONVOY_CUDA_BLOCKING=1 in the environment it waits after each launch instead, so that a fault in a kernel
 * names its layer. */
const convoy_cuda_about *convoy_cuda_describe(const convoy_cuda *device);
convoy_backend *convoy_cuda_backend(convoy_cuda *device);

/* Memory for tensors whose `device` is CONVOY_CUDA, aligned to 256 bytes. Any thread. */
convoy_status convoy_cuda_allocate(convoy_cuda *device, size_t bytes, void **memory, convoy_error *error);
void convoy_cuda_free(convoy_cuda *device, void *memory);

/* Between host and device, or on the device; returns when it is done. Any thread. */
convoy_status convoy_cuda_write(convoy_cuda *device, void *to, const void *from_host, size_t bytes,
                                convoy_error *error);
convoy_status convoy_cuda_read(convoy_cuda *device, void *to_host, const void *from, size_t bytes, convoy_error *error);

#ifdef __cplusplus
}
#endif

#endif
