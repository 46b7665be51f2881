#include "runtime/cuda/code.h"

#include <stdlib.h>
#include <string.h>

/* ---- Images and functions ---- */

/* Why an image doesn't load, where that is not for the driver's log to say. */
static const char *advice(int result) {
  switch (result) {
  case CU_NO_BINARY_FOR_GPU:
    return "; the module's code is for another kind of GPU: compile it for this one (--target=cuda-sm_NN)";
  case CU_UNSUPPORTED_PTX_VERSION:
    return "; the driver is too old for the module's code: update it";
  default:
    return "";
  }
}

static convoy_status load_image(convoy_cuda *device, const void *bytes, cuda_handle *handle, convoy_error *error) {
  char log[256] = "";
  int options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE};
  void *values[] = {log, (void *)(uintptr_t)sizeof log};
  convoy_error why;
  int result = device->driver->cuModuleLoadDataEx(handle, bytes, 2, options, values);
  convoy_status status = convoy_cuda_check(device, result, "cuModuleLoadDataEx", &why);
  log[sizeof log - 1] = '\0';
  return status ? convoy_fail(error, status, "%s%s%s%s", why.message, advice(result), log[0] ? "\n" : "", log)
                : CONVOY_OK;
}

/* What was assembled for this kind of device spares the driver the work; PTX fits all that are newer. */
static const void *choose_bytes(const convoy_cuda *device, const convoy_device_launch *launch) {
  int had = device->about.capability, wanted = launch->cubin_capability;
  return launch->cubin && had / 10 == wanted / 10 && had >= wanted ? launch->cubin : launch->image;
}

static convoy_status find_image(convoy_cuda *device, convoy_cuda_code *code, const convoy_device_launch *launch,
                                convoy_cuda_image **result, convoy_error *error) {
  const void *bytes = launch->image;
  convoy_cuda_image **bucket = &code->images[(uintptr_t)bytes / 16 % CONVOY_CUDA_BUCKETS];
  for (convoy_cuda_image *image = *bucket; image; image = image->next)
    if (image->bytes == bytes) {
      *result = image;
      return CONVOY_OK;
    }
  convoy_cuda_image *image = calloc(1, sizeof *image);
  if (!image)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a kernel's code");
  convoy_status status = load_image(device, choose_bytes(device, launch), &image->handle, error);
  if (status) {
    free(image);
    return status;
  }
  image->bytes = bytes;
  image->next = *bucket;
  *result = *bucket = image;
  return CONVOY_OK;
}

/* Asking for attributes also loads the function, where the driver puts that off: a capture could not. */
static convoy_status describe_function(convoy_cuda *device, convoy_cuda_function *function, convoy_error *error) {
  int shared = 0, threads = 0;
  convoy_status status =
      CONVOY_CUDA_CALL(device, error, cuFuncGetAttribute, &shared, CU_FUNCTION_SHARED_SIZE, function->handle);
  if (!status)
    status = CONVOY_CUDA_CALL(device, error, cuFuncGetAttribute, &threads, CU_FUNCTION_MAX_THREADS_PER_BLOCK,
                              function->handle);
  function->static_shared_bytes = (unsigned)shared;
  function->most_threads = (unsigned)threads;
  function->dynamic_shared_bytes = 48u * 1024 > (unsigned)shared ? 48u * 1024 - (unsigned)shared : 0;
  return status;
}

static convoy_status find_function(convoy_cuda *device, convoy_cuda_image *image, const char *entry,
                                   convoy_cuda_function **result, convoy_error *error) {
  for (convoy_cuda_function *function = image->functions; function; function = function->next)
    if (function->entry == entry || strcmp(function->entry, entry) == 0) {
      *result = function;
      return CONVOY_OK;
    }
  convoy_cuda_function *function = calloc(1, sizeof *function);
  if (!function)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a kernel's description");
  convoy_status status = CONVOY_CUDA_CALL(device, error, cuModuleGetFunction, &function->handle, image->handle, entry);
  if (!status)
    status = describe_function(device, function, error);
  if (status) {
    free(function);
    return status;
  }
  function->entry = entry;
  function->next = image->functions;
  *result = image->functions = function;
  return CONVOY_OK;
}

