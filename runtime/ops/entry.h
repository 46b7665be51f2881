/* What the entry points of generated code have in common. Like ops.h: inside each module, hidden, freestanding. */
#ifndef CONVOY_RUNTIME_OPS_ENTRY_H
#define CONVOY_RUNTIME_OPS_ENTRY_H

#include <convoy/module.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Checks context and inputs against the module's table and writes the extent of each symbol to `symbols`. With
 * `needs_data`, an input without data is refused. A status; what is wrong goes to context->error. */
int32_t convoy_enter(convoy_context *context, const convoy_module *module, const convoy_tensor *inputs,
                     int32_t needs_data, int64_t *symbols);

/* A tensor of the network with extents that depend on symbols. An extent e < 0 is values[-1 - e]; `around` counts the
 * elements allocated beside the extent. */
typedef struct convoy_extents {
  const char *name;
  int64_t rank;
  int64_t dims[CONVOY_MAX_RANK];
  int64_t around[CONVOY_MAX_RANK];
} convoy_extents;

/* Refuses inputs so small that a tensor vanishes, or so large that one has 2^31 elements. */
int32_t convoy_check_extents(convoy_context *context, const convoy_extents *tensors, int32_t count,
                             const int64_t *values);

/* What the network takes for granted about its inputs' extents: values[value] is zero, or else not negative. */
typedef struct convoy_requirement {
  const char *layer; /* that needs it */
  int64_t value;
  int64_t zero;
} convoy_requirement;

/* Refuses inputs whose extents break a requirement. */
int32_t convoy_check_requirements(convoy_context *context, const convoy_requirement *requirements, int32_t count,
                                  const int64_t *values);

/* Checks what `run` was given to write to. `arena_needed`: bytes that these inputs need. */
int32_t convoy_check_memory(convoy_context *context, const convoy_module *module, const convoy_tensor *outputs,
                            const void *arena, size_t arena_bytes, size_t arena_needed, const void *prepared);

/* ---- In a module for a device ---- */

/* What lies where PTX is expected when there is a cubin beside it: offsets of both from here. */
#define CONVOY_DEVICE_IMAGE 0x47564e43u /* "CNVG" */
typedef struct convoy_device_image {
  uint32_t magic;
  int32_t capability; /* that the cubin was made for: 80 for sm_80 */
  uint64_t ptx;       /* null-terminated */
  uint64_t cubin;
} convoy_device_image;

/* Checks what the context says of the device and takes its scratch, before the first kernel of `run` or `prepare`.
 * `host_arena_needed`: bytes that these inputs need. */
int32_t convoy_check_device(convoy_context *context, const convoy_module *module, size_t host_arena_needed);

/* Calls of the context's device. Devices are those of convoy_device; 0 bytes are no copy. */
int32_t convoy_device_copy(convoy_context *context, void *to, int32_t to_device, const void *from, int32_t from_device,
                           int64_t bytes);
int32_t convoy_device_synchronize(convoy_context *context);

/* What a kernel came to: what it returned, or what its launches left in the context. */
int32_t convoy_device_status(const convoy_context *context, int32_t status);

/* ---- */

/* Says which layer failed; CONVOY_KERNEL_FAILED, or `status` if that is a convoy_status of a library call. */
int32_t convoy_launch_failed(convoy_context *context, const convoy_module *module, int32_t launch, int32_t status);

/* Halide's description of a buffer in memory, axes from the innermost logical dimension outwards. */
typedef struct convoy_halide_axis {
  int32_t min, extent, stride;
  uint32_t flags;
} convoy_halide_axis;

typedef struct convoy_halide_buffer {
  uint64_t device;
  const void *device_interface;
  uint8_t *host;
  uint64_t flags;
  uint8_t type_code, type_bits;
  uint16_t type_lanes;
  int32_t dimensions;
  convoy_halide_axis *dim;
  void *padding;
} convoy_halide_buffer;

/* Tell context->profile that a launch begins or has ended, and show its result to context->observe, where there are
 * any. `result` may be null: it can't be shown. `type` is that of its elements. A result without host memory lies on
 * the device. */
void convoy_before_launch(convoy_context *context, int32_t launch);
void convoy_after_launch(convoy_context *context, int32_t launch, const convoy_halide_buffer *result, int32_t type);

/* The same after a library call; `result` is its first. */
void convoy_after_call(convoy_context *context, int32_t launch, const convoy_tensor *result);

/* Instruction sets that a module may need. */
typedef enum convoy_cpu_feature {
  CONVOY_CPU_SSE41 = 1 << 0,
  CONVOY_CPU_AVX = 1 << 1,
  CONVOY_CPU_F16C = 1 << 2,
  CONVOY_CPU_FMA = 1 << 3,
  CONVOY_CPU_AVX2 = 1 << 4,        /* with BMI, BMI2, LZCNT and MOVBE, which every such processor has */
  CONVOY_CPU_AVX512_CORE = 1 << 5, /* F, CD, BW, DQ, VL */
  CONVOY_CPU_AVX512_IFMA_VBMI = 1 << 6,
  CONVOY_CPU_AVX512_VNNI = 1 << 7, /* with VBMI2, BITALG, VPOPCNTDQ */
  CONVOY_CPU_AVX512_BF16 = 1 << 8,
  CONVOY_CPU_AVX_VNNI = 1 << 9,
  CONVOY_CPU_AMX = 1 << 10,
  CONVOY_CPU_AVX512_FP16 = 1 << 11,
  CONVOY_CPU_AVX512_F = 1 << 12 /* F and CD alone */
} convoy_cpu_feature;

/* Whether this processor and its operating system have all of these features. */
int32_t convoy_cpu_supports(uint64_t features);

#ifdef __cplusplus
}
#endif

#endif
