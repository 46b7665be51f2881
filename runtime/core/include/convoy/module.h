/* The contract between generated code and the world.
 *
 * A program that embeds a network needs this header, the module and nothing else. Valid C99 and C++. A module is one
 * constant table, `convoy_module`, found under the symbol that `convoy compile` reports: `convoy_module` in a shared
 * library, `NAME_convoy_module` in a static library or C file.
 *
 * Threads: everything reached from a `convoy_module` is constant. `run` may be called by several threads at once, each
 * with a context, an arena and tensors of its own.
 */
#ifndef CONVOY_MODULE_H
#define CONVOY_MODULE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a struct of this header changes. A loader refuses a module of another version. */
#define CONVOY_ABI_VERSION 3u
#define CONVOY_MAGIC 0x59564E43u /* "CNVY" */

/* Arena, weights and prepared weights begin at a multiple of this many bytes; the user's tensors need not. */
#define CONVOY_ALIGNMENT 64u
#define CONVOY_MAX_RANK 8

typedef enum convoy_status {
  CONVOY_OK = 0,
  CONVOY_INVALID_ARGUMENT = 1, /* a tensor of the wrong type, rank or dimension, a null pointer */
  CONVOY_NEEDS_MEMORY = 2,     /* the arena is too small and the context has no `grow` */
  CONVOY_OUT_OF_MEMORY = 3,
  CONVOY_WRONG_ABI = 4,       /* the file is no module, or one of another ABI version */
  CONVOY_UNSUPPORTED_CPU = 5, /* the processor lacks instructions that the module uses */
  CONVOY_IO_ERROR = 6,
  CONVOY_KERNEL_FAILED = 7,
  CONVOY_NO_DEVICE = 8,    /* a module for a device without one, or one that is too old for it */
  CONVOY_DEVICE_FAILED = 9 /* the device or its driver failed: the session is of no more use */
} convoy_status;

typedef enum convoy_type {
  CONVOY_F32 = 1,
  CONVOY_F64 = 2,
  CONVOY_F16 = 3,
  CONVOY_BF16 = 4,
  CONVOY_I8 = 5,
  CONVOY_U8 = 6,
  CONVOY_I16 = 7,
  CONVOY_U16 = 8,
  CONVOY_I32 = 9,
  CONVOY_U32 = 10,
  CONVOY_I64 = 11,
  CONVOY_U64 = 12,
  CONVOY_BOOL = 13 /* one byte, 0 or 1 */
} convoy_type;

typedef enum convoy_device { CONVOY_HOST = 0, CONVOY_CUDA = 1 } convoy_device;

/* A tensor in ONNX's logical order (NCHW). Whoever made it owns `data`. */
typedef struct convoy_tensor {
  void *data;
  int64_t dims[CONVOY_MAX_RANK];
  int64_t
      strides[CONVOY_MAX_RANK]; /* in elements; all zero: dense, row-major. Inputs and outputs of `run` are dense. */
  int32_t rank;
  convoy_type type;
  convoy_device device;
} convoy_tensor;

/* Code for a device, as generated code asks to run it. Pointers belong to the caller and are read before it returns. */
typedef struct convoy_device_launch {
  const void *image; /* PTX text, constant of the module; the key under which the code is loaded once */
  const void *cubin; /* the same code, assembled for `cubin_capability`: for devices of its major number whose minor
                        number is no smaller; null: there is none */
  int32_t cubin_capability; /* 80: sm_80 */
  const char *entry;        /* name of the function in it */
  uint32_t blocks[3];
  uint32_t threads[3];
  uint32_t shared_bytes;
  void **arguments; /* null-terminated; each points at an argument: an address of the device, or a scalar */
} convoy_device_launch;

struct convoy_context;

/* What the code of a module for a device asks of whoever runs it. Work goes to one stream, in order; functions may
 * return before it is done. Each returns 0, or a convoy_status after it has called context->error. */
typedef struct convoy_device_functions {
  size_t size; /* sizeof(convoy_device_functions) of whoever made it */
  int (*launch)(struct convoy_context *context, const convoy_device_launch *launch);
  int (*copy)(struct convoy_context *context, void *to, convoy_device to_device, const void *from,
              convoy_device from_device, size_t bytes);
  /* Returns when all work so far is done: before the host reads what the device wrote. */
  int (*synchronize)(struct convoy_context *context);
} convoy_device_functions;