/* More than 48 kB of shared memory are given to functions that opted in. */
static convoy_status opt_in(convoy_cuda *device, convoy_cuda_function *function, unsigned bytes, convoy_error *error) {
  if (bytes <= function->dynamic_shared_bytes)
    return CONVOY_OK;
  if (bytes > device->most_shared_bytes || function->static_shared_bytes > device->most_shared_bytes - bytes)
    return convoy_fail(error, CONVOY_KERNEL_FAILED,
                       "kernel %s needs %u bytes of shared memory a block, %s has %u: compile the network for it",
                       function->entry, bytes + function->static_shared_bytes, convoy_cuda_name_of(device).text,
                       device->most_shared_bytes);
  convoy_status status =
      CONVOY_CUDA_CALL(device, error, cuFuncSetAttribute, function->handle, CU_FUNCTION_MAX_DYNAMIC_SHARED, (int)bytes);
  if (!status)
    function->dynamic_shared_bytes = bytes;
  return status;
}

convoy_status convoy_cuda_find(convoy_cuda *device, convoy_cuda_code *code, const convoy_device_launch *launch,
                               const convoy_cuda_function **result, convoy_error *error) {
  convoy_cuda_image *image = NULL;
  convoy_cuda_function *function = NULL;
  pthread_mutex_lock(&code->mutex);
  convoy_status status = find_image(device, code, launch, &image, error);
  if (!status)
    status = find_function(device, image, launch->entry, &function, error);
  if (!status)
    status = opt_in(device, function, launch->shared_bytes, error);
  pthread_mutex_unlock(&code->mutex);
  *result = function;
  return status;
}

/* ---- Weights ---- */

static convoy_status upload(convoy_cuda *device, convoy_cuda_code *code, cuda_handle stream, convoy_error *error) {
  const convoy_module *module = code->module;
  convoy_status status = convoy_cuda_reserve(device, &code->weights, module->weight_bytes, "the weights", error);
  if (status || !module->weight_bytes)
    return status;
  status = CONVOY_CUDA_CALL(device, error, cuMemcpyHtoDAsync, convoy_cuda_address(code->weights.data), module->weights,
                            module->weight_bytes, stream);
  return status ? status : CONVOY_CUDA_CALL(device, error, cuStreamSynchronize, stream);
}

static convoy_status make(convoy_cuda *device, convoy_cuda_code *code, const convoy_cuda_maker *maker,
                          convoy_error *error) {
  convoy_status status = upload(device, code, maker->stream, error);
  if (!status)
    status = convoy_cuda_reserve(device, &code->prepared, code->module->prepared_bytes, "prepared weights", error);
  return status ? status : maker->prepare(maker->session, code, error);
}

/* ---- Sharing ---- */

static void destroy(convoy_cuda *device, convoy_cuda_code *code) {
  for (int i = 0; i < CONVOY_CUDA_BUCKETS; ++i)
    while (code->images[i]) {
      convoy_cuda_image *image = code->images[i];
      code->images[i] = image->next;
      while (image->functions) {
        convoy_cuda_function *function = image->functions;
        image->functions = function->next;
        free(function);
      }
      CONVOY_CUDA_CALL(device, NULL, cuModuleUnload, image->handle);
      free(image);
    }
  convoy_cuda_release(device, &code->weights);
  convoy_cuda_release(device, &code->prepared);
  pthread_mutex_destroy(&code->mutex);
  free(code);
}

static convoy_status add(convoy_cuda *device, const convoy_module *module, const convoy_cuda_maker *maker,
                         convoy_cuda_code **result, convoy_error *error) {
  convoy_cuda_code *code = calloc(1, sizeof *code);
  if (!code)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a module's code");
  code->module = module;
  code->weights.space = code->prepared.space = CONVOY_CUDA_DEVICE_MEMORY;
  pthread_mutex_init(&code->mutex, NULL);
  convoy_status status = make(device, code, maker, error);
  if (status) {
    destroy(device, code);
    return status;
  }
  code->next = device->codes;
  *result = device->codes = code;
  return CONVOY_OK;
}

convoy_status convoy_cuda_acquire(convoy_cuda *device, const convoy_module *module, const convoy_cuda_maker *maker,
                                  convoy_cuda_code **result, convoy_error *error) {
  convoy_status status = CONVOY_OK;
  pthread_mutex_lock(&device->mutex);
  convoy_cuda_code *code = device->codes;
  while (code && code->module != module)
    code = code->next;
  if (!code)
    status = add(device, module, maker, &code, error);
  if (!status)
    ++code->sessions;
  pthread_mutex_unlock(&device->mutex);
  *result = status ? NULL : code;
  return status;
}

void convoy_cuda_drop(convoy_cuda *device, convoy_cuda_code *code) {
  if (!code)
    return;
  pthread_mutex_lock(&device->mutex);
  if (--code->sessions == 0) {
    convoy_cuda_code **link = &device->codes;
    while (*link != code)
      link = &(*link)->next;
    *link = code->next;
    destroy(device, code);
  }
  pthread_mutex_unlock(&device->mutex);
}
