/* The run as one graph. */
#include "runtime/cuda/session.h"

#include <stdlib.h>
#include <string.h>

/* For each input and output its dimensions, and its address if that is the caller's own. */
size_t convoy_cuda_key_length(const convoy_module *module) {
  size_t length = 0;
  for (int32_t i = 0; i < module->input_count; ++i)
    length += (size_t)module->inputs[i].rank + 1;
  for (int32_t i = 0; i < module->output_count; ++i)
    length += (size_t)module->outputs[i].rank + 1;
  return length;
}

static void write_key(convoy_cuda_session *session) {
  const convoy_module *module = session->module;
  int64_t *at = session->key;
  for (int32_t i = 0; i < module->input_count + module->output_count; ++i) {
    const convoy_tensor *tensor = &session->tensors[i];
    int32_t rank = i < module->input_count ? module->inputs[i].rank : module->outputs[i - module->input_count].rank;
    memcpy(at, tensor->dims, (size_t)rank * sizeof *at);
    at += rank;
    *at++ = tensor->device == CONVOY_HOST ? 0 : (int64_t)(uintptr_t)tensor->data;
  }
}

static void destroy(convoy_cuda_session *session, convoy_cuda_graph *graph) {
  if (graph->executable)
    CONVOY_CUDA_CALL(session->device, NULL, cuGraphExecDestroy, graph->executable);
  free(graph->key);
  memset(graph, 0, sizeof *graph);
}

void convoy_cuda_drop_graphs(convoy_cuda_session *session) {
  for (int i = 0; i < CONVOY_CUDA_GRAPHS; ++i)
    destroy(session, &session->graphs[i]);
}

static convoy_cuda_graph *find(convoy_cuda_session *session) {
  for (int i = 0; i < CONVOY_CUDA_GRAPHS; ++i)
    if (session->graphs[i].key &&
        memcmp(session->graphs[i].key, session->key, session->key_length * sizeof *session->key) == 0)
      return &session->graphs[i];
  return NULL;
}

/* The place of the next one: free, or of the one that was not used for longest. */
static convoy_cuda_graph *oldest(convoy_cuda_session *session) {
  convoy_cuda_graph *graph = &session->graphs[0];
  for (int i = 1; i < CONVOY_CUDA_GRAPHS; ++i)
    if (session->graphs[i].used < graph->used)
      graph = &session->graphs[i];
  return graph;
}

/* Whatever happens within, the capture ends, or the stream would be of no more use. */
static convoy_status capture(convoy_cuda_session *session, cuda_handle *graph, convoy_error *error) {
  convoy_cuda *device = session->device;
  convoy_status status =
      CONVOY_CUDA_CALL(device, error, cuStreamBeginCapture, session->stream, CU_CAPTURE_THREAD_LOCAL);
  if (status)
    return status;
  status = convoy_cuda_run_module(session, CONVOY_CUDA_CAPTURE, error);
  convoy_status ended = CONVOY_CUDA_CALL(device, status ? NULL : error, cuStreamEndCapture, session->stream, graph);
  return status ? status : ended;
}

static convoy_status make(convoy_cuda_session *session, convoy_cuda_graph *graph, convoy_error *error) {
  convoy_cuda *device = session->device;
  cuda_handle captured = NULL;
  graph->key = malloc(session->key_length * sizeof *graph->key + 1);
  if (!graph->key)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a graph");
  memcpy(graph->key, session->key, session->key_length * sizeof *graph->key);
  convoy_status status = capture(session, &captured, error);
  if (!status)
    status = CONVOY_CUDA_CALL(device, error, cuGraphInstantiate, &graph->executable, captured, 0);
  if (captured)
    CONVOY_CUDA_CALL(device, NULL, cuGraphDestroy, captured);
  if (status)
    destroy(session, graph);
  return status;
}

convoy_status convoy_cuda_run_graph(convoy_cuda_session *session, convoy_error *error) {
  write_key(session);
  convoy_cuda_graph *graph = find(session);
  if (!graph) {
    convoy_status status = convoy_cuda_run_module(session, CONVOY_CUDA_LOAD, error);
    if (status)
      return status;
    if (session->eager) /* as the module's run showed */
      return convoy_cuda_run_module(session, CONVOY_CUDA_EAGER, error);
    graph = oldest(session);
    destroy(session, graph);
    status = make(session, graph, error);
    if (status)
      return status;
  }
  graph->used = ++session->runs;
  return CONVOY_CUDA_CALL(session->device, error, cuGraphLaunch, graph->executable, session->stream);
}
