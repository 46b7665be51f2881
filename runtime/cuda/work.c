/* What generated code asks of its device. */
#include "runtime/cuda/session.h"

#include <stdio.h>
#include <string.h>

static convoy_cuda_session *session_of(const convoy_context *context) {
  return (convoy_cuda_session *)(uintptr_t)context->device;
}

int convoy_cuda_meet(convoy_cuda_session *session, convoy_status status, const convoy_error *error) {
  if (!status || session->fault)
    return (int)status;
  session->fault = status;
  if (session->launch >= 0)
    convoy_fail(&session->why, status, "layer '%s': %s", session->module->launches[session->launch].layer,
                error->message);
  else
    session->why = *error;
  /* At once: what the module says of its layer comes later, and knows less. */
  session->context->error(session->context, session->why.message);
  return (int)status;
}

convoy_status convoy_cuda_wait(convoy_cuda_session *session, convoy_error *error) {
  convoy_error why;
  convoy_status status = CONVOY_CUDA_CALL(session->device, &why, cuStreamSynchronize, session->stream);
  if (!status)
    return CONVOY_OK;
  return convoy_fail(error, status, "%s%s", why.message,
                     session->blocking ? "" : "; CONVOY_CUDA_BLOCKING=1 in the environment tells in which layer");
}

convoy_status convoy_cuda_finish(convoy_cuda_session *session, convoy_status status, convoy_error *error) {
  convoy_error late;
  convoy_status waited = convoy_cuda_wait(session, status ? &late : error);
  return status ? status : waited;
}

/* ---- Launches ---- */

static convoy_status check_sizes(const convoy_cuda *device, const convoy_device_launch *launch,
                                 const convoy_cuda_function *function, convoy_error *error) {
  uint64_t threads = (uint64_t)launch->threads[0] * launch->threads[1] * launch->threads[2];
  unsigned most = function->most_threads < device->most_threads ? function->most_threads : device->most_threads;
  if (threads > most)
    return convoy_fail(error, CONVOY_KERNEL_FAILED, "kernel %s wants %llu threads a block, it can have %u on %s",
                       launch->entry, (unsigned long long)threads, most, convoy_cuda_name_of(device).text);
  for (int i = 0; i < 3; ++i)
    if (launch->blocks[i] > device->most_blocks[i])
      return convoy_fail(error, CONVOY_KERNEL_FAILED,
                         "kernel %s wants %ux%ux%u blocks, %s launches %ux%ux%u at most: the inputs are too large",
                         launch->entry, launch->blocks[0], launch->blocks[1], launch->blocks[2],
                         convoy_cuda_name_of(device).text, device->most_blocks[0], device->most_blocks[1],
                         device->most_blocks[2]);
  return CONVOY_OK;
}

static int is_empty(const convoy_device_launch *launch) {
  for (int i = 0; i < 3; ++i)
    if (!launch->blocks[i] || !launch->threads[i])
      return 1;
  return 0;
}

static int launch_kernel(convoy_context *context, const convoy_device_launch *launch) {
  convoy_cuda_session *session = session_of(context);
  convoy_cuda *device = session->device;
  const convoy_cuda_function *function = NULL;
  convoy_error error;
  if (is_empty(launch))
    return CONVOY_OK;
  convoy_status status = convoy_cuda_find(device, session->code, launch, &function, &error);
  if (!status)
    status = check_sizes(device, launch, function, &error);
  if (!status && session->mode != CONVOY_CUDA_LOAD)
    status = CONVOY_CUDA_CALL(device, &error, cuLaunchKernel, function->handle, launch->blocks[0], launch->blocks[1],
                              launch->blocks[2], launch->threads[0], launch->threads[1], launch->threads[2],
                              launch->shared_bytes, session->stream, launch->arguments, NULL);
  if (!status && session->blocking && session->mode == CONVOY_CUDA_EAGER)
    status = convoy_cuda_wait(session, &error);
  return convoy_cuda_meet(session, status, &error);
}

