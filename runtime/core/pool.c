/* The thread pool.
 *
 * Each parallel_for takes a slot of the pool, opens it, and works on its tasks. Workers look through the slots and join
 * those that are open. When the caller finds no task left it closes the slot, and waits for the workers inside it. A
 * caller never takes up other work while it waits, and whom it waits for is running tasks, so nested and concurrent
 * calls always end. With no slot free a call runs on its thread alone.
 *
 * The tasks are cut into as many parts as threads may take part. A thread begins with the part that is its own by its
 * number, from the front, and helps with the others', from the back, when that is done: kernel after kernel the same
 * rows of images are on the same core, in its caches, as long as nobody is late.
 */
#define _GNU_SOURCE
#include "runtime/core/internal.h"
#include "runtime/core/placement.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 32
#define PARTS 16

/* State of a slot. Low 16 bits: workers inside. Next 12: workers that may still join. */
#define INSIDE_MASK 0xffffu
#define JOIN_ONE 0x10000u
#define JOIN_MASK 0xfff0000u
#define TAKEN 0x10000000u
#define OPEN 0x20000000u
#define CALLER_SLEEPS 0x40000000u

/* So long a worker without work looks for some, and a caller looks whether its workers are done, before they sleep:
 * what kernels that don't run in parallel take between others, because to wake a thread costs as much as a small
 * kernel. After the first part of that time they offer their core to others while they look. */
#define SPIN_SECONDS 1e-3
#define SPIN_ALONE_SECONDS 100e-6

/* Tasks that nobody has taken yet: the first in the low half, the end in the high one. */
typedef struct part {
  _Alignas(64) _Atomic uint64_t left;
} part;

typedef struct slot {
  _Alignas(64) _Atomic unsigned state;
  convoy_work work; /* constant while the slot is open or a worker is inside, like `parts` */
  int parts;
  _Alignas(64) _Atomic int status;
  part part[PARTS];
} slot;

typedef struct worker {
  convoy_pool *pool;
  int number; /* from 1 */
  pthread_t thread;
} worker;

struct convoy_pool {
  _Alignas(64) _Atomic unsigned epoch; /* counts posts; what idle workers look at */
  _Alignas(64) _Atomic int sleeping;
  _Atomic int stop;
  int worker_count;
  worker *workers;
  pthread_mutex_t mutex;
  pthread_cond_t posted;       /* workers sleep here */
  pthread_cond_t finished;     /* callers sleep here */
  convoy_placement *placement; /* under the mutex; may be null */
  int waking;                  /* sleepers that were signalled and have not run yet; under the mutex */
  slot slots[SLOTS];
};

/* Threads of the process that run sessions or tasks, or look for tasks. */
static _Atomic int awake;
static _Atomic int cores;

static int core_count(void) {
  int count = atomic_load_explicit(&cores, memory_order_relaxed);
  if (!count) {
    count = convoy_cores();
    atomic_store_explicit(&cores, count, memory_order_relaxed);
  }
  return count;
}

static int crowded(void) { return atomic_load_explicit(&awake, memory_order_relaxed) > core_count(); }

void convoy_pool_enter(void) { atomic_fetch_add_explicit(&awake, 1, memory_order_relaxed); }

void convoy_pool_leave(void) { atomic_fetch_sub_explicit(&awake, 1, memory_order_relaxed); }

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* ---- Tasks ---- */

static uint64_t tasks_from_to(int begin, int end) { return (uint64_t)(unsigned)end << 32 | (unsigned)begin; }

static void share_out(slot *s) {
  int threads = s->work.threads < PARTS ? s->work.threads : PARTS;
  s->parts = s->work.count < threads ? s->work.count : threads;
  int64_t count = s->work.count;
  for (int i = 0; i < s->parts; ++i)
    atomic_store_explicit(&s->part[i].left,
                          tasks_from_to((int)(count * i / s->parts), (int)(count * (i + 1) / s->parts)),
                          memory_order_relaxed);
}

/* A task of the part, or -1. */
static int take_task(part *p, int from_back) {
  uint64_t left = atomic_load_explicit(&p->left, memory_order_relaxed);
  for (;;) {
    int begin = (int)(left & 0xffffffffu), end = (int)(left >> 32);
    if (begin >= end)
      return -1;
    uint64_t rest = from_back ? tasks_from_to(begin, end - 1) : tasks_from_to(begin + 1, end);
    if (atomic_compare_exchange_weak_explicit(&p->left, &left, rest, memory_order_relaxed, memory_order_relaxed))
      return from_back ? end - 1 : begin;
  }
}

