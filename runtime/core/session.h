/* The session's insides, shared by session.c, context.c and device.c. */
#ifndef CONVOY_RUNTIME_CORE_SESSION_H
#define CONVOY_RUNTIME_CORE_SESSION_H

#include "runtime/core/internal.h"

#include <pthread.h>

/* Memory that only grows. */
typedef struct convoy_block {
  unsigned char *data;
  size_t bytes;
} convoy_block;

typedef struct convoy_grown {
  struct convoy_grown *next;
} convoy_grown;

struct convoy_session {
  const convoy_module *module;
  convoy_session_options options;
  convoy_context context;

  convoy_pool *pool; /* null: serial */
  int owns_pool;
  int threads;

  convoy_block arena;
  int owns_arena;
  convoy_block scratch; /* a slice for the caller, then one for each worker of the pool */
  size_t slice_bytes;
  convoy_block prepared;
  convoy_block *results; /* output_count; memory of outputs whose data the caller left null */
  convoy_grown *grown;   /* what the current run got from `grow` */

  /* What was planned last. */
  int planned;
  convoy_tensor *inputs;
  convoy_tensor *outputs;
  convoy_plan plan;

  convoy_launch_time *times; /* launch_count, or null */
  double launch_start;
  int64_t tasks; /* of the current launch so far */

  convoy_backend_session *on_device; /* null: the module is for the host */
  convoy_block observed;             /* of a device, on the host */

  pthread_mutex_t mutex; /* guards what follows and `grown`: tasks report errors from any thread */
  char message[sizeof((convoy_error *)0)->message];
};

/* Sets up session->context. */
void convoy_session_set_context(convoy_session *session);

/* Makes a block hold at least `bytes`; 0 if there is no memory. What it held is lost. */
int convoy_block_reserve(convoy_block *block, size_t bytes);

/* Gives the module's message, or the status' name, as the session's error. */
convoy_status convoy_session_failed(const convoy_session *session, convoy_status status, convoy_error *error);

/* ---- A module for a device ---- */

/* Whether its session needs a backend. */
int convoy_session_is_remote(const convoy_session *session);

/* Opens the session's part on the device; the context is set. */
convoy_status convoy_session_attach(convoy_session *session, convoy_error *error);

/* context->profile and context->observe. */
void convoy_session_mark(convoy_context *context, int32_t launch, int32_t done);
void convoy_session_observe(convoy_context *context, int32_t launch, const convoy_tensor *result);

/* Frees what `grow` gave. */
void convoy_session_drop_grown(convoy_session *session);

#endif
