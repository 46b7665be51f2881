/* Loading modules and running them: what a program that embeds a network usually wants on top of module.h.
 *
 * Valid C99 and C++; the library `convoy_runtime` needs the C library alone. Functions that can fail return a
 * convoy_status and describe the failure in the `convoy_error` they are given (which may be null). Nothing aborts.
 */
#ifndef CONVOY_RUNTIME_H
#define CONVOY_RUNTIME_H

#include <convoy/module.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A message for a person, without a line break at the end. Owned by the caller; written only on failure. */
typedef struct convoy_error {
  char message[512];
} convoy_error;

/* "invalid argument", ... Static. */
const char *convoy_status_name(convoy_status status);

/* "f32", ... "?" for a value that is none. Static. */
const char *convoy_type_name(convoy_type type);

/* Bytes of one element; 0 for a value that is no type. */
size_t convoy_type_bytes(convoy_type type);

/* Bytes of a dense tensor of these dimensions; SIZE_MAX if one is negative, the type or rank is none, or the product
 * overflows. */
size_t convoy_tensor_bytes(const convoy_tensor *tensor);

/* ---- Modules ---- */

typedef struct convoy_library convoy_library;

/* Opens a module in a shared library and checks that this runtime and this processor can run it. The library stays
 * open until convoy_library_close; what its module points to lives as long. Any thread. */
convoy_status convoy_library_open(const char *path, convoy_library **library, convoy_error *error);
const convoy_module *convoy_library_module(const convoy_library *library);

/* Null is allowed. No session of the module may be left. */
void convoy_library_close(convoy_library *library);

/* The same checks for a module that was linked in. */
convoy_status convoy_module_check(const convoy_module *module, convoy_error *error);

/* Position of an input or output by its name; -1 if there is none. */
int32_t convoy_module_find_input(const convoy_module *module, const char *name);
int32_t convoy_module_find_output(const convoy_module *module, const char *name);

/* ---- Threads ---- */

/* Threads that sessions share, the thread that runs a session included. Any number of sessions may use one pool at
 * once, from any threads. Idle threads look for work for a millisecond, then sleep; no more of them stay awake than the
 * process has cores. */
typedef struct convoy_pool convoy_pool;

/* Cores that this process may use: by its affinity, and the quota of its control groups. */
int32_t convoy_cores(void);

/* `threads` from 1 to 1024, or 0 for one per core. */
convoy_status convoy_pool_create(int32_t threads, convoy_pool **pool, convoy_error *error);
int32_t convoy_pool_threads(const convoy_pool *pool);

/* Null is allowed. No session of the pool may be left. */
void convoy_pool_destroy(convoy_pool *pool);

/* ---- Devices ---- */

/* Times of one launch over the runs since the session was made or reset, in seconds. */
typedef struct convoy_launch_time {
  int64_t runs;
  double fastest;
  double total;
  int64_t tasks; /* that a run handed to threads in this launch; 0: it was serial, or ran on a device */
} convoy_launch_time;

/* Runs modules that were compiled for a device, on behalf of sessions: `convoy/cuda.h` opens one. Any number of
 * sessions may share it, from any threads. Its functions are for sessions alone; what fails is said through the
 * context's `error`. */
typedef struct convoy_backend convoy_backend;
typedef struct convoy_backend_session convoy_backend_session;

typedef struct convoy_backend_request {
  const convoy_module *module;
  convoy_context *context;   /* of the session, which outlives the other; the backend sets `device` and what follows */
  convoy_launch_time *times; /* launch_count entries, to which each run adds; null: not wanted */
  int32_t observed;          /* not 0: `read` is called between launches */
} convoy_backend_request;

struct convoy_backend {
  size_t size; /* sizeof(convoy_backend) of whoever made it */
  convoy_device device;

  /* Checks that the device can run the module, takes memory and prepares the weights. */
  convoy_status (*open)(convoy_backend *backend, const convoy_backend_request *request,
                        convoy_backend_session **session);
  void (*close)(convoy_backend_session *session); /* null is allowed */

  /* Runs the module for dimensions that were planned; returns when the outputs are there. Tensors lie where their
   * `device` says. An output whose data is null gets memory of the session. */
  convoy_status (*run)(convoy_backend_session *session, const convoy_plan *plan, const convoy_tensor *inputs,
                       convoy_tensor *outputs);

  /* What the module says through context->profile. */
  void (*mark)(convoy_backend_session *session, int32_t launch, int32_t done);

  /* To the host from the device, after all work so far. */
  convoy_status (*read)(convoy_backend_session *session, void *to, const void *from, size_t bytes);

  /* What the session holds, on the device and on the host, its share of the weights excluded. */
  size_t (*bytes)(const convoy_backend_session *session);
};

/* ---- Sessions ---- */

/* One user of a module: an arena, scratch and threads. One thread at a time may use a session; any number of sessions
 * may use one module at once. */
typedef struct convoy_session convoy_session;

/* Zero the struct, then set `size` and what you have. */
typedef struct convoy_session_options {
  size_t size;     /* sizeof(convoy_session_options) of the caller */
  int32_t threads; /* at most so many run one session; 0: all of the pool, or one per core */
  int32_t profile; /* not 0: keep times of each launch */

  convoy_pool *pool; /* null: the session has its own. Must outlive the session. */

  /* The caller's arena, aligned to CONVOY_ALIGNMENT, for this session alone; null: the session allocates its own, and
   * a larger one when the dimensions of the inputs ask for it. */
  void *arena;
  size_t arena_bytes;

  /* Called after each launch with its result, as it lies in the arena, on the thread that runs the session. What lies
   * on a device is copied to the host first. */
  void (*observe)(void *user, int32_t launch, const convoy_tensor *result);
  void *user; /* handed to observe */

  /* What runs a module for a device; must outlive the session. Modules for the host don't look at it. */
  convoy_backend *backend;
} convoy_session_options;

/* `options` may be null. Prepares the weights where the module asks for it. */
convoy_status convoy_session_create(const convoy_module *module, const convoy_session_options *options,
                                    convoy_session **session, convoy_error *error);

/* Null is allowed. */
void convoy_session_destroy(convoy_session *session);

/* The outputs' types and dimensions for inputs of these types and dimensions (data is not read; strides are set to 0).
 * Where a dimension depends on data it is an upper bound. There are input_count inputs and output_count outputs. */
convoy_status convoy_session_plan(convoy_session *session, const convoy_tensor *inputs, convoy_tensor *outputs,
                                  convoy_error *error);

/* Runs the network. Inputs are dense. An output whose `data` is null gets memory of the session, valid until its next
 * run; for any other, type, rank and dims must say how much room there is (what plan said is enough). Sets type, rank
 * and dims of each output to what was computed. Inputs and outputs lie in the host's memory; those of a module for a
 * device may lie in the device's, where their `device` says so: what was written to such an input is done. */
convoy_status convoy_session_run(convoy_session *session, const convoy_tensor *inputs, convoy_tensor *outputs,
                                 convoy_error *error);

/* Bytes that the session holds: arena, scratch, prepared weights, outputs. On a device too, but there without prepared
 * weights, which the sessions of a module share. */
size_t convoy_session_bytes(const convoy_session *session);

/* launch_count entries, owned by the session; null unless it was made with `profile`. */
const convoy_launch_time *convoy_session_times(const convoy_session *session);
void convoy_session_reset_times(convoy_session *session);

#ifdef __cplusplus
}
#endif

#endif
