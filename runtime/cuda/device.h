/* A device's insides, and how its driver is called. */
#ifndef CONVOY_RUNTIME_CUDA_DEVICE_H
#define CONVOY_RUNTIME_CUDA_DEVICE_H

#include <convoy/cuda.h>

#include "runtime/core/internal.h"
#include "runtime/cuda/driver.h"

#include <pthread.h>

struct convoy_cuda_code;

struct convoy_cuda {
  convoy_backend backend; /* first: the backend's functions find the device by it */
  const convoy_driver *driver;
  int device;
  cuda_handle context;
  convoy_cuda_about about;
  unsigned most_blocks[3];
  unsigned most_threads;
  unsigned most_shared_bytes; /* of a block, when a kernel opts in */

  pthread_mutex_t mutex; /* guards `codes`; held while one is made */
  struct convoy_cuda_code *codes;

  pthread_mutex_t lost_mutex; /* guards what follows */
  int lost;
  convoy_error why; /* it was lost */
};

/* "CUDA device 0 (NAME)"; without the name until the driver has told it */
typedef struct convoy_cuda_name {
  char text[160];
} convoy_cuda_name;
convoy_cuda_name convoy_cuda_name_of(const convoy_cuda *device);

/* Turns a driver's result into a status; says in `error` what `call` met. Remembers that the device is lost. */
convoy_status convoy_cuda_check(convoy_cuda *device, int result, const char *call, convoy_error *error);

#define CONVOY_CUDA_CALL(device, error, name, ...)                                                                     \
  convoy_cuda_check(device, (device)->driver->name(__VA_ARGS__), #name, error)

/* DEVICE_FAILED, and why, once the device is lost. */
convoy_status convoy_cuda_alive(convoy_cuda *device, convoy_error *error);

/* Around calls of the driver: the device's context is the calling thread's. */
convoy_status convoy_cuda_enter(convoy_cuda *device, convoy_error *error);
void convoy_cuda_leave(convoy_cuda *device);

/* ---- Memory ---- */

typedef enum convoy_cuda_space { CONVOY_CUDA_DEVICE_MEMORY, CONVOY_CUDA_PINNED_MEMORY } convoy_cuda_space;

/* Memory that only grows. */
typedef struct convoy_cuda_block {
  void *data; /* an address of the device, or pinned memory of the host */
  size_t bytes;
  convoy_cuda_space space;
} convoy_cuda_block;

static inline cuda_address convoy_cuda_address(const void *memory) { return (cuda_address)(uintptr_t)memory; }

/* Makes a block hold at least `bytes`; what it held is lost. `what` names it in a message. The context is current. */
convoy_status convoy_cuda_reserve(convoy_cuda *device, convoy_cuda_block *block, size_t bytes, const char *what,
                                  convoy_error *error);
void convoy_cuda_release(convoy_cuda *device, convoy_cuda_block *block);

#endif
