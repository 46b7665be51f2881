#include "runtime/core/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Memory ---- */

int convoy_block_reserve(convoy_block *block, size_t bytes) {
  if (bytes <= block->bytes)
    return 1;
  free(block->data);
  block->data = convoy_allocate(bytes);
  block->bytes = block->data ? bytes : 0;
  return block->data != NULL;
}

static size_t round_up(size_t bytes) { return (bytes + CONVOY_ALIGNMENT - 1) / CONVOY_ALIGNMENT * CONVOY_ALIGNMENT; }

static convoy_status no_memory(convoy_error *error, const char *what, size_t bytes) {
  return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for %s of %zu bytes", what, bytes);
}

static convoy_status provide_arena(convoy_session *session, convoy_error *error) {
  size_t bytes = session->plan.arena_bytes;
  if (session->owns_arena)
    return convoy_block_reserve(&session->arena, bytes) ? CONVOY_OK : no_memory(error, "an arena", bytes);
  if (bytes <= session->arena.bytes)
    return CONVOY_OK;
  return convoy_fail(error, CONVOY_NEEDS_MEMORY, "the arena has %zu bytes, these inputs need %zu", session->arena.bytes,
                     bytes);
}

/* ---- Tensors ---- */

convoy_status convoy_session_failed(const convoy_session *session, convoy_status status, convoy_error *error) {
  const char *why = session->message[0] ? session->message : convoy_status_name(status);
  return convoy_fail(error, status, "%s: %s", session->module->name, why);
}

static int is_dense(const convoy_tensor *tensor) {
  int64_t stride = 1;
  int given = 0;
  for (int32_t i = 0; i < tensor->rank; ++i)
    given |= tensor->strides[i] != 0;
  for (int32_t i = tensor->rank - 1; given && i >= 0; --i) {
    if (tensor->strides[i] != stride && tensor->dims[i] > 1)
      return 0;
    stride *= tensor->dims[i];
  }
  return 1;
}

static convoy_status check_inputs(const convoy_session *session, const convoy_tensor *inputs, int need_data,
                                  convoy_error *error) {
  const convoy_module *module = session->module;
  if (!inputs && module->input_count)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "%s: no inputs were given", module->name);
  for (int32_t i = 0; i < module->input_count; ++i) {
    const convoy_value *value = &module->inputs[i];
    const convoy_tensor *input = &inputs[i];
    if (input->type != value->type)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "input '%s' has type %s, the network wants %s", value->name,
                         convoy_type_name(input->type), convoy_type_name(value->type));
    if (input->rank != value->rank)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "input '%s' has %d dimensions, the network wants %d",
                         value->name, (int)input->rank, (int)value->rank);
    size_t bytes = convoy_tensor_bytes(input);
    if (bytes == SIZE_MAX)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "input '%s' has impossible dimensions", value->name);
    if (need_data && bytes && !input->data)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "input '%s' has no data", value->name);
    if (input->device != CONVOY_HOST && input->device != module->device)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "input '%s' is not in the memory of %s", value->name,
                         module->device == CONVOY_HOST ? "the host" : "the host or the module's device");
    if (!is_dense(input))
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "input '%s' is not dense", value->name);
  }
  return CONVOY_OK;
}

static int is_planned(const convoy_session *session, const convoy_tensor *inputs) {
  if (!session->planned)
    return 0;
  for (int32_t i = 0; i < session->module->input_count; ++i)
    if (memcmp(inputs[i].dims, session->inputs[i].dims, (size_t)inputs[i].rank * sizeof inputs[i].dims[0]) != 0)
      return 0;
  return 1;
}

static convoy_status plan(convoy_session *session, const convoy_tensor *inputs, convoy_error *error) {
  if (is_planned(session, inputs))
    return CONVOY_OK;
  const convoy_module *module = session->module;
  session->planned = 0;
  session->message[0] = '\0';
  memset(session->outputs, 0, (size_t)module->output_count * sizeof *session->outputs);
  memset(&session->plan, 0, sizeof session->plan);
  convoy_status status = module->plan(&session->context, inputs, session->outputs, &session->plan);
  if (status)
    return convoy_session_failed(session, status, error);
  for (int32_t i = 0; i < module->output_count; ++i)
    if (convoy_tensor_bytes(&session->outputs[i]) == SIZE_MAX)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "output '%s' would have impossible dimensions",
                         module->outputs[i].name);
  if (module->input_count)
    memcpy(session->inputs, inputs, (size_t)module->input_count * sizeof *inputs);
  session->planned = 1;
  return CONVOY_OK;
}

