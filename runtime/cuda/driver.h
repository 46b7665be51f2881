/* What is used of NVIDIA's driver API, declared here: neither its header nor its library is needed to build. */
#ifndef CONVOY_RUNTIME_CUDA_DRIVER_H
#define CONVOY_RUNTIME_CUDA_DRIVER_H

#include <convoy/runtime.h>

/* CUresult */
enum {
  CU_SUCCESS = 0,
  CU_OUT_OF_MEMORY = 2,
  CU_DEINITIALIZED = 4,
  CU_DEVICE_UNAVAILABLE = 46,
  CU_NO_DEVICE = 100,
  CU_NO_BINARY_FOR_GPU = 209,
  CU_ECC_UNCORRECTABLE = 214,
  CU_NVLINK_UNCORRECTABLE = 220,
  CU_UNSUPPORTED_PTX_VERSION = 222,
  CU_CONTAINED = 226,
  CU_ILLEGAL_ADDRESS = 700,
  CU_LAUNCH_TIMEOUT = 702,
  CU_CONTEXT_IS_DESTROYED = 709,
  CU_ASSERT = 710,
  CU_HARDWARE_STACK_ERROR = 714,
  CU_LAUNCH_FAILED = 719,
  CU_UNKNOWN = 999
};

/* CUdevice_attribute, CUfunction_attribute, CUjit_option and other numbers. */
enum {
  CU_DEVICE_MAX_THREADS_PER_BLOCK = 1,
  CU_DEVICE_MAX_GRID_DIM_X = 5, /* 6 and 7: y and z */
  CU_DEVICE_CLOCK_RATE = 13,    /* kHz */
  CU_DEVICE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_CAPABILITY_MINOR = 76,
  CU_DEVICE_MAX_SHARED_OPTIN = 97,

  CU_FUNCTION_MAX_THREADS_PER_BLOCK = 0,
  CU_FUNCTION_SHARED_SIZE = 1,
  CU_FUNCTION_MAX_DYNAMIC_SHARED = 8,

  CU_JIT_ERROR_LOG_BUFFER = 5,
  CU_JIT_ERROR_LOG_BUFFER_SIZE = 6,

  CU_STREAM_NON_BLOCKING = 1,
  CU_CAPTURE_THREAD_LOCAL = 1,
  CU_HOST_PORTABLE = 1
};

typedef unsigned long long cuda_address; /* CUdeviceptr */
typedef void *cuda_handle;               /* CUcontext, CUmodule, CUfunction, CUstream, CUevent, CUgraph, CUgraphExec */

