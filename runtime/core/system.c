/* What is asked of the operating system, threads and files aside. */
#define _GNU_SOURCE
#include "runtime/core/internal.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int32_t convoy_quota_cores(const char *text) {
  long long quota, period;
  if (sscanf(text, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0)
    return 0;
  long long count = (quota + period - 1) / period;
  return count > 1024 ? 0 : (int32_t)count;
}

#ifdef __linux__

/* The first line of a file; 0 if there is none. */
static int read_line(const char *path, char *line, size_t size) {
  FILE *file = fopen(path, "re");
  int read = file && fgets(line, (int)size, file);
  if (file)
    fclose(file);
  return read;
}

/* What the control groups of the process (version 2) leave of `cores`: a container may have a share of many cores. */
static int32_t within_quota(int32_t cores) {
  char group[512], path[600], line[64];
  if (!read_line("/proc/self/cgroup", group, sizeof group) || strncmp(group, "0::/", 4) != 0)
    return cores;
  char *name = group + 3;
  name[strcspn(name, "\n")] = '\0';
  for (;;) {
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", name);
    int32_t quota = read_line(path, line, sizeof line) ? convoy_quota_cores(line) : 0;
    if (quota && quota < cores)
      cores = quota;
    char *parent = strrchr(name, '/');
    if (!parent)
      return cores;
    *parent = '\0';
  }
}

#endif

int32_t convoy_cores(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
    return within_quota(CPU_COUNT(&set));
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int32_t)count : 1;
}
