/// Start, devices, contexts, words for errors.
#include "test/runtime/cuda/driver/state.h"

#include <cstdio>

using namespace standin;

extern "C" {

int cuInit(unsigned) {
  STANDIN_ENTER(nothing)
  State &s = state();
  if (s.options.initResult || !s.options.devices)
    return s.options.initResult ? s.options.initResult : noDevice;
  s.isInitialised = true;
  return success;
}

int cuDriverGetVersion(int *version) {
  STANDIN_ENTER(nothing)
  *version = state().options.version;
  return success;
}

int cuGetErrorName(int result, const char **name) {
  *name = result == illegalAddress ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : result == outOfMemory  ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == invalidPtx   ? "CUDA_ERROR_INVALID_PTX"
          : result == noBinary     ? "CUDA_ERROR_NO_BINARY_FOR_GPU"
          : result == invalidValue ? "CUDA_ERROR_INVALID_VALUE"
          : result == notFound     ? "CUDA_ERROR_NOT_FOUND"
                                   : nullptr;
  return *name ? success : invalidValue;
}

int cuGetErrorString(int result, const char **text) {
  *text = result == illegalAddress ? "an illegal memory access was encountered" : nullptr;
  return *text ? success : invalidValue;
}

int cuDeviceGetCount(int *count) {
  STANDIN_ENTER(initialised)
  *count = state().options.devices;
  return success;
}

int cuDeviceGet(int *device, int ordinal) {
  STANDIN_ENTER(initialised)
  if (ordinal < 0 || ordinal >= state().options.devices)
    return invalidDevice;
  *device = ordinal + 10; // not the ordinal: whoever mixes them up is seen
  return success;
}

int cuDeviceGetName(char *name, int size, int device) {
  STANDIN_ENTER(initialised)
  std::snprintf(name, size, "Stand-in %d", device - 10);
  return success;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
  STANDIN_ENTER(initialised)
  if (device < 10 || device >= 10 + state().options.devices)
    return state().violate("cuDeviceGetAttribute: a device that is none", invalidDevice);
  switch (attribute) {
  case 1: // threads of a block
    return *value = 1024, success;
  case 5: // blocks of a grid
    return *value = 2147483647, success;
  case 6:
  case 7:
    return *value = 65535, success;
  case 13: // kHz
    return *value = 1000000, success;
  case 16: // multiprocessors
    return *value = 10, success;
  case 75:
    return *value = state().options.capability / 10, success;
  case 76:
    return *value = state().options.capability % 10, success;
  case 97: // shared memory of a block
    return *value = 163 << 10, success;
  default:
    return state().violate("cuDeviceGetAttribute: " + std::to_string(attribute) + " is not known", invalidValue);
  }
}

int cuDeviceTotalMem_v2(size_t *bytes, int) {
  STANDIN_ENTER(initialised)
  *bytes = state().options.memory;
  return success;
}

int cuDevicePrimaryCtxRetain(void **context, int device) {
  STANDIN_ENTER(initialised)
  Context &primary = state().contexts[device];
  primary.device = device;
  ++primary.retained;
  *context = &primary;
  return success;
}

/// The last one takes all with it that lies in the context, as a real driver does.
int cuDevicePrimaryCtxRelease_v2(int device) {
  STANDIN_RELEASE(initialised)
  State &s = state();
  Context &primary = s.contexts[device];
  if (primary.retained < 1)
    return s.violate("cuDevicePrimaryCtxRelease: it was not retained", invalidContext);
  --primary.retained;
  return told;
}

int cuCtxPushCurrent_v2(void *context) {
  STANDIN_ENTER(initialised)
  Context *pushed = static_cast<Context *>(context);
  if (!pushed || pushed->retained < 1)
    return state().violate("cuCtxPushCurrent: a context that is none", invalidContext);
  contextStack().push_back(pushed);
  return success;
}

int cuCtxPopCurrent_v2(void **context) {
  STANDIN_RELEASE(initialised)
  if (contextStack().empty())
    return state().violate("cuCtxPopCurrent: nothing was pushed", invalidContext);
  *context = contextStack().back();
  contextStack().pop_back();
  return told;
}
}
