#pragma once

#include "test/runtime/cuda/driver/ptx.h"
#include "test/runtime/cuda/driver/standin.h"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace standin {

/// Added to an address of the host to make one of a device: no host can read there.
constexpr uint64_t deviceBase = uint64_t(1) << 60;

using Address = unsigned long long; // CUdeviceptr

enum Result {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  notInitialized = 3,
  noDevice = 100,
  invalidDevice = 101,
  invalidContext = 201,
  noBinary = 209,
  invalidPtx = 218,
  invalidHandle = 400,
  notFound = 500,
  notReady = 600,
  illegalAddress = 700,
  captureUnsupported = 900,
  captureInvalidated = 901,
};

using Operation = std::function<int()>;

struct Context {
  int device, retained = 0;
};

struct Allocation {
  std::vector<unsigned char> memory; ///< with some to spare in front
  size_t bytes;
  Context *context;
};

struct Graph {
  std::vector<Operation> operations;
};

struct Stream {
  Context *context;
  std::vector<Operation> queue;
  Graph *captured = nullptr; ///< while capturing
  std::thread::id capturer;
  bool invalidated = false;
};

struct Event {
  bool recorded = false;
  long tick = 0;
};

struct Function {
  std::string name;
  std::vector<int> arguments;       ///< bytes of each; empty: unknown
  std::shared_ptr<Program> program; ///< null: not known
  bool fault = false;
  int dynamicShared = 48 << 10;
};

struct Module {
  Context *context;
  std::map<std::string, Function> functions;
  bool anyName = false; ///< a cubin
};

/// Objects of one kind, by handle.
template <typename T> class Registry {
public:
  T *add(T object) {
    T *handle = new T(std::move(object));
    living.insert(handle);
    return handle;
  }
  bool has(const void *handle) const { return living.count(static_cast<T *>(const_cast<void *>(handle))) != 0; }
  void remove(T *handle) {
    living.erase(handle);
    delete handle;
  }
  void clear() {
    while (!living.empty())
      remove(*living.begin());
  }
  const std::set<T *> &all() const { return living; }

private:
  std::set<T *> living;
};

/// What a call needs, beyond a driver that was initialised.
enum Needs {
  nothing = 0,
  initialised = 1,
  context = 2,
  noCapture = 4, ///< by the calling thread
};

struct State {
  std::recursive_mutex mutex;
  Standin options;
  bool isInitialised = false;
  std::vector<std::string> calls;
  long failAt = -1;
  int failCode = 0, lost = 0;
  bool loses = false;
  std::string violations, text;
  long tick = 0;

  std::map<int, Context> contexts;
  std::map<uint64_t, Allocation> device; ///< by the host's address
  std::map<uint64_t, Allocation> pinned;
  size_t taken = 0, pinnedTaken = 0;
  Registry<Graph> graphs, executables;
  Registry<Stream> streams;
  Registry<Event> events;
  Registry<Module> modules;

  /// Counts the call and checks its needs; what it must return, if not success.
  int enter(const char *name, int needs);

  int violate(const std::string &what, int code);

  /// The calling thread's.
  Context *current() const;

  /// The host's address of `bytes` bytes at a device address; null after a violation.
  unsigned char *reach(uint64_t address, size_t bytes, const char *who);
  bool isPinned(const void *memory, size_t bytes) const;

  /// Does the operation when the stream is waited for, or puts it into the graph that the stream captures.
  int enqueue(Stream *stream, Operation operation, const char *who);
  int finish(Stream *stream);
};

State &state();
std::vector<Context *> &contextStack();

} // namespace standin

/// `flags` of Needs. Release functions do their work also when they are told to fail, as the real ones do.
#define STANDIN_ENTER(flags)                                                                                           \
  std::lock_guard<std::recursive_mutex> guard(standin::state().mutex);                                                 \
  if (int code = standin::state().enter(__func__, flags))                                                              \
    return code;
#define STANDIN_RELEASE(flags)                                                                                         \
  std::lock_guard<std::recursive_mutex> guard(standin::state().mutex);                                                 \
  int told = standin::state().enter(__func__, flags);