static void fail_tasks(slot *s, int status) {
  int none = 0;
  atomic_compare_exchange_strong_explicit(&s->status, &none, status, memory_order_relaxed, memory_order_relaxed);
  for (int i = 0; i < s->parts; ++i)
    atomic_store_explicit(&s->part[i].left, 0, memory_order_relaxed);
}

/* Thread 0 is the caller, worker w is thread w. */
static void run_tasks(slot *s, convoy_context *context, int thread) {
  const convoy_work *work = &s->work;
  int threads = work->threads > 0 ? work->threads : 1;
  int own = (int)((int64_t)(thread % threads) * s->parts / threads);
  for (int k = 0; k < s->parts; ++k) {
    part *p = &s->part[(own + k) % s->parts];
    for (int i = take_task(p, k > 0); i >= 0; i = take_task(p, k > 0)) {
      int status = work->task(context, work->begin + i, work->closure);
      if (status) {
        fail_tasks(s, status);
        return;
      }
    }
  }
}

static int run_serially(const convoy_work *work) {
  for (int i = 0; i < work->count; ++i) {
    int status = work->task(work->context, work->begin + i, work->closure);
    if (status)
      return status;
  }
  return 0;
}

/* ---- Workers ---- */

static int try_join(slot *s) {
  unsigned state = atomic_load_explicit(&s->state, memory_order_relaxed);
  while ((state & OPEN) && (state & JOIN_MASK))
    if (atomic_compare_exchange_weak_explicit(&s->state, &state, state - JOIN_ONE + 1, memory_order_acquire,
                                              memory_order_relaxed))
      return 1;
  return 0;
}

static void leave(convoy_pool *pool, slot *s) {
  unsigned before = atomic_fetch_sub_explicit(&s->state, 1, memory_order_acq_rel);
  if ((before & CALLER_SLEEPS) && (before & INSIDE_MASK) == 1) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->finished);
    pthread_mutex_unlock(&pool->mutex);
  }
}

static int help(worker *self) {
  int helped = 0;
  for (slot *s = self->pool->slots; s != self->pool->slots + SLOTS; ++s) {
    if (!try_join(s))
      continue;
    convoy_context context = *s->work.context;
    context.scratch = s->work.scratch + s->work.slice_bytes * (size_t)self->number;
    context.scratch_used = 0;
    run_tasks(s, &context, self->number);
    leave(self->pool, s);
    helped = 1;
  }
  return helped;
}

/* Returns when there may be work, or after a while. */
static void spin(convoy_pool *pool, unsigned epoch) {
  double start = convoy_seconds();
  while (!crowded()) {
    for (int i = 0; i < 64; ++i) {
      if (atomic_load_explicit(&pool->epoch, memory_order_acquire) != epoch)
        return;
      relax();
    }
    double waited = convoy_seconds() - start;
    if (waited > SPIN_SECONDS)
      return;
    if (waited > SPIN_ALONE_SECONDS)
      sched_yield();
  }
}

/* Whoever signals a sleeper counts it as awake from then on. */
static void sleep_until_posted(convoy_pool *pool, unsigned epoch) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleeping, 1);
  convoy_pool_leave();
  if (atomic_load(&pool->epoch) == epoch && !atomic_load(&pool->stop)) {
    while (!pool->waking && !atomic_load(&pool->stop))
      pthread_cond_wait(&pool->posted, &pool->mutex);
  }
  if (pool->waking) {
    --pool->waking;
  } else {
    atomic_fetch_sub(&pool->sleeping, 1);
    convoy_pool_enter();
  }
  pthread_mutex_unlock(&pool->mutex);
}

static void *work_until_stopped(void *argument) {
  worker *self = argument;
  convoy_pool *pool = self->pool;
  while (!atomic_load_explicit(&pool->stop, memory_order_acquire)) {
    unsigned epoch = atomic_load(&pool->epoch);
    if (help(self))
      continue;
    spin(pool, epoch);
    if (atomic_load(&pool->epoch) == epoch)
      sleep_until_posted(pool, epoch);
  }
  convoy_pool_leave();
  return NULL;
}

/* ---- Callers ---- */

static slot *take_slot(convoy_pool *pool) {
  for (slot *s = pool->slots; s != pool->slots + SLOTS; ++s) {
    unsigned free_state = 0;
    if (atomic_load_explicit(&s->state, memory_order_relaxed) == 0 &&
        atomic_compare_exchange_strong_explicit(&s->state, &free_state, TAKEN, memory_order_acquire,
                                                memory_order_relaxed))
      return s;
  }
  return NULL;
}

