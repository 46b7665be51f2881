#include "runtime/cuda/driver.h"

#include "runtime/core/internal.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* cuGraphInstantiateWithFlags and the PTX that modules hold. */
#define LEAST_VERSION 11040

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static convoy_driver loaded; /* guarded by the mutex until `is_ready`, constant from then on */
static int is_ready;

void convoy_driver_explain(const convoy_driver *driver, int result, char *text, size_t size) {
  const char *name = NULL, *sentence = NULL;
  if (driver->cuGetErrorName(result, &name) || !name)
    name = "unknown error";
  if (driver->cuGetErrorString(result, &sentence) || !sentence)
    sentence = "the driver has no words for it";
  snprintf(text, size, "%s (%s)", name, sentence);
}

int convoy_driver_is_lost(int result) {
  switch (result) {
  case CU_DEINITIALIZED:
  case CU_DEVICE_UNAVAILABLE:
  case CU_ECC_UNCORRECTABLE:
  case CU_NVLINK_UNCORRECTABLE:
  case CU_CONTAINED:
  case CU_ILLEGAL_ADDRESS:
  case CU_LAUNCH_TIMEOUT:
  case CU_CONTEXT_IS_DESTROYED:
  case CU_ASSERT:
  case CU_UNKNOWN:
    return 1;
  default:
    return result >= CU_HARDWARE_STACK_ERROR && result <= CU_LAUNCH_FAILED;
  }
}

/* A function's address travels as bytes: C has no conversion from a data pointer. */
static int find(void *library, const char *symbol, void *function) {
  void *address = dlsym(library, symbol);
  memcpy(function, &address, sizeof address);
  return address != NULL;
}

static convoy_status find_functions(void *library, convoy_driver *driver, convoy_error *error) {
  const char *missing = NULL;
#define CONVOY_DRIVER_FIND(name, symbol, parameters)                                                                   \
  if (!find(library, symbol, &driver->name) && !missing)                                                               \
    missing = symbol;
  CONVOY_DRIVER_FUNCTIONS(CONVOY_DRIVER_FIND)
#undef CONVOY_DRIVER_FIND
  if (!missing)
    return CONVOY_OK;
  return convoy_fail(error, CONVOY_NO_DEVICE,
                     "the NVIDIA driver is too old: it lacks %s; Convoy needs one for CUDA 11.4 or newer", missing);
}

static convoy_status initialise(convoy_driver *driver, convoy_error *error) {
  char why[256];
  int result = driver->cuInit(0);
  if (result == CU_NO_DEVICE)
    return convoy_fail(error, CONVOY_NO_DEVICE, "the NVIDIA driver finds no GPU on this machine");
  if (!result)
    result = driver->cuDriverGetVersion(&driver->version);
  if (result) {
    convoy_driver_explain(driver, result, why, sizeof why);
    return convoy_fail(error, CONVOY_NO_DEVICE, "the NVIDIA driver doesn't start: %s", why);
  }
  if (driver->version < LEAST_VERSION)
    return convoy_fail(error, CONVOY_NO_DEVICE,
                       "the NVIDIA driver is too old: it is for CUDA %d.%d; Convoy needs one for CUDA %d.%d or newer",
                       driver->version / 1000, driver->version % 1000 / 10, LEAST_VERSION / 1000,
                       LEAST_VERSION % 1000 / 10);
  return CONVOY_OK;
}

static convoy_status load(convoy_error *error) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    return convoy_fail(error, CONVOY_NO_DEVICE, "no NVIDIA driver: %s", why ? why : "libcuda.so.1 can't be loaded");
  }
  convoy_driver driver = {0};
  convoy_status status = find_functions(library, &driver, error);
  if (!status)
    status = initialise(&driver, error);
  if (status)
    return status; /* the library stays: its threads and their ends would not survive that it goes */
  loaded = driver;
  is_ready = 1;
  return CONVOY_OK;
}

convoy_status convoy_driver_load(const convoy_driver **driver, convoy_error *error) {
  pthread_mutex_lock(&mutex);
  convoy_status status = is_ready ? CONVOY_OK : load(error);
  pthread_mutex_unlock(&mutex);
  *driver = status ? NULL : &loaded;
  return status;
}