/* Gives `output` the planned type and dimensions, and memory where it has none. */
static convoy_status provide_output(convoy_session *session, int32_t i, convoy_tensor *output, convoy_error *error) {
  const char *name = session->module->outputs[i].name;
  const convoy_tensor *planned = &session->outputs[i];
  size_t bytes = convoy_tensor_bytes(planned);
  void *data = output->data;
  convoy_device device = output->device;
  if (device != CONVOY_HOST && device != session->module->device)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "output '%s' is wanted where the module can't write", name);
  if (!data && !session->on_device) {
    if (!convoy_block_reserve(&session->results[i], bytes ? bytes : 1))
      return no_memory(error, "an output", bytes);
    data = session->results[i].data;
  } else if (data) {
    size_t room = convoy_tensor_bytes(output);
    if (output->type != planned->type || room == SIZE_MAX)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "output '%s' has data, but no type %s and dimensions", name,
                         convoy_type_name(planned->type));
    if (room < bytes)
      return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "output '%s' has room for %zu bytes and needs %zu", name, room,
                         bytes);
  }
  *output = *planned;
  output->data = data;
  output->device = device;
  memset(output->strides, 0, sizeof output->strides);
  return CONVOY_OK;
}

convoy_status convoy_session_plan(convoy_session *session, const convoy_tensor *inputs, convoy_tensor *outputs,
                                  convoy_error *error) {
  convoy_status status = check_inputs(session, inputs, 0, error);
  if (!status)
    status = plan(session, inputs, error);
  for (int32_t i = 0; !status && i < session->module->output_count; ++i) {
    void *data = outputs[i].data;
    outputs[i] = session->outputs[i];
    outputs[i].data = data;
    memset(outputs[i].strides, 0, sizeof outputs[i].strides);
  }
  return status;
}

static convoy_status run_module(convoy_session *session, const convoy_tensor *inputs, convoy_tensor *outputs) {
  convoy_context *context = &session->context;
  if (session->on_device)
    return session->options.backend->run(session->on_device, &session->plan, inputs, outputs);
  context->scratch_used = 0;
  return session->module->run(context, inputs, outputs, session->arena.data, session->arena.bytes,
                              session->prepared.data);
}

convoy_status convoy_session_run(convoy_session *session, const convoy_tensor *inputs, convoy_tensor *outputs,
                                 convoy_error *error) {
  const convoy_module *module = session->module;
  convoy_status status = check_inputs(session, inputs, 1, error);
  if (!status && !outputs && module->output_count)
    status = convoy_fail(error, CONVOY_INVALID_ARGUMENT, "%s: no outputs were given", module->name);
  if (!status)
    status = plan(session, inputs, error);
  if (!status && !session->on_device)
    status = provide_arena(session, error);
  for (int32_t i = 0; !status && i < module->output_count; ++i)
    status = provide_output(session, i, &outputs[i], error);
  if (status)
    return status;
  convoy_session_drop_grown(session);
  session->message[0] = '\0';
  convoy_pool_enter();
  status = run_module(session, inputs, outputs);
  convoy_pool_leave();
  return status ? convoy_session_failed(session, status, error) : CONVOY_OK;
}

/* ---- Life ---- */

static convoy_status read_options(convoy_session *session, const convoy_session_options *options, convoy_error *error) {
  if (!options)
    return CONVOY_OK;
  if (options->size != sizeof *options)
    return convoy_fail(error, CONVOY_WRONG_ABI, "session options of %zu bytes, this runtime's have %zu", options->size,
                       sizeof *options);
  if (options->threads < 0 || options->threads > 1024)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "a session runs on 1 to 1024 threads, not %d",
                       (int)options->threads);
  if (options->arena && (uintptr_t)options->arena % CONVOY_ALIGNMENT != 0)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "the arena is not aligned to %u bytes", CONVOY_ALIGNMENT);
  session->options = *options;
  return CONVOY_OK;
}

static convoy_status provide_pool(convoy_session *session, convoy_error *error) {
  int threads = session->options.threads;
  session->pool = session->options.pool;
  if (!threads)
    threads = session->pool ? convoy_pool_threads(session->pool) : convoy_cores();
  if (!session->pool && threads > 1) {
    convoy_status status = convoy_pool_create(threads, &session->pool, error);
    if (status)
      return status;
    session->owns_pool = 1;
  }
  session->threads = threads;
  return CONVOY_OK;
}

