/* What is asked of the operating system, threads and files aside. */
#define _GNU_SOURCE
#include "runtime/core/internal.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

void *convoy_allocate(size_t bytes) {
  size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : CONVOY_ALIGNMENT;
  void *memory = NULL;
  if (bytes > SIZE_MAX / 2)
    return NULL;
  bytes = (bytes + alignment - 1) / alignment * alignment;
  if (posix_memalign(&memory, alignment, bytes ? bytes : alignment) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  if (alignment == HUGE_PAGE)
    madvise(memory, bytes, MADV_HUGEPAGE); /* only a wish */
#endif
  return memory;
}

double convoy_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int32_t convoy_cores(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
    return CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int32_t)count : 1;
}
