/* What kernels compiled by Halide without its runtime refer to. Weak and hidden: each module carries them, and modules
 * linked into one program don't see each other's. Halide's user context is the convoy_context. */
#include "runtime/ops/ops.h"

#define CONVOY_SHIM __attribute__((weak, visibility("hidden")))

typedef int (*halide_task)(void *context, int i, uint8_t *closure);
typedef int (*convoy_task)(convoy_context *context, int i, uint8_t *closure);

CONVOY_SHIM int halide_do_task(void *user_context, halide_task task, int i, uint8_t *closure) {
  return task(user_context, i, closure);
}

/* The same bits as halide_task: a data pointer is passed where a context pointer is expected. */
static convoy_task as_convoy_task(halide_task task) {
  union {
    halide_task halide;
    convoy_task convoy;
  } either;
  either.halide = task;
  return either.convoy;
}

CONVOY_SHIM int halide_do_par_for(void *user_context, halide_task task, int begin, int count, uint8_t *closure) {
  convoy_context *context = (convoy_context *)user_context;
  if (count > 1 && context->parallel_for)
    return context->parallel_for(context, as_convoy_task(task), begin, count, closure);
  for (int i = 0; i < count; ++i) {
    int status = task(user_context, begin + i, closure);
    if (status)
      return status;
  }
  return 0;
}

/* A block of scratch is its bytes, rounded up, then one of these in CONVOY_SCRATCH_OVERHEAD bytes. Halide frees
 * allocations early, so not always in reverse order: a freed block below a live one stays until that is freed. */
typedef struct block_end {
  size_t start; /* offset in scratch */
  size_t freed;
} block_end;

static block_end *block_end_at(const convoy_context *context, size_t end) {
  return (block_end *)(void *)((unsigned char *)context->scratch + end - CONVOY_SCRATCH_OVERHEAD);
}

CONVOY_SHIM void *halide_malloc(void *user_context, size_t bytes) {
  convoy_context *context = (convoy_context *)user_context;
  size_t start = context->scratch_used;
  size_t rounded = (bytes + CONVOY_ALIGNMENT - 1) / CONVOY_ALIGNMENT * CONVOY_ALIGNMENT;
  size_t room = context->scratch_bytes - start;
  if (rounded < bytes || rounded > room || room - rounded < CONVOY_SCRATCH_OVERHEAD)
    return NULL;
  context->scratch_used = start + rounded + CONVOY_SCRATCH_OVERHEAD;
  block_end *end = block_end_at(context, context->scratch_used);
  end->start = start;
  end->freed = 0;
  return (unsigned char *)context->scratch + start;
}

CONVOY_SHIM void halide_free(void *user_context, void *pointer) {
  convoy_context *context = (convoy_context *)user_context;
  if (!pointer)
    return;
  size_t start = (size_t)((unsigned char *)pointer - (unsigned char *)context->scratch);
  size_t at = context->scratch_used;
  while (at > start) {
    block_end *end = block_end_at(context, at);
    if (end->start == start) {
      end->freed = 1;
      break;
    }
    at = end->start;
  }
  while (context->scratch_used && block_end_at(context, context->scratch_used)->freed)
    context->scratch_used = block_end_at(context, context->scratch_used)->start;
}

CONVOY_SHIM void halide_error(void *user_context, const char *message) {
  convoy_context *context = (convoy_context *)user_context;
  if (context->error)
    context->error(context, message);
}