/* ---- Copies ---- */

static convoy_status enqueue(convoy_cuda_session *session, void *to, convoy_device to_device, const void *from,
                             convoy_device from_device, size_t bytes, convoy_error *error) {
  convoy_cuda *device = session->device;
  cuda_address target = convoy_cuda_address(to), source = convoy_cuda_address(from);
  if (to_device == CONVOY_CUDA && from_device == CONVOY_CUDA)
    return CONVOY_CUDA_CALL(device, error, cuMemcpyDtoDAsync, target, source, bytes, session->stream);
  if (to_device == CONVOY_CUDA)
    return CONVOY_CUDA_CALL(device, error, cuMemcpyHtoDAsync, target, from, bytes, session->stream);
  return CONVOY_CUDA_CALL(device, error, cuMemcpyDtoHAsync, to, source, bytes, session->stream);
}

static int copy(convoy_context *context, void *to, convoy_device to_device, const void *from, convoy_device from_device,
                size_t bytes) {
  convoy_cuda_session *session = session_of(context);
  convoy_error error;
  convoy_status status = CONVOY_OK;
  int on_host = to_device == CONVOY_HOST && from_device == CONVOY_HOST;
  if (session->mode == CONVOY_CUDA_LOAD) {
    session->eager |= on_host; /* it takes its turn between kernels: no part of a graph */
    return CONVOY_OK;
  }
  if (!bytes)
    return CONVOY_OK;
  if (!on_host)
    return convoy_cuda_meet(session, enqueue(session, to, to_device, from, from_device, bytes, &error), &error);
  status = convoy_cuda_wait(session, &error);
  if (!status)
    memmove(to, from, bytes);
  return convoy_cuda_meet(session, status, &error);
}

static int synchronize(convoy_context *context) {
  convoy_cuda_session *session = session_of(context);
  convoy_error error;
  if (session->mode == CONVOY_CUDA_LOAD) {
    session->eager = 1; /* the host reads what the device wrote */
    return CONVOY_OK;
  }
  return convoy_cuda_meet(session, convoy_cuda_wait(session, &error), &error);
}

void convoy_cuda_set_functions(convoy_cuda_session *session) {
  session->functions.size = sizeof session->functions;
  session->functions.launch = launch_kernel;
  session->functions.copy = copy;
  session->functions.synchronize = synchronize;
}

/* ---- The module's entry points ---- */

static void begin(convoy_cuda_session *session, convoy_cuda_mode mode) {
  session->mode = mode;
  session->launch = -1;
  session->fault = CONVOY_OK;
  session->context->scratch_used = 0;
  session->context->device_scratch_used = 0;
}

/* The module's status hides that of the device's functions. Without a message of ours the module has said why. */
static convoy_status end(convoy_cuda_session *session, convoy_status status, convoy_error *error) {
  session->launch = -1;
  if (session->fault)
    return convoy_fail(error, session->fault, "%s", session->why.message);
  if (status && error)
    error->message[0] = '\0';
  return status;
}

convoy_status convoy_cuda_run_module(convoy_cuda_session *session, convoy_cuda_mode mode, convoy_error *error) {
  const convoy_module *module = session->module;
  begin(session, mode);
  convoy_status status = module->run(session->context, session->tensors, session->tensors + module->input_count,
                                     session->arena.data, session->arena.bytes, session->code->prepared.data);
  return end(session, status, error);
}

convoy_status convoy_cuda_prepare(void *data, convoy_cuda_code *code, convoy_error *error) {
  convoy_cuda_session *session = data;
  session->context->device_weights = code->weights.data;
  if (!session->module->prepared_bytes)
    return CONVOY_OK;
  session->code = code; /* the caller keeps it, or drops it, by what this returns */
  begin(session, CONVOY_CUDA_EAGER);
  convoy_status status = session->module->prepare(session->context, code->prepared.data);
  status = end(session, status, error);
  status = convoy_cuda_finish(session, status, error);
  session->code = NULL;
  return status;
}
