#define _GNU_SOURCE
#include "runtime/core/placement.h"

#include <sched.h>
#include <stdlib.h>

#ifdef __linux__

struct convoy_placement {
  cpu_set_t cores;
  int noted;
};

convoy_placement *convoy_placement_create(void) {
  convoy_placement *placement = malloc(sizeof *placement);
  if (!placement)
    return NULL;
  placement->noted = -1;
  if (sched_getaffinity(0, sizeof placement->cores, &placement->cores) != 0 || CPU_COUNT(&placement->cores) < 2) {
    free(placement);
    return NULL;
  }
  return placement;
}

int convoy_placement_note(convoy_placement *placement) {
  int core = sched_getcpu();
  if (core < 0 || core >= CPU_SETSIZE || core == placement->noted)
    return 0;
  placement->noted = core;
  return 1;
}

void convoy_placement_apply(const convoy_placement *placement, pthread_t thread) {
  cpu_set_t others = placement->cores;
  CPU_CLR(placement->noted, &others);
  if (CPU_COUNT(&others) > 0)
    pthread_setaffinity_np(thread, sizeof others, &others);
}

#else

struct convoy_placement {
  int unused;
};

convoy_placement *convoy_placement_create(void) { return NULL; }
int convoy_placement_note(convoy_placement *placement) { return placement != NULL; }
void convoy_placement_apply(const convoy_placement *placement, pthread_t thread) {
  (void)placement;
  (void)thread;
}

#endif

void convoy_placement_destroy(convoy_placement *placement) { free(placement); }
