/* A session's part on a device. */
#ifndef CONVOY_RUNTIME_CUDA_SESSION_H
#define CONVOY_RUNTIME_CUDA_SESSION_H

#include "runtime/cuda/code.h"

#define CONVOY_CUDA_GRAPHS 4

/* What the functions of the module's context do. */
typedef enum convoy_cuda_mode {
  CONVOY_CUDA_EAGER,  /* their work */
  CONVOY_CUDA_LOAD,   /* load code, and see whether a graph can hold the run */
  CONVOY_CUDA_CAPTURE /* their work, into a graph */
} convoy_cuda_mode;

/* A captured run. */
typedef struct convoy_cuda_graph {
  int64_t *key; /* null: none */
  cuda_handle executable;
  uint64_t used; /* the greater, the later */
} convoy_cuda_graph;

struct convoy_backend_session {
  convoy_device_functions functions; /* first: launch, copy and synchronize find the session by context->device */
  convoy_cuda *device;
  const convoy_module *module;
  convoy_context *context;
  convoy_launch_time *times; /* null: not wanted */
  convoy_cuda_code *code;
  cuda_handle stream;
  convoy_cuda_mode mode;
  int eager;           /* never a graph */
  int blocking;        /* wait after each launch */
  int32_t launch;      /* that runs; -1: none */
  int failed;          /* for good */
  convoy_status fault; /* what the context's functions met in this run */
  convoy_error why;    /* of both */

  convoy_cuda_block arena, scratch; /* on the device */
  convoy_cuda_block host_arena;     /* pinned, as is staging */
  convoy_cuda_block *staging;       /* inputs, then outputs, of the caller's that lie on the host */
  convoy_cuda_block *results;       /* on the device, of outputs that the caller wants there and has no memory for */
  convoy_tensor *tensors;           /* inputs, then outputs, as the module sees them */

  convoy_cuda_graph graphs[CONVOY_CUDA_GRAPHS];
  int64_t *key; /* of this run */
  size_t key_length;
  uint64_t runs;

  cuda_handle *events;   /* 2 launch_count: before and after each; null without times */
  unsigned char *marked; /* launch_count: its events hold times */
};

typedef convoy_backend_session convoy_cuda_session;

void convoy_cuda_set_backend(convoy_backend *backend);

/* ---- work.c: what generated code asks for ---- */

void convoy_cuda_set_functions(convoy_cuda_session *session);

/* Runs the module once, in this mode. */
convoy_status convoy_cuda_run_module(convoy_cuda_session *session, convoy_cuda_mode mode, convoy_error *error);
convoy_status convoy_cuda_prepare(void *session, convoy_cuda_code *code, convoy_error *error);

/* Notes what a function of the context met, with the layer that runs; a run's first fault is the one that counts. */
int convoy_cuda_meet(convoy_cuda_session *session, convoy_status status, const convoy_error *error);

/* Waits for all work; what a kernel did wrong shows here. */
convoy_status convoy_cuda_wait(convoy_cuda_session *session, convoy_error *error);

/* The same at the end of what came to `status`. After a failure too: what was begun still uses memory and code. */
convoy_status convoy_cuda_finish(convoy_cuda_session *session, convoy_status status, convoy_error *error);

/* ---- graph.c ---- */

/* Launches the graph for the session's tensors; captures it first where there is none. */
convoy_status convoy_cuda_run_graph(convoy_cuda_session *session, convoy_error *error);
void convoy_cuda_drop_graphs(convoy_cuda_session *session);
size_t convoy_cuda_key_length(const convoy_module *module);

/* ---- tensors.c: the caller's, and the memory behind them ---- */

/* Makes room for what was planned; graphs that know other addresses go. */
convoy_status convoy_cuda_provide(convoy_cuda_session *session, const convoy_plan *plan, const convoy_tensor *inputs,
                                  convoy_tensor *outputs, convoy_error *error);

/* Inputs to where the module reads them, outputs to the caller. */
void convoy_cuda_stage(convoy_cuda_session *session, const convoy_tensor *inputs);
void convoy_cuda_deliver(convoy_cuda_session *session, convoy_tensor *outputs);

/* ---- times.c ---- */

convoy_status convoy_cuda_make_events(convoy_cuda_session *session, convoy_error *error);
void convoy_cuda_drop_events(convoy_cuda_session *session);
void convoy_cuda_mark(convoy_cuda_session *session, int32_t launch, int32_t done);

/* Adds what the events of the last run say; all work is done. */
convoy_status convoy_cuda_add_times(convoy_cuda_session *session, convoy_error *error);

#endif
