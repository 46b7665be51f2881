/* The backend's functions. */
#include "runtime/cuda/session.h"

#include <stdlib.h>
#include <string.h>

/* ---- Failing ---- */

/* Tells the session's caller, and remembers what is for good. */
static convoy_status conclude(convoy_cuda_session *session, convoy_status status, const convoy_error *error) {
  if (!status)
    return CONVOY_OK;
  if (status == CONVOY_DEVICE_FAILED && !session->failed) {
    session->failed = 1;
    session->why = *error;
  }
  if (error->message[0])
    session->context->error(session->context, error->message);
  return status;
}

static convoy_status check_usable(convoy_cuda_session *session, convoy_error *error) {
  if (session->failed)
    return convoy_fail(error, CONVOY_DEVICE_FAILED, "the session failed before: %s", session->why.message);
  return convoy_cuda_alive(session->device, error);
}

/* ---- Life ---- */

static convoy_status check_module(const convoy_cuda *device, const convoy_module *module, convoy_error *error) {
  int wanted = module->device_capability, had = device->about.capability;
  if (had >= wanted)
    return CONVOY_OK;
  return convoy_fail(error, CONVOY_NO_DEVICE,
                     "it was compiled for GPUs of capability %d.%d or newer, %s has %d.%d: compile it for those "
                     "or older ones (--target=cuda-sm_NN)",
                     wanted / 10, wanted % 10, convoy_cuda_name_of(device).text, had / 10, had % 10);
}

static convoy_status make_tables(convoy_cuda_session *session, convoy_error *error) {
  size_t inputs = (size_t)session->module->input_count, outputs = (size_t)session->module->output_count;
  session->key_length = convoy_cuda_key_length(session->module);
  session->staging = calloc(inputs + outputs + 1, sizeof *session->staging);
  session->results = calloc(outputs + 1, sizeof *session->results);
  session->tensors = calloc(inputs + outputs + 1, sizeof *session->tensors);
  session->key = calloc(session->key_length + 1, sizeof *session->key);
  if (!session->staging || !session->results || !session->tensors || !session->key)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a session's tables");
  session->arena.space = session->scratch.space = CONVOY_CUDA_DEVICE_MEMORY;
  session->host_arena.space = CONVOY_CUDA_PINNED_MEMORY;
  for (size_t i = 0; i < inputs + outputs; ++i)
    session->staging[i].space = CONVOY_CUDA_PINNED_MEMORY;
  for (size_t i = 0; i < outputs; ++i)
    session->results[i].space = CONVOY_CUDA_DEVICE_MEMORY;
  return CONVOY_OK;
}

/* What doesn't depend on dimensions; the arena too where it is known. */
static convoy_status take(convoy_cuda_session *session, convoy_error *error) {
  convoy_cuda *device = session->device;
  const convoy_module *module = session->module;
  convoy_status status = CONVOY_CUDA_CALL(device, error, cuStreamCreate, &session->stream, CU_STREAM_NON_BLOCKING);
  if (!status)
    status = convoy_cuda_reserve(device, &session->scratch, module->device_scratch_bytes, "scratch", error);
  session->context->device_scratch = session->scratch.data;
  if (!status && !module->symbol_count)
    status = convoy_cuda_reserve(device, &session->arena, module->arena_bytes, "the arena", error);
  if (!status)
    status = convoy_cuda_make_events(session, error);
  convoy_cuda_maker maker = {session->stream, convoy_cuda_prepare, session};
  if (!status)
    status = convoy_cuda_acquire(device, module, &maker, &session->code, error);
  if (!status)
    session->context->device_weights = session->code->weights.data;
  return status;
}

static void close_session(convoy_backend_session *session) {
  convoy_cuda *device = session->device;
  int entered = convoy_cuda_enter(device, NULL) == CONVOY_OK;
  convoy_cuda_drop_graphs(session);
  convoy_cuda_drop_events(session);
  convoy_cuda_drop(device, session->code);
  convoy_cuda_release(device, &session->arena);
  convoy_cuda_release(device, &session->scratch);
  convoy_cuda_release(device, &session->host_arena);
  for (int32_t i = 0; session->staging && i < session->module->input_count + session->module->output_count; ++i)
    convoy_cuda_release(device, &session->staging[i]);
  for (int32_t i = 0; session->results && i < session->module->output_count; ++i)
    convoy_cuda_release(device, &session->results[i]);
  if (session->stream)
    CONVOY_CUDA_CALL(device, NULL, cuStreamDestroy, session->stream);
  if (entered)
    convoy_cuda_leave(device);
  free(session->staging);
  free(session->results);
  free(session->tensors);
  free(session->key);
  free(session);
}

