#include "test/runtime/cuda/driver/state.h"

#include <cstring>

using namespace standin;

/// What nobody wrote reads as this.
static constexpr unsigned char unwritten = 0xCB;

static uint64_t put(std::map<uint64_t, Allocation> &where, size_t bytes) {
  // The host's allocator promises 16 bytes of alignment: the surplus lets each begin at a multiple of 256.
  Allocation allocation = {std::vector<unsigned char>(bytes + 255, unwritten), bytes, state().current()};
  uint64_t start = (reinterpret_cast<uint64_t>(allocation.memory.data()) + 255) / 256 * 256;
  where.emplace(start, std::move(allocation));
  return start;
}

extern "C" {

int cuMemGetInfo_v2(size_t *available, size_t *total) {
  STANDIN_ENTER(context)
  *available = state().options.memory - state().taken;
  *total = state().options.memory;
  return success;
}

int cuMemAlloc_v2(Address *memory, size_t bytes) {
  STANDIN_ENTER(context | noCapture)
  State &s = state();
  if (!bytes)
    return s.violate("cuMemAlloc: of nothing", invalidValue);
  if (bytes > s.options.memory - s.taken)
    return outOfMemory;
  s.taken += bytes;
  *memory = put(s.device, bytes) + deviceBase;
  return success;
}

int cuMemFree_v2(Address memory) {
  STANDIN_RELEASE(context | noCapture)
  State &s = state();
  auto found = s.device.find(memory - deviceBase);
  if (found == s.device.end())
    return s.violate("cuMemFree: of what was not allocated", invalidValue);
  s.taken -= found->second.bytes;
  s.device.erase(found);
  return told;
}

int cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
  STANDIN_ENTER(context | noCapture)
  State &s = state();
  if (!bytes)
    return s.violate("cuMemHostAlloc: of nothing", invalidValue);
  if (bytes > s.options.pinned - s.pinnedTaken)
    return outOfMemory;
  s.pinnedTaken += bytes;
  *memory = reinterpret_cast<void *>(put(s.pinned, bytes));
  return success;
}

int cuMemFreeHost(void *memory) {
  STANDIN_RELEASE(context | noCapture)
  State &s = state();
  auto found = s.pinned.find(reinterpret_cast<uint64_t>(memory));
  if (found == s.pinned.end())
    return s.violate("cuMemFreeHost: of what was not allocated", invalidValue);
  s.pinnedTaken -= found->second.bytes;
  s.pinned.erase(found);
  return told;
}

/// Pinned memory is read when the copy is done, other memory at once, as a real driver does.
int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *handle) {
  STANDIN_ENTER(context)
  State &s = state();
  Stream *stream = static_cast<Stream *>(handle);
  if (!bytes || !s.reach(to, bytes, "cuMemcpyHtoDAsync"))
    return invalidValue;
  if (s.isPinned(from, bytes))
    return s.enqueue(
        stream,
        [=] {
          unsigned char *target = state().reach(to, bytes, "a copy to the device");
          if (!target || !state().isPinned(from, bytes))
            return state().violate("a copy to the device: of memory that was freed", illegalAddress);
          std::memcpy(target, from, bytes);
          return int(success);
        },
        "cuMemcpyHtoDAsync");
  if (s.streams.has(stream) && stream->captured)
    s.violate("cuMemcpyHtoDAsync: a graph would read memory that is not pinned", 0);
  std::vector<unsigned char> kept(static_cast<const unsigned char *>(from),
                                  static_cast<const unsigned char *>(from) + bytes);
  return s.enqueue(
      stream,
      [to, kept] {
        unsigned char *target = state().reach(to, kept.size(), "a copy to the device");
        if (target)
          std::memcpy(target, kept.data(), kept.size());
        return int(target ? success : illegalAddress);
      },
      "cuMemcpyHtoDAsync");
}

int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *handle) {
  STANDIN_ENTER(context)
  State &s = state();
  Stream *stream = static_cast<Stream *>(handle);
  if (!bytes || !s.reach(from, bytes, "cuMemcpyDtoHAsync"))
    return invalidValue;
  bool isPinned = s.isPinned(to, bytes);
  int code = s.enqueue(
      stream,
      [=] {
        unsigned char *source = state().reach(from, bytes, "a copy to the host");
        if (!source || (isPinned && !state().isPinned(to, bytes)))
          return state().violate("a copy to the host: memory that was freed", illegalAddress);
        std::memcpy(to, source, bytes);
        return int(success);
      },
      "cuMemcpyDtoHAsync");
  if (code || isPinned)
    return code;
  if (stream->captured)
    return s.violate("cuMemcpyDtoHAsync: a graph would write memory that is not pinned", 0);
  return s.finish(stream);
}

int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void *handle) {
  STANDIN_ENTER(context)
  State &s = state();
  if (!bytes || !s.reach(to, bytes, "cuMemcpyDtoDAsync") || !s.reach(from, bytes, "cuMemcpyDtoDAsync"))
    return invalidValue;
  return s.enqueue(
      static_cast<Stream *>(handle),
      [=] {
        unsigned char *target = state().reach(to, bytes, "a copy"), *source = state().reach(from, bytes, "a copy");
        if (target && source)
          std::memcpy(target, source, bytes);
        return int(target && source ? success : illegalAddress);
      },
      "cuMemcpyDtoDAsync");
}
}
