/* The caller's tensors, and the memory behind them. */
#include "runtime/cuda/session.h"

#include <string.h>

static int is_on_host(const convoy_tensor *tensor) { return tensor->device == CONVOY_HOST; }

static convoy_status grow(convoy_cuda_session *session, convoy_cuda_block *block, size_t bytes, const char *what,
                          convoy_error *error) {
  if (bytes <= block->bytes)
    return CONVOY_OK;
  convoy_cuda_drop_graphs(session); /* they know the old address */
  return convoy_cuda_reserve(session->device, block, bytes, what, error);
}

static convoy_status provide_input(convoy_cuda_session *session, int32_t i, const convoy_tensor *input,
                                   convoy_error *error) {
  convoy_status status = CONVOY_OK;
  session->tensors[i] = *input;
  if (is_on_host(input)) {
    status = grow(session, &session->staging[i], convoy_tensor_bytes(input), "staging of an input", error);
    session->tensors[i].data = session->staging[i].data;
  }
  return status;
}

static convoy_status provide_output(convoy_cuda_session *session, int32_t i, convoy_tensor *output,
                                    convoy_error *error) {
  const convoy_module *module = session->module;
  convoy_tensor *seen = &session->tensors[module->input_count + i];
  size_t bytes = convoy_tensor_bytes(output);
  convoy_cuda_block *block = is_on_host(output) ? &session->staging[module->input_count + i]
                             : !output->data    ? &session->results[i]
                                                : NULL;
  convoy_status status = block ? grow(session, block, bytes ? bytes : 1, "an output", error) : CONVOY_OK;
  *seen = *output;
  if (block)
    seen->data = block->data;
  return status;
}

convoy_status convoy_cuda_provide(convoy_cuda_session *session, const convoy_plan *plan, const convoy_tensor *inputs,
                                  convoy_tensor *outputs, convoy_error *error) {
  const convoy_module *module = session->module;
  convoy_status status = grow(session, &session->arena, plan->arena_bytes, "the arena", error);
  if (!status)
    status = grow(session, &session->host_arena, plan->host_arena_bytes, "the arena of library calls", error);
  session->context->host_arena = session->host_arena.data;
  for (int32_t i = 0; !status && i < module->input_count; ++i)
    status = provide_input(session, i, &inputs[i], error);
  for (int32_t i = 0; !status && i < module->output_count; ++i)
    status = provide_output(session, i, &outputs[i], error);
  return status;
}

void convoy_cuda_stage(convoy_cuda_session *session, const convoy_tensor *inputs) {
  for (int32_t i = 0; i < session->module->input_count; ++i) {
    size_t bytes = convoy_tensor_bytes(&inputs[i]);
    if (is_on_host(&inputs[i]) && bytes)
      memcpy(session->staging[i].data, inputs[i].data, bytes);
  }
}

void convoy_cuda_deliver(convoy_cuda_session *session, convoy_tensor *outputs) {
  const convoy_module *module = session->module;
  for (int32_t i = 0; i < module->output_count; ++i) {
    const convoy_tensor *seen = &session->tensors[module->input_count + i];
    void *wanted = outputs[i].data;
    convoy_device device = outputs[i].device;
    size_t bytes = convoy_tensor_bytes(seen);
    outputs[i] = *seen;
    outputs[i].device = device;
    if (device == CONVOY_HOST && wanted) {
      outputs[i].data = wanted;
      if (bytes)
        memcpy(wanted, seen->data, bytes);
    }
  }
}
