/// Streams, graphs, events.
#include "test/runtime/cuda/driver/state.h"

using namespace standin;

/// The object behind a handle; null after a violation.
template <typename T> static T *get(Registry<T> &registry, void *handle, const char *who) {
  if (registry.has(handle))
    return static_cast<T *>(handle);
  state().violate(std::string(who) + ": of what is none", 0);
  return nullptr;
}

template <typename T> static int release(Registry<T> &registry, void *handle, const char *who, int told) {
  T *object = get(registry, handle, who);
  if (!object)
    return invalidHandle;
  registry.remove(object);
  return told;
}

extern "C" {

int cuStreamCreate(void **stream, unsigned) {
  STANDIN_ENTER(context)
  Stream made;
  made.context = state().current();
  *stream = state().streams.add(made);
  return success;
}

int cuStreamDestroy_v2(void *handle) {
  STANDIN_RELEASE(context)
  Stream *stream = get(state().streams, handle, "cuStreamDestroy");
  if (stream && stream->captured)
    state().violate("cuStreamDestroy: during a capture", 0);
  return release(state().streams, handle, "cuStreamDestroy", told);
}

int cuStreamSynchronize(void *handle) {
  STANDIN_ENTER(context)
  Stream *stream = get(state().streams, handle, "cuStreamSynchronize");
  if (!stream)
    return invalidHandle;
  if (!stream->captured)
    return state().finish(stream);
  stream->invalidated = true;
  return state().violate("cuStreamSynchronize: during a capture", captureUnsupported);
}

int cuStreamBeginCapture_v2(void *handle, int mode) {
  STANDIN_ENTER(context)
  Stream *stream = get(state().streams, handle, "cuStreamBeginCapture");
  if (!stream || mode != 1)
    return state().violate("cuStreamBeginCapture: of no stream, or not for this thread alone", invalidValue);
  if (stream->captured)
    return state().violate("cuStreamBeginCapture: during a capture", captureUnsupported);
  stream->captured = state().graphs.add({});
  stream->capturer = std::this_thread::get_id();
  stream->invalidated = false;
  return success;
}

int cuStreamEndCapture(void *handle, void **graph) {
  STANDIN_RELEASE(context)
  Stream *stream = get(state().streams, handle, "cuStreamEndCapture");
  *graph = nullptr;
  if (!stream || !stream->captured)
    return state().violate("cuStreamEndCapture: without a capture", invalidValue);
  Graph *captured = stream->captured;
  stream->captured = nullptr;
  if (!told && !stream->invalidated) {
    *graph = captured;
    return success;
  }
  state().graphs.remove(captured);
  return told ? told : int(captureInvalidated);
}

int cuGraphInstantiateWithFlags(void **executable, void *handle, unsigned long long) {
  STANDIN_ENTER(context | noCapture)
  Graph *graph = get(state().graphs, handle, "cuGraphInstantiate");
  if (!graph)
    return invalidHandle;
  *executable = state().executables.add(*graph);
  return success;
}

int cuGraphDestroy(void *graph) {
  STANDIN_RELEASE(initialised)
  return release(state().graphs, graph, "cuGraphDestroy", told);
}

int cuGraphExecDestroy(void *executable) {
  STANDIN_RELEASE(initialised)
  return release(state().executables, executable, "cuGraphExecDestroy", told);
}

int cuGraphLaunch(void *handle, void *stream) {
  STANDIN_ENTER(context)
  Graph *graph = get(state().executables, handle, "cuGraphLaunch");
  if (!graph)
    return invalidHandle;
  for (const Operation &operation : graph->operations)
    if (int code = state().enqueue(static_cast<Stream *>(stream), operation, "cuGraphLaunch"))
      return code;
  return success;
}

int cuEventCreate(void **event, unsigned) {
  STANDIN_ENTER(context)
  *event = state().events.add({});
  return success;
}

int cuEventDestroy_v2(void *event) {
  STANDIN_RELEASE(context)
  return release(state().events, event, "cuEventDestroy", told);
}

int cuEventRecord(void *handle, void *stream) {
  STANDIN_ENTER(context)
  Event *event = get(state().events, handle, "cuEventRecord");
  if (!event)
    return invalidHandle;
  event->recorded = false;
  return state().enqueue(
      static_cast<Stream *>(stream),
      [event] {
        event->recorded = true;
        event->tick = state().tick;
        return int(success);
      },
      "cuEventRecord");
}

/// A thousandth of a millisecond for each operation.
int cuEventElapsedTime(float *milliseconds, void *first, void *second) {
  STANDIN_ENTER(context)
  Event *start = get(state().events, first, "cuEventElapsedTime"),
        *end = get(state().events, second, "cuEventElapsedTime");
  if (!start || !end)
    return invalidHandle;
  if (!start->recorded || !end->recorded)
    return state().violate("cuEventElapsedTime: of events that have not come", notReady);
  *milliseconds = 0.001f * static_cast<float>(end->tick - start->tick);
  return success;
}
}