/* F(name in messages, symbol, parameters) */
#define CONVOY_DRIVER_FUNCTIONS(F)                                                                                     \
  F(cuInit, "cuInit", (unsigned flags))                                                                                \
  F(cuDriverGetVersion, "cuDriverGetVersion", (int *version))                                                          \
  F(cuGetErrorName, "cuGetErrorName", (int result, const char **name))                                                 \
  F(cuGetErrorString, "cuGetErrorString", (int result, const char **text))                                             \
  F(cuDeviceGetCount, "cuDeviceGetCount", (int *count))                                                                \
  F(cuDeviceGet, "cuDeviceGet", (int *device, int ordinal))                                                            \
  F(cuDeviceGetName, "cuDeviceGetName", (char *name, int size, int device))                                            \
  F(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int *value, int attribute, int device))                             \
  F(cuDeviceTotalMem, "cuDeviceTotalMem_v2", (size_t *bytes, int device))                                              \
  F(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (cuda_handle * context, int device))                         \
  F(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (int device))                                           \
  F(cuCtxPushCurrent, "cuCtxPushCurrent_v2", (cuda_handle context))                                                    \
  F(cuCtxPopCurrent, "cuCtxPopCurrent_v2", (cuda_handle * context))                                                    \
  F(cuMemGetInfo, "cuMemGetInfo_v2", (size_t *free_bytes, size_t *total))                                              \
  F(cuMemAlloc, "cuMemAlloc_v2", (cuda_address * memory, size_t bytes))                                                \
  F(cuMemFree, "cuMemFree_v2", (cuda_address memory))                                                                  \
  F(cuMemHostAlloc, "cuMemHostAlloc", (void **memory, size_t bytes, unsigned flags))                                   \
  F(cuMemFreeHost, "cuMemFreeHost", (void *memory))                                                                    \
  F(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2", (cuda_address to, const void *from, size_t bytes, cuda_handle stream))  \
  F(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2", (void *to, cuda_address from, size_t bytes, cuda_handle stream))        \
  F(cuMemcpyDtoDAsync, "cuMemcpyDtoDAsync_v2", (cuda_address to, cuda_address from, size_t bytes, cuda_handle stream)) \
  F(cuModuleLoadDataEx, "cuModuleLoadDataEx",                                                                          \
    (cuda_handle * module, const void *image, unsigned count, int *options, void **values))                            \
  F(cuModuleUnload, "cuModuleUnload", (cuda_handle module))                                                            \
  F(cuModuleGetFunction, "cuModuleGetFunction", (cuda_handle * function, cuda_handle module, const char *name))        \
  F(cuFuncGetAttribute, "cuFuncGetAttribute", (int *value, int attribute, cuda_handle function))                       \
  F(cuFuncSetAttribute, "cuFuncSetAttribute", (cuda_handle function, int attribute, int value))                        \
  F(cuLaunchKernel, "cuLaunchKernel",                                                                                  \
    (cuda_handle function, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z, unsigned threads_x,                \
     unsigned threads_y, unsigned threads_z, unsigned shared_bytes, cuda_handle stream, void **arguments,              \
     void **extra))                                                                                                    \
  F(cuStreamCreate, "cuStreamCreate", (cuda_handle * stream, unsigned flags))                                          \
  F(cuStreamDestroy, "cuStreamDestroy_v2", (cuda_handle stream))                                                       \
  F(cuStreamSynchronize, "cuStreamSynchronize", (cuda_handle stream))                                                  \
  F(cuStreamBeginCapture, "cuStreamBeginCapture_v2", (cuda_handle stream, int mode))                                   \
  F(cuStreamEndCapture, "cuStreamEndCapture", (cuda_handle stream, cuda_handle * graph))                               \
  F(cuGraphInstantiate, "cuGraphInstantiateWithFlags",                                                                 \
    (cuda_handle * executable, cuda_handle graph, unsigned long long flags))                                           \
  F(cuGraphDestroy, "cuGraphDestroy", (cuda_handle graph))                                                             \
  F(cuGraphExecDestroy, "cuGraphExecDestroy", (cuda_handle executable))                                                \
  F(cuGraphLaunch, "cuGraphLaunch", (cuda_handle executable, cuda_handle stream))                                      \
  F(cuEventCreate, "cuEventCreate", (cuda_handle * event, unsigned flags))                                             \
  F(cuEventDestroy, "cuEventDestroy_v2", (cuda_handle event))                                                          \
  F(cuEventRecord, "cuEventRecord", (cuda_handle event, cuda_handle stream))                                           \
  F(cuEventElapsedTime, "cuEventElapsedTime", (float *milliseconds, cuda_handle start, cuda_handle end))

typedef struct convoy_driver {
#define CONVOY_DRIVER_FIELD(name, symbol, parameters) int(*name) parameters;
  CONVOY_DRIVER_FUNCTIONS(CONVOY_DRIVER_FIELD)
#undef CONVOY_DRIVER_FIELD
  int version;
} convoy_driver;

/* The driver, loaded and initialised by the first call that succeeds; it stays until the process ends. Any thread. */
convoy_status convoy_driver_load(const convoy_driver **driver, convoy_error *error);

/* "CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)" */
void convoy_driver_explain(const convoy_driver *driver, int result, char *text, size_t size);

/* After such a result nothing works any more on the device. */
int convoy_driver_is_lost(int result);

#endif
