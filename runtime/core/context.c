/* What a session gives its module as context. */
#include "runtime/core/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static convoy_session *session_of(const convoy_context *context) { return (convoy_session *)context->user; }

static int parallel_for(convoy_context *context, convoy_task task, int begin, int count, uint8_t *closure) {
  convoy_session *session = session_of(context);
  if (context == &session->context) /* Not within a task. */
    session->tasks += count;
  convoy_work work = {
      task, closure, begin, count, session->threads, context, session->scratch.data, session->slice_bytes};
  return convoy_pool_run(session->pool, &work);
}

/* The first message of a run is the cause; what follows are its effects. */
static void report(convoy_context *context, const char *message) {
  convoy_session *session = session_of(context);
  pthread_mutex_lock(&session->mutex);
  if (!session->message[0])
    snprintf(session->message, sizeof session->message, "%s", message);
  pthread_mutex_unlock(&session->mutex);
}

static void *grow(convoy_context *context, size_t bytes) {
  convoy_session *session = session_of(context);
  if (bytes > SIZE_MAX / 2)
    return NULL;
  convoy_grown *block = convoy_allocate(bytes + CONVOY_ALIGNMENT);
  if (!block)
    return NULL;
  pthread_mutex_lock(&session->mutex);
  block->next = session->grown;
  session->grown = block;
  pthread_mutex_unlock(&session->mutex);
  return (unsigned char *)block + CONVOY_ALIGNMENT;
}

void convoy_session_drop_grown(convoy_session *session) {
  while (session->grown) {
    convoy_grown *next = session->grown->next;
    free(session->grown);
    session->grown = next;
  }
}

static void profile(convoy_context *context, int32_t launch, int32_t done) {
  convoy_session *session = session_of(context);
  if (!done) {
    session->tasks = 0;
    session->launch_start = convoy_seconds();
    return;
  }
  double seconds = convoy_seconds() - session->launch_start;
  convoy_launch_time *time = &session->times[launch];
  if (!time->runs || seconds < time->fastest)
    time->fastest = seconds;
  time->total += seconds;
  time->tasks = session->tasks;
  ++time->runs;
}

void convoy_session_set_context(convoy_session *session) {
  convoy_context *context = &session->context;
  memset(context, 0, sizeof *context);
  context->size = sizeof *context;
  context->user = session;
  context->parallel_for = session->pool && session->threads > 1 ? parallel_for : NULL;
  context->scratch = session->scratch.data;
  context->scratch_bytes = session->slice_bytes;
  context->error = report;
  context->grow = grow;
  context->profile = convoy_session_is_remote(session) ? convoy_session_mark : session->times ? profile : NULL;
  context->observe = session->options.observe ? convoy_session_observe : NULL;
}