static convoy_status provide_tables(convoy_session *session, convoy_error *error) {
  const convoy_module *module = session->module;
  /* calloc(0) may be null. */
  session->inputs = calloc((size_t)module->input_count + 1, sizeof *session->inputs);
  session->outputs = calloc((size_t)module->output_count + 1, sizeof *session->outputs);
  session->results = calloc((size_t)module->output_count + 1, sizeof *session->results);
  if (session->options.profile)
    session->times = calloc((size_t)module->launch_count + 1, sizeof *session->times);
  if (!session->inputs || !session->outputs || !session->results || (session->options.profile && !session->times))
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a session's tables");
  return CONVOY_OK;
}

static convoy_status provide_memory(convoy_session *session, convoy_error *error) {
  const convoy_module *module = session->module;
  size_t slices = session->pool ? (size_t)convoy_pool_threads(session->pool) : 1;
  session->slice_bytes = round_up(module->scratch_bytes);
  if (session->slice_bytes < module->scratch_bytes || session->slice_bytes > SIZE_MAX / 2 / slices ||
      !convoy_block_reserve(&session->scratch, session->slice_bytes * slices))
    return no_memory(error, "scratch", module->scratch_bytes);
  if (convoy_session_is_remote(session))
    return CONVOY_OK;
  session->owns_arena = session->options.arena == NULL;
  if (!session->owns_arena) {
    session->arena.data = session->options.arena;
    session->arena.bytes = session->options.arena_bytes;
  }
  /* The arena of a module without symbols is known now; touching it is part of making the session. */
  session->plan.arena_bytes = module->symbol_count ? 0 : module->arena_bytes;
  convoy_status status = provide_arena(session, error);
  if (!status && !convoy_block_reserve(&session->prepared, module->prepared_bytes))
    status = no_memory(error, "prepared weights", module->prepared_bytes);
  return status;
}

static convoy_status prepare(convoy_session *session, convoy_error *error) {
  if (convoy_session_is_remote(session))
    return convoy_session_attach(session, error);
  if (!session->module->prepared_bytes)
    return CONVOY_OK;
  convoy_pool_enter();
  convoy_status status = session->module->prepare(&session->context, session->prepared.data);
  convoy_pool_leave();
  return status ? convoy_session_failed(session, status, error) : CONVOY_OK;
}

convoy_status convoy_session_create(const convoy_module *module, const convoy_session_options *options,
                                    convoy_session **result, convoy_error *error) {
  *result = NULL;
  convoy_status status = convoy_module_check(module, error);
  if (status)
    return status;
  convoy_session *session = calloc(1, sizeof *session);
  if (!session)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a session");
  session->module = module;
  pthread_mutex_init(&session->mutex, NULL);
  status = read_options(session, options, error);
  if (!status)
    status = provide_pool(session, error);
  if (!status)
    status = provide_tables(session, error);
  if (!status)
    status = provide_memory(session, error);
  if (!status) {
    convoy_session_set_context(session);
    status = prepare(session, error);
  }
  if (status) {
    convoy_session_destroy(session);
    return status;
  }
  *result = session;
  return CONVOY_OK;
}

void convoy_session_destroy(convoy_session *session) {
  if (!session)
    return;
  if (session->on_device)
    session->options.backend->close(session->on_device);
  if (session->owns_pool)
    convoy_pool_destroy(session->pool);
  convoy_session_drop_grown(session);
  for (int32_t i = 0; session->results && i < session->module->output_count; ++i)
    free(session->results[i].data);
  if (session->owns_arena)
    free(session->arena.data);
  free(session->scratch.data);
  free(session->prepared.data);
  free(session->observed.data);
  free(session->inputs);
  free(session->outputs);
  free(session->results);
  free(session->times);
  pthread_mutex_destroy(&session->mutex);
  free(session);
}

/* ---- Questions ---- */

size_t convoy_session_bytes(const convoy_session *session) {
  size_t bytes = session->arena.bytes + session->scratch.bytes + session->prepared.bytes + session->observed.bytes;
  if (session->on_device)
    bytes += session->options.backend->bytes(session->on_device);
  for (int32_t i = 0; i < session->module->output_count; ++i)
    bytes += session->results[i].bytes;
  return bytes;
}

const convoy_launch_time *convoy_session_times(const convoy_session *session) { return session->times; }

void convoy_session_reset_times(convoy_session *session) {
  if (session->times)
    memset(session->times, 0, (size_t)session->module->launch_count * sizeof *session->times);
}
