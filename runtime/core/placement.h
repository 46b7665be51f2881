/* Keeps workers off the core of the thread that gave them work.
 *
 * Some kernels (seen on virtual machines without a description of shared caches) wake a thread on the core of its
 * waker, however busy that is, and leave it there: the worker then waits for the caller, and nothing is gained.
 */
#ifndef CONVOY_RUNTIME_CORE_PLACEMENT_H
#define CONVOY_RUNTIME_CORE_PLACEMENT_H

#include <pthread.h>

typedef struct convoy_placement convoy_placement;

/* Remembers the cores of the calling thread, which its new threads inherit. Null where cores can't be chosen. */
convoy_placement *convoy_placement_create(void);
void convoy_placement_destroy(convoy_placement *placement);

/* Whether the caller has moved to another core since the last convoy_placement_note, which notes its core. */
int convoy_placement_note(convoy_placement *placement);

/* Moves `thread` off the noted core, if it may run on others. */
void convoy_placement_apply(const convoy_placement *placement, pthread_t thread);

#endif
