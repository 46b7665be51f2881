/* The session's insides, shared by session.c and context.c. */
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

  pthread_mutex_t mutex; /* guards what follows and `grown`: tasks report errors from any thread */
  char message[sizeof((convoy_error *)0)->message];
};

/* Sets up session->context. */
void convoy_session_set_context(convoy_session *session);

/* Frees what `grow` gave. */
void convoy_session_drop_grown(convoy_session *session);

#endif