/* Wakes as many sleepers as there is work and room for. */
static void wake(convoy_pool *pool, int wanted) {
  int room = core_count() - atomic_load_explicit(&awake, memory_order_relaxed);
  if (room <= 0)
    return;
  pthread_mutex_lock(&pool->mutex);
  if (pool->placement && convoy_placement_note(pool->placement))
    for (int i = 0; i < pool->worker_count; ++i)
      convoy_placement_apply(pool->placement, pool->workers[i].thread);
  int count = atomic_load(&pool->sleeping);
  if (count > wanted)
    count = wanted;
  if (count > room)
    count = room;
  atomic_fetch_sub(&pool->sleeping, count);
  pool->waking += count;
  for (int i = 0; i < count; ++i) {
    convoy_pool_enter();
    pthread_cond_signal(&pool->posted);
  }
  pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(convoy_pool *pool, slot *s) {
  double start = 0;
  for (int round = 0; atomic_load_explicit(&s->state, memory_order_acquire) & INSIDE_MASK; ++round) {
    relax();
    if (round % 64 != 63)
      continue;
    if (start == 0)
      start = convoy_seconds();
    double waited = convoy_seconds() - start;
    if (crowded() || waited > SPIN_SECONDS)
      break;
    if (waited > SPIN_ALONE_SECONDS)
      sched_yield();
  }
  if (!(atomic_load_explicit(&s->state, memory_order_acquire) & INSIDE_MASK))
    return;
  pthread_mutex_lock(&pool->mutex);
  if (atomic_fetch_or(&s->state, CALLER_SLEEPS) & INSIDE_MASK)
    while (atomic_load(&s->state) & INSIDE_MASK)
      pthread_cond_wait(&pool->finished, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}

int convoy_pool_run(convoy_pool *pool, const convoy_work *work) {
  int helpers = work->threads - 1;
  if (helpers > work->count - 1)
    helpers = work->count - 1;
  if (helpers > pool->worker_count)
    helpers = pool->worker_count;
  slot *s = helpers > 0 ? take_slot(pool) : NULL;
  if (!s)
    return run_serially(work);
  s->work = *work;
  share_out(s);
  atomic_store_explicit(&s->status, 0, memory_order_relaxed);
  atomic_store_explicit(&s->state, TAKEN | OPEN | (unsigned)helpers * JOIN_ONE, memory_order_release);
  atomic_fetch_add(&pool->epoch, 1);
  if (atomic_load(&pool->sleeping) > 0)
    wake(pool, helpers);

  /* The caller's context stays as it is while workers copy it. */
  convoy_context own = *work->context;
  run_tasks(s, &own, 0);
  if (atomic_fetch_and_explicit(&s->state, ~OPEN, memory_order_acq_rel) & INSIDE_MASK)
    wait_for_workers(pool, s);
  int status = atomic_load_explicit(&s->status, memory_order_relaxed);
  atomic_store_explicit(&s->state, 0, memory_order_release);
  return status;
}

/* ---- Life ---- */

int32_t convoy_pool_threads(const convoy_pool *pool) { return pool->worker_count + 1; }

static void free_pool(convoy_pool *pool) {
  pthread_cond_destroy(&pool->finished);
  pthread_cond_destroy(&pool->posted);
  pthread_mutex_destroy(&pool->mutex);
  convoy_placement_destroy(pool->placement);
  free(pool->workers);
  free(pool);
}

convoy_status convoy_pool_create(int32_t threads, convoy_pool **result, convoy_error *error) {
  *result = NULL;
  if (threads == 0)
    threads = convoy_cores();
  if (threads < 1 || threads > 1024)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "a pool has from 1 to 1024 threads, not %d", (int)threads);
  convoy_pool *pool = convoy_allocate(sizeof *pool);
  worker *workers = calloc((size_t)threads, sizeof *workers);
  if (!pool || !workers) {
    free(pool);
    free(workers);
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a pool of %d threads", (int)threads);
  }
  memset(pool, 0, sizeof *pool);
  pool->workers = workers;
  pool->placement = convoy_placement_create();
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->posted, NULL);
  pthread_cond_init(&pool->finished, NULL);
  for (int i = 0; i < threads - 1; ++i) {
    workers[i].pool = pool;
    workers[i].number = i + 1;
    convoy_pool_enter();
    if (pthread_create(&workers[i].thread, NULL, work_until_stopped, &workers[i]) != 0) {
      convoy_pool_leave();
      convoy_pool_destroy(pool);
      return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "the system refuses to start thread %d of %d", i + 2,
                         (int)threads);
    }
    pool->worker_count = i + 1;
  }
  *result = pool;
  return CONVOY_OK;
}

void convoy_pool_destroy(convoy_pool *pool) {
  if (!pool)
    return;
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->stop, 1);
  atomic_fetch_add(&pool->epoch, 1);
  pthread_cond_broadcast(&pool->posted);
  pthread_mutex_unlock(&pool->mutex);
  for (int i = 0; i < pool->worker_count; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  free_pool(pool);
}
