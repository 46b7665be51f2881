/* The device's own times of launches. */
#include "runtime/cuda/session.h"

#include <stdlib.h>

convoy_status convoy_cuda_make_events(convoy_cuda_session *session, convoy_error *error) {
  int32_t count = session->module->launch_count;
  convoy_status status = CONVOY_OK;
  if (!session->times)
    return CONVOY_OK;
  session->events = calloc((size_t)count * 2 + 1, sizeof *session->events);
  session->marked = calloc((size_t)count + 1, 1);
  if (!session->events || !session->marked)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for times of launches");
  for (int32_t i = 0; !status && i < 2 * count; ++i)
    status = CONVOY_CUDA_CALL(session->device, error, cuEventCreate, &session->events[i], 0);
  return status;
}

void convoy_cuda_drop_events(convoy_cuda_session *session) {
  for (int32_t i = 0; session->events && i < 2 * session->module->launch_count; ++i)
    if (session->events[i])
      CONVOY_CUDA_CALL(session->device, NULL, cuEventDestroy, session->events[i]);
  free(session->events);
  free(session->marked);
}

void convoy_cuda_mark(convoy_cuda_session *session, int32_t launch, int32_t done) {
  if (launch < 0 || launch >= session->module->launch_count)
    return;
  session->launch = done ? -1 : launch;
  if (!session->times || session->mode != CONVOY_CUDA_EAGER)
    return;
  /* A time that is missing is not worth a run. */
  session->marked[launch] = CONVOY_CUDA_CALL(session->device, NULL, cuEventRecord,
                                             session->events[2 * launch + (done != 0)], session->stream) == CONVOY_OK &&
                            (!done || session->marked[launch]);
}

convoy_status convoy_cuda_add_times(convoy_cuda_session *session, convoy_error *error) {
  convoy_status status = CONVOY_OK;
  for (int32_t i = 0; session->times && !status && i < session->module->launch_count; ++i) {
    float milliseconds = 0;
    if (!session->marked[i])
      continue;
    session->marked[i] = 0;
    status = CONVOY_CUDA_CALL(session->device, error, cuEventElapsedTime, &milliseconds, session->events[2 * i],
                              session->events[2 * i + 1]);
    convoy_launch_time *time = &session->times[i];
    double seconds = 1e-3 * (double)milliseconds;
    if (!time->runs || seconds < time->fastest)
      time->fastest = seconds;
    time->total += seconds;
    ++time->runs;
  }
  return status;
}