static convoy_status open_within(convoy_cuda_session *session, convoy_error *error) {
  convoy_status status = convoy_cuda_alive(session->device, error);
  if (!status)
    status = check_module(session->device, session->module, error);
  if (!status)
    status = make_tables(session, error);
  if (status)
    return status;
  status = convoy_cuda_enter(session->device, error);
  if (status)
    return status;
  status = take(session, error);
  convoy_cuda_leave(session->device);
  return status;
}

static convoy_status open_session(convoy_backend *backend, const convoy_backend_request *request,
                                  convoy_backend_session **result) {
  convoy_error error;
  const char *blocking = getenv("CONVOY_CUDA_BLOCKING");
  convoy_cuda_session *session = calloc(1, sizeof *session);
  if (!session) {
    request->context->error(request->context, "no memory for a session");
    return CONVOY_OUT_OF_MEMORY;
  }
  session->device = (convoy_cuda *)(void *)backend;
  session->module = request->module;
  session->context = request->context;
  session->times = request->times;
  session->blocking = blocking && blocking[0] == '1';
  session->eager = session->blocking || request->observed || request->times || request->module->host_calls;
  session->launch = -1;
  convoy_cuda_set_functions(session);
  session->context->device = &session->functions;
  convoy_status status = open_within(session, &error);
  if (status) {
    status = conclude(session, status, &error);
    close_session(session);
    return status;
  }
  *result = session;
  return CONVOY_OK;
}

static void close_backend_session(convoy_backend_session *session) {
  if (session)
    close_session(session);
}

/* ---- Running ---- */

static convoy_status compute(convoy_cuda_session *session, convoy_error *error) {
  convoy_status status = session->eager ? convoy_cuda_run_module(session, CONVOY_CUDA_EAGER, error)
                                        : convoy_cuda_run_graph(session, error);
  return convoy_cuda_finish(session, status, error);
}

static convoy_status run_within(convoy_cuda_session *session, const convoy_plan *plan, const convoy_tensor *inputs,
                                convoy_tensor *outputs, convoy_error *error) {
  convoy_status status = convoy_cuda_provide(session, plan, inputs, outputs, error);
  if (status)
    return status;
  convoy_cuda_stage(session, inputs);
  status = compute(session, error);
  if (!status)
    status = convoy_cuda_add_times(session, error);
  if (!status)
    convoy_cuda_deliver(session, outputs);
  return status;
}

static convoy_status run(convoy_backend_session *session, const convoy_plan *plan, const convoy_tensor *inputs,
                         convoy_tensor *outputs) {
  convoy_error error;
  convoy_status status = check_usable(session, &error);
  if (!status)
    status = convoy_cuda_enter(session->device, &error);
  if (!status) {
    status = run_within(session, plan, inputs, outputs, &error);
    convoy_cuda_leave(session->device);
  }
  return conclude(session, status, &error);
}

/* Between launches: the context is current. */
static convoy_status read_back(convoy_backend_session *session, void *to, const void *from, size_t bytes) {
  convoy_error error;
  convoy_status status = CONVOY_CUDA_CALL(session->device, &error, cuMemcpyDtoHAsync, to, convoy_cuda_address(from),
                                          bytes, session->stream);
  if (!status)
    status = convoy_cuda_wait(session, &error);
  return (convoy_status)convoy_cuda_meet(session, status, &error);
}

static size_t held(const convoy_backend_session *session) {
  const convoy_module *module = session->module;
  size_t bytes = session->arena.bytes + session->scratch.bytes + session->host_arena.bytes;
  for (int32_t i = 0; i < module->input_count + module->output_count; ++i)
    bytes += session->staging[i].bytes;
  for (int32_t i = 0; i < module->output_count; ++i)
    bytes += session->results[i].bytes;
  return bytes;
}

void convoy_cuda_set_backend(convoy_backend *backend) {
  backend->size = sizeof *backend;
  backend->device = CONVOY_CUDA;
  backend->open = open_session;
  backend->close = close_backend_session;
  backend->run = run;
  backend->mark = convoy_cuda_mark;
  backend->read = read_back;
  backend->bytes = held;
}
