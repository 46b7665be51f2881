/* What the sources of this folder share. */
#ifndef CONVOY_RUNTIME_CORE_INTERNAL_H
#define CONVOY_RUNTIME_CORE_INTERNAL_H

#include <convoy/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CONVOY_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#else
#define CONVOY_PRINTF(text, arguments)
#endif

/* Writes the message, if there is somewhere to write it, and returns `status`. */
convoy_status convoy_fail(convoy_error *error, convoy_status status, const char *format, ...) CONVOY_PRINTF(3, 4);

/* Memory aligned to CONVOY_ALIGNMENT, large pieces to huge pages; null when there is none. Free with free(). */
void *convoy_allocate(size_t bytes);

/* Seconds of a clock that only goes forward. */
double convoy_seconds(void);

/* Cores that the text of a cpu.max file ("150000 100000": microseconds in each period) amounts to, rounded up; 0 if it
 * sets no limit. */
int32_t convoy_quota_cores(const char *text);

/* Whether the file is an ELF shared library whose segments all lie within it: mapping a truncated one kills the
 * process. True on systems with another format. */
convoy_status convoy_check_elf(const char *path, convoy_error *error);

/* ---- The pool ---- */

typedef int (*convoy_task)(convoy_context *worker, int i, uint8_t *closure);

/* Tasks [begin, begin + count) of one parallel_for. */
typedef struct convoy_work {
  convoy_task task;
  uint8_t *closure;
  int begin, count;
  int threads;             /* at most so many, the caller included */
  convoy_context *context; /* of the caller; copied for each thread */
  unsigned char *scratch;  /* slice number w, from 1, belongs to worker w of the pool */
  size_t slice_bytes;
} convoy_work;

/* Runs all tasks and returns the first status that is not 0, or 0. Any thread, within tasks too. */
int convoy_pool_run(convoy_pool *pool, const convoy_work *work);

/* Around a stretch of time in which the calling thread posts work: it counts as awake. */
void convoy_pool_enter(void);
void convoy_pool_leave(void);

#ifdef __cplusplus
}
#endif

#endif
