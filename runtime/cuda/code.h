/* What sessions of one module share on one device: its code, its weights. */
#ifndef CONVOY_RUNTIME_CUDA_CODE_H
#define CONVOY_RUNTIME_CUDA_CODE_H

#include "runtime/cuda/device.h"

#define CONVOY_CUDA_BUCKETS 64

typedef struct convoy_cuda_function {
  struct convoy_cuda_function *next;
  const char *entry;
  cuda_handle handle;
  unsigned static_shared_bytes;
  unsigned dynamic_shared_bytes; /* allowed so far; guarded by the mutex of its code */
  unsigned most_threads;
} convoy_cuda_function;

typedef struct convoy_cuda_image {
  struct convoy_cuda_image *next;
  const void *bytes; /* of the module: the key */
  cuda_handle handle;
  convoy_cuda_function *functions;
} convoy_cuda_image;

typedef struct convoy_cuda_code {
  struct convoy_cuda_code *next;
  const convoy_module *module;
  int sessions; /* guarded by the device's mutex */
  convoy_cuda_block weights, prepared;

  pthread_mutex_t mutex; /* guards what follows */
  convoy_cuda_image *images[CONVOY_CUDA_BUCKETS];
} convoy_cuda_code;

/* What one session does to make the code ready: `prepare` runs the module's own on it. */
typedef struct convoy_cuda_maker {
  cuda_handle stream;
  convoy_status (*prepare)(void *session, convoy_cuda_code *code, convoy_error *error);
  void *session;
} convoy_cuda_maker;

/* Uploads and prepares weights for the first session of a module; others share them. The context is current. */
convoy_status convoy_cuda_acquire(convoy_cuda *device, const convoy_module *module, const convoy_cuda_maker *maker,
                                  convoy_cuda_code **code, convoy_error *error);

/* Null is allowed. The last session's unloads all. */
void convoy_cuda_drop(convoy_cuda *device, convoy_cuda_code *code);

/* The function of a launch, with room for its shared memory: loaded when it is first asked for. */
convoy_status convoy_cuda_find(convoy_cuda *device, convoy_cuda_code *code, const convoy_device_launch *launch,
                               const convoy_cuda_function **function, convoy_error *error);

#endif