/* What a run asks of its caller. Every function may be null. Zero the struct, then set `size` and what you have. */
typedef struct convoy_context {
  size_t size; /* sizeof(convoy_context) of the caller */
  void *user;  /* the caller's own; generated code does not look at it */

  /* Calls task(worker, i, closure) once for each i in [begin, begin + count), on any threads, and returns when all have
   * returned; the first status that is not 0, or 0. `worker` is the context that the task runs with: a copy of this
   * one whose `scratch` belongs to that thread alone. Null: the run is serial. */
  int (*parallel_for)(struct convoy_context *context,
                      int (*task)(struct convoy_context *worker, int i, uint8_t *closure), int begin, int count,
                      uint8_t *closure);

  /* Working memory of one task: `scratch_bytes` of the module at least, aligned to CONVOY_ALIGNMENT. */
  void *scratch;
  size_t scratch_bytes;
  size_t scratch_used; /* kept by generated code; 0 when `run` begins */

  /* A message for a person, about a status that is about to be returned. Called on the thread that found it. */
  void (*error)(struct convoy_context *context, const char *message);

  /* More memory for a result whose size depends on data: at least `bytes`, aligned, valid until the end of the run;
   * null when there is none. */
  void *(*grow)(struct convoy_context *context, size_t bytes);

  /* Called before (`done` = 0) and after (`done` = 1) launch number `launch` of `run`. */
  void (*profile)(struct convoy_context *context, int32_t launch, int32_t done);

  /* Called after launch number `launch` with its result, strided as it lies in the arena; not to be written. */
  void (*observe)(struct convoy_context *context, int32_t launch, const convoy_tensor *result);

  /* For a module whose `device` is not CONVOY_HOST: what runs its code; its weights, in the device's memory; the
   * device's working memory of one kernel (device_scratch_bytes of the module); the host's memory for its library calls
   * (host_arena_bytes of the plan). */
  const convoy_device_functions *device;
  const void *device_weights;
  void *device_scratch;
  void *host_arena;

  /* Kept by generated code: what of the scratch there is and is used, and the first failure of a launch, which a kernel
   * can't return. */
  size_t device_scratch_bytes, device_scratch_used;
  int32_t device_status;
} convoy_context;

/* An input, output or state tensor. A dimension that is not fixed is written as -1 - s, where s is its position in
 * the module's `symbols`; equal symbols are equal extents. A dimension that depends on others in another way (or on
 * data) is INT64_MIN: ask `plan`. */
typedef struct convoy_value {
  const char *name;
  convoy_type type;
  int32_t rank;
  int64_t dims[CONVOY_MAX_RANK];
} convoy_value;

/* One step of `run`: a call of a kernel for one layer of the network. */
typedef struct convoy_launch {
  const char *layer;     /* the user's layer names, fused ones joined with " + " */
  const char *kernel;    /* symbol of the kernel, shared by identical layers */
  const char *schedule;  /* template and knobs, for reports */
  const char *result;    /* name of the network value that it computes */
  int64_t multiply_adds; /* at the smallest extents where a dimension is symbolic */
  int64_t bytes;         /* read and written once */
  int64_t weight_bytes;  /* of them, weights */
  int64_t result_bytes;  /* of them, written */
  int64_t expected_ns;   /* on one core, by the model that chose the schedule; 0: it has none */
  convoy_type type;      /* of the factors of a product, of the result of anything else */
  const char *limits;    /* what keeps the kernel from the machine's peak, as far as its schedule tells; phrases joined
                            with "; " */
} convoy_launch;

/* Sizes for given input dimensions. */
typedef struct convoy_plan {
  size_t arena_bytes;
  size_t host_arena_bytes; /* of a module for a device */
} convoy_plan;

typedef struct convoy_module {
  uint32_t magic;
  uint32_t abi_version;
  size_t size; /* sizeof(convoy_module) of the producer */

  const char *name;
  const char *target;   /* Halide target string */
  const char *compiler; /* version of Convoy */

  int32_t input_count, output_count, symbol_count, launch_count;
  const convoy_value *inputs;
  const convoy_value *outputs;
  const char *const *symbols; /* names of symbolic dimensions */
  const convoy_launch *launches;

  const void *weights; /* page-aligned, read-only, in the layout that the kernels want */
  size_t weight_bytes;
  size_t prepared_bytes; /* memory that `prepare` fills once; 0: `prepare` is null */
  size_t arena_bytes;    /* for a module without symbols; else 0: ask `plan` */
  size_t scratch_bytes;  /* per thread */

  /* Bits of processor features that the code uses, checked by `supported`; 1 when this machine has them. */
  int (*supported)(void);

  /* From the inputs' dimensions (their data is not read) to the outputs' dimensions, strides and types (their data is
   * left alone) and the arena's size. INVALID_ARGUMENT with a message through context->error if the inputs don't fit.
   */
  convoy_status (*plan)(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                        convoy_plan *plan);

  /* Fills `prepared` (prepared_bytes, aligned) from the weights. Once, before the first run. On a device: its work may
   * still be going on when it returns, as with `run`. */
  convoy_status (*prepare)(convoy_context *context, void *prepared);

  /* Runs the network. `outputs[i].data` has room for what `plan` said. `arena` holds what `plan` said, contents
   * arbitrary. Allocates nothing. In a module for a device, `device` of each input and output says where its data lies,
   * and work may still be going on when it returns: results are there after `synchronize`. */
  convoy_status (*run)(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs, void *arena,
                       size_t arena_bytes, const void *prepared);

  /* Where kernels run, and with it where arena, prepared weights and `device_weights` lie. Inputs and outputs lie
   * where their tensors say. */
  convoy_device device;
  int32_t device_capability;   /* the least that the device must have: 80 for sm_80; 0 on the host */
  size_t device_scratch_bytes; /* of the device, for one kernel at a time */
  int32_t host_calls;          /* steps of a run that the host computes between kernels of the device */
} convoy_module;

#ifdef __cplusplus
}
#endif
#endif
