#include "runtime/cuda/device.h"

#include "runtime/cuda/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Calls of the driver ---- */

convoy_cuda_name convoy_cuda_name_of(const convoy_cuda *device) {
  convoy_cuda_name name;
  const convoy_cuda_about *about = &device->about;
  if (about->name[0])
    snprintf(name.text, sizeof name.text, "CUDA device %d (%s)", (int)about->ordinal, about->name);
  else
    snprintf(name.text, sizeof name.text, "CUDA device %d", (int)about->ordinal);
  return name;
}

static void lose(convoy_cuda *device, const char *call, const char *why) {
  pthread_mutex_lock(&device->lost_mutex);
  if (!device->lost)
    convoy_fail(&device->why, CONVOY_DEVICE_FAILED, "%s: %s", call, why);
  device->lost = 1;
  pthread_mutex_unlock(&device->lost_mutex);
}

convoy_status convoy_cuda_check(convoy_cuda *device, int result, const char *call, convoy_error *error) {
  char why[256];
  if (result == CU_SUCCESS)
    return CONVOY_OK;
  convoy_driver_explain(device->driver, result, why, sizeof why);
  if (convoy_driver_is_lost(result))
    lose(device, call, why);
  convoy_status status = result == CU_OUT_OF_MEMORY ? CONVOY_OUT_OF_MEMORY : CONVOY_DEVICE_FAILED;
  return convoy_fail(error, status, "%s: %s: %s", convoy_cuda_name_of(device).text, call, why);
}

convoy_status convoy_cuda_alive(convoy_cuda *device, convoy_error *error) {
  pthread_mutex_lock(&device->lost_mutex);
  int lost = device->lost;
  pthread_mutex_unlock(&device->lost_mutex);
  if (!lost)
    return CONVOY_OK;
  return convoy_fail(error, CONVOY_DEVICE_FAILED, "%s was lost: %s", convoy_cuda_name_of(device).text,
                     device->why.message);
}

convoy_status convoy_cuda_enter(convoy_cuda *device, convoy_error *error) {
  return CONVOY_CUDA_CALL(device, error, cuCtxPushCurrent, device->context);
}

void convoy_cuda_leave(convoy_cuda *device) {
  cuda_handle ours;
  CONVOY_CUDA_CALL(device, NULL, cuCtxPopCurrent, &ours);
}

/* ---- Opening ---- */

convoy_status convoy_cuda_count(int32_t *count, convoy_error *error) {
  const convoy_driver *driver;
  char why[256];
  int number = 0;
  *count = 0;
  convoy_status status = convoy_driver_load(&driver, error);
  if (status)
    return status;
  int result = driver->cuDeviceGetCount(&number);
  if (result) {
    convoy_driver_explain(driver, result, why, sizeof why);
    return convoy_fail(error, CONVOY_NO_DEVICE, "the NVIDIA driver can't count its GPUs: %s", why);
  }
  *count = number;
  return number ? CONVOY_OK : convoy_fail(error, CONVOY_NO_DEVICE, "the NVIDIA driver finds no GPU on this machine");
}

static convoy_status ask(convoy_cuda *device, int attribute, int *value, convoy_error *error) {
  *value = 0;
  return CONVOY_CUDA_CALL(device, error, cuDeviceGetAttribute, value, attribute, device->device);
}

/* 32-bit multiply-adds of a multiprocessor in a clock. */
static int lanes(int capability) { return capability == 60 || (capability >= 70 && capability <= 80) ? 64 : 128; }

static convoy_status describe(convoy_cuda *device, convoy_error *error) {
  convoy_cuda_about *about = &device->about;
  int major, minor, processors, clock, threads, shared, blocks[3];
  const struct {
    int attribute, *value;
  } questions[] = {
      {CU_DEVICE_CAPABILITY_MAJOR, &major},          {CU_DEVICE_CAPABILITY_MINOR, &minor},
      {CU_DEVICE_MULTIPROCESSOR_COUNT, &processors}, {CU_DEVICE_CLOCK_RATE, &clock},
      {CU_DEVICE_MAX_THREADS_PER_BLOCK, &threads},   {CU_DEVICE_MAX_SHARED_OPTIN, &shared},
      {CU_DEVICE_MAX_GRID_DIM_X, &blocks[0]},        {CU_DEVICE_MAX_GRID_DIM_X + 1, &blocks[1]},
      {CU_DEVICE_MAX_GRID_DIM_X + 2, &blocks[2]},
  };
  convoy_status status =
      CONVOY_CUDA_CALL(device, error, cuDeviceGetName, about->name, (int)sizeof about->name, device->device);
  about->name[sizeof about->name - 1] = '\0';
  if (!status)
    status = CONVOY_CUDA_CALL(device, error, cuDeviceTotalMem, &about->memory_bytes, device->device);
  for (size_t i = 0; !status && i < sizeof questions / sizeof questions[0]; ++i)
    status = ask(device, questions[i].attribute, questions[i].value, error);
  if (status)
    return status;
  about->capability = 10 * major + minor;
  about->multiprocessors = processors;
  about->flops = 2e3 * processors * clock * lanes(about->capability);
  about->driver = device->driver->version;
  device->most_threads = (unsigned)threads;
  device->most_shared_bytes = (unsigned)shared;
  for (int i = 0; i < 3; ++i)
    device->most_blocks[i] = (unsigned)blocks[i];
  return CONVOY_OK;
}

static convoy_status start(convoy_cuda *device, convoy_error *error) {
  int ordinal = device->about.ordinal;
  convoy_status status = CONVOY_CUDA_CALL(device, error, cuDeviceGet, &device->device, ordinal);
  if (!status)
    status = describe(device, error);
  if (!status)
    status = CONVOY_CUDA_CALL(device, error, cuDevicePrimaryCtxRetain, &device->context, device->device);
  return status;
}

convoy_status convoy_cuda_open(int32_t ordinal, convoy_cuda **result, convoy_error *error) {
  int32_t count;
  *result = NULL;
  convoy_status status = convoy_cuda_count(&count, error);
  if (status)
    return status;
  if (ordinal < 0 || ordinal >= count)
    return convoy_fail(error, CONVOY_NO_DEVICE, "there is no CUDA device %d: this machine has %d, counted from 0",
                       (int)ordinal, (int)count);
  convoy_cuda *device = calloc(1, sizeof *device);
  if (!device)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a device");
  pthread_mutex_init(&device->mutex, NULL);
  pthread_mutex_init(&device->lost_mutex, NULL);
  device->about.ordinal = ordinal;
  convoy_cuda_set_backend(&device->backend);
  status = convoy_driver_load(&device->driver, error);
  if (!status)
    status = start(device, error);
  if (status) {
    convoy_cuda_close(device);
    return status;
  }
  *result = device;
  return CONVOY_OK;
}

void convoy_cuda_close(convoy_cuda *device) {
  if (!device)
    return;
  if (device->context)
    CONVOY_CUDA_CALL(device, NULL, cuDevicePrimaryCtxRelease, device->device);
  pthread_mutex_destroy(&device->mutex);
  pthread_mutex_destroy(&device->lost_mutex);
  free(device);
}

const convoy_cuda_about *convoy_cuda_describe(const convoy_cuda *device) { return &device->about; }

convoy_backend *convoy_cuda_backend(convoy_cuda *device) { return &device->backend; }
