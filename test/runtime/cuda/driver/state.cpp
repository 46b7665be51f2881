#include "test/runtime/cuda/driver/state.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace standin {

State &state() {
  static State *one = new State; // never destroyed: the check at exit needs it
  return *one;
}

std::vector<Context *> &contextStack() {
  static thread_local std::vector<Context *> stack;
  return stack;
}

Context *State::current() const { return contextStack().empty() ? nullptr : contextStack().back(); }

int State::violate(const std::string &what, int code) {
  violations += what + "\n";
  return code;
}

static Stream *captureOfThisThread(State &s) {
  for (Stream *stream : s.streams.all())
    if (stream->captured && stream->capturer == std::this_thread::get_id())
      return stream;
  return nullptr;
}

int State::enter(const char *name, int needs) {
  calls.push_back(name);
  if (static_cast<long>(calls.size()) == failAt) {
    lost = loses ? failCode : lost;
    return failCode;
  }
  if (lost)
    return lost;
  std::string who = name;
  if (needs && !isInitialised)
    return violate(who + ": before cuInit", notInitialized);
  if ((needs & context) && !current())
    return violate(who + ": no context is current", invalidContext);
  Stream *capturing = needs & noCapture ? captureOfThisThread(*this) : nullptr;
  if (!capturing)
    return success;
  capturing->invalidated = true;
  return violate(who + ": during a capture", captureUnsupported);
}

unsigned char *State::reach(uint64_t address, size_t bytes, const char *who) {
  std::string where = std::string(who) + ": ";
  if (address < deviceBase) {
    violate(where + "not an address of the device", 0);
    return nullptr;
  }
  uint64_t host = address - deviceBase;
  auto after = device.upper_bound(host);
  if (after != device.begin()) {
    auto &[start, allocation] = *std::prev(after);
    if (host - start < allocation.bytes && bytes <= allocation.bytes - (host - start)) {
      if (current() && allocation.context != current())
        violate(where + "memory of another device", 0);
      return reinterpret_cast<unsigned char *>(host);
    }
  }
  violate(where + "memory that was freed, or is too small", 0);
  return nullptr;
}

bool State::isPinned(const void *memory, size_t bytes) const {
  uint64_t host = reinterpret_cast<uint64_t>(memory);
  auto after = pinned.upper_bound(host);
  if (after == pinned.begin())
    return false;
  auto &[start, allocation] = *std::prev(after);
  return host - start < allocation.bytes && bytes <= allocation.bytes - (host - start);
}

int State::enqueue(Stream *stream, Operation operation, const char *who) {
  if (!streams.has(stream))
    return violate(std::string(who) + ": a stream that is none", invalidHandle);
  if (stream->context != current())
    return violate(std::string(who) + ": a stream of another device", invalidContext);
  if (!stream->captured) {
    stream->queue.push_back(std::move(operation));
    return success;
  }
  if (stream->invalidated)
    return captureInvalidated;
  stream->captured->operations.push_back(std::move(operation));
  return success;
}

int State::finish(Stream *stream) {
  std::vector<Operation> queue = std::move(stream->queue);
  stream->queue.clear();
  for (Operation &operation : queue) {
    ++tick;
    int code = operation();
    if (code) {
      lost = code;
      return code;
    }
  }
  return success;
}

static std::string count(size_t number, const char *what) {
  return number ? std::to_string(number) + " " + what + (number > 1 ? "s, " : ", ") : "";
}

static std::string living(const State &s) {
  size_t contexts = 0;
  for (auto &[device, context] : s.contexts)
    contexts += context.retained > 0;
  std::string text = count(contexts, "context") + count(s.device.size(), "allocation") +
                     count(s.pinned.size(), "pinned allocation") + count(s.modules.all().size(), "module") +
                     count(s.streams.all().size(), "stream") + count(s.graphs.all().size(), "graph") +
                     count(s.executables.all().size(), "executable graph") + count(s.events.all().size(), "event") +
                     count(contextStack().size(), "pushed context");
  return text.empty() ? text : text.substr(0, text.size() - 2);
}

/// Whoever exits without having given everything back is told.
static void checkAtExit() {
  State &s = state();
  std::string left = living(s);
  if (s.violations.empty() && left.empty())
    return;
  std::fprintf(stderr, "driver stand-in: %s%s\n", s.violations.c_str(), left.empty() ? "" : ("left: " + left).c_str());
  std::fflush(stdout);
  std::_Exit(99);
}

static size_t setting(const char *text, const char *name, size_t otherwise) {
  const char *found = text ? std::strstr(text, name) : nullptr;
  return found ? std::strtoull(found + std::strlen(name), nullptr, 10) : otherwise;
}

__attribute__((constructor)) static void configure() {
  const char *text = std::getenv("CONVOY_STANDIN");
  Standin &options = state().options;
  options.devices = static_cast<int>(setting(text, "devices=", 1));
  options.capability = static_cast<int>(setting(text, "capability=", 80));
  options.version = static_cast<int>(setting(text, "version=", 12080));
  options.memory = setting(text, "memory=", options.memory);
  state().failAt = static_cast<long>(setting(text, "fail=", 0)) ? static_cast<long>(setting(text, "fail=", 0)) : -1;
  state().failCode = static_cast<int>(setting(text, "code=", illegalAddress));
  state().loses = true;
  if (text)
    std::atexit(checkAtExit);
}

} // namespace standin

using namespace standin;

extern "C" {

void standinReset(const Standin *options) {
  State &s = state();
  std::lock_guard<std::recursive_mutex> guard(s.mutex);
  s.options = *options;
  s.calls.clear();
  s.failAt = -1;
  s.failCode = s.lost = 0;
  s.violations.clear();
  s.contexts.clear();
  s.device.clear();
  s.pinned.clear();
  s.taken = s.pinnedTaken = 0;
  s.graphs.clear();
  s.executables.clear();
  s.streams.clear();
  s.events.clear();
  s.modules.clear();
  contextStack().clear();
}

void standinFail(long n, int code, bool lose) {
  State &s = state();
  std::lock_guard<std::recursive_mutex> guard(s.mutex);
  s.failAt = n ? static_cast<long>(s.calls.size()) + n : -1;
  s.failCode = code;
  s.loses = lose;
}

long standinCalls() { return static_cast<long>(state().calls.size()); }
const char *standinCall(long i) { return state().calls[i].c_str(); }

const char *standinLiving() {
  State &s = state();
  s.text = living(s);
  return s.text.c_str();
}

const char *standinViolations() { return state().violations.c_str(); }
size_t standinTaken() { return state().taken; }
}
