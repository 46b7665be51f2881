/* What a session leaves to a backend: runs of a module for a device. */
#include "runtime/core/session.h"

static convoy_session *session_of(const convoy_context *context) { return (convoy_session *)context->user; }

int convoy_session_is_remote(const convoy_session *session) { return session->module->device != CONVOY_HOST; }

static const char *device_name(convoy_device device) { return device == CONVOY_CUDA ? "a CUDA device" : "a device"; }

convoy_status convoy_session_attach(convoy_session *session, convoy_error *error) {
  const convoy_module *module = session->module;
  convoy_backend *backend = session->options.backend;
  if (!backend)
    return convoy_fail(error, CONVOY_NO_DEVICE,
                       "%s was compiled for %s: open one (convoy/cuda.h) and give it to the session as its backend, or "
                       "compile the network for the host",
                       module->name, device_name(module->device));
  if (backend->size != sizeof *backend)
    return convoy_fail(error, CONVOY_WRONG_ABI, "a backend of %zu bytes, this runtime's have %zu", backend->size,
                       sizeof *backend);
  if (backend->device != module->device)
    return convoy_fail(error, CONVOY_NO_DEVICE, "%s was compiled for %s, and the session's backend is none",
                       module->name, device_name(module->device));
  if (session->options.arena)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "a session on a device takes its arena itself");
  convoy_backend_request request = {module, &session->context, session->times, session->options.observe != NULL};
  convoy_status status = backend->open(backend, &request, &session->on_device);
  return status ? convoy_session_failed(session, status, error) : CONVOY_OK;
}

void convoy_session_mark(convoy_context *context, int32_t launch, int32_t done) {
  convoy_session *session = session_of(context);
  if (session->on_device)
    session->options.backend->mark(session->on_device, launch, done);
}

/* Bytes from the first element of a strided tensor to behind its last. */
static size_t span(const convoy_tensor *tensor) {
  size_t last = 0;
  for (int32_t i = 0; i < tensor->rank; ++i) {
    if (tensor->dims[i] < 1)
      return 0;
    last += (size_t)(tensor->dims[i] - 1) * (size_t)tensor->strides[i];
  }
  return (last + 1) * convoy_type_bytes(tensor->type);
}

/* The result as the caller sees it, on the host; 0 if that failed. */
static int fetch(convoy_session *session, convoy_tensor *seen) {
  size_t bytes = span(seen);
  const void *from = seen->data;
  seen->device = CONVOY_HOST;
  seen->data = NULL;
  if (!bytes)
    return 1;
  if (!convoy_block_reserve(&session->observed, bytes)) {
    session->context.error(&session->context, "no memory to observe the result of a launch");
    return 0;
  }
  seen->data = session->observed.data;
  return session->options.backend->read(session->on_device, seen->data, from, bytes) == CONVOY_OK;
}

void convoy_session_observe(convoy_context *context, int32_t launch, const convoy_tensor *result) {
  convoy_session *session = session_of(context);
  convoy_tensor seen = *result;
  if (seen.device == CONVOY_HOST || fetch(session, &seen))
    session->options.observe(session->options.user, launch, &seen);
}
