/* A module written by hand: x f32 [n, 4] -> y = 2 x + 1, one task a row. Each task fills its scratch and looks later
 * whether somebody else wrote there. Compiled into the tests, and into libraries with something wrong each. */
#include <convoy/module.h>

#ifndef SMALL_MAGIC
#define SMALL_MAGIC CONVOY_MAGIC
#endif
#ifndef SMALL_ABI
#define SMALL_ABI CONVOY_ABI_VERSION
#endif
#ifndef SMALL_SUPPORTED
#define SMALL_SUPPORTED 1
#endif

#define SCRATCH_BYTES 4096

static const convoy_value inputs[] = {{"x", CONVOY_F32, 2, {-1, 4}}};
static const convoy_value outputs[] = {{"y", CONVOY_F32, 2, {-1, 4}}};
static const char *const symbols[] = {"n"};
static const convoy_launch launches[] = {
    {"double", "times_two", "plain", "doubled", 4, 32, 0, 16, 0, CONVOY_F32, ""},
    {"add", "plus_one", "plain", "y", 4, 32, 0, 16, 0, CONVOY_F32, ""},
};

static int supported(void) { return SMALL_SUPPORTED; }

static void report(convoy_context *context, const char *message) {
  if (context->error)
    context->error(context, message);
}

static convoy_status plan(convoy_context *context, const convoy_tensor *x, convoy_tensor *y, convoy_plan *plan) {
  if (x->dims[1] != 4) {
    report(context, "input 'x': dimension 1 must be 4");
    return CONVOY_INVALID_ARGUMENT;
  }
  y->type = CONVOY_F32;
  y->rank = 2;
  y->dims[0] = x->dims[0];
  y->dims[1] = 4;
  plan->arena_bytes = (size_t)x->dims[0] * 16;
  return CONVOY_OK;
}

typedef struct closure {
  const float *from;
  float *to;
  int add;
} closure;

/* A row that begins with this number fails. */
#define POISON 1e30f

static int task(convoy_context *worker, int i, uint8_t *data) {
  const closure *c = (const closure *)(void *)data;
  volatile int *scratch = worker->scratch;
  if (worker->scratch_bytes < SCRATCH_BYTES || (uintptr_t)worker->scratch % CONVOY_ALIGNMENT || worker->scratch_used)
    return CONVOY_KERNEL_FAILED;
  for (int k = 0; k < SCRATCH_BYTES / 4; ++k)
    scratch[k] = i;
  if (c->from[4 * i] == POISON) {
    report(worker, "a poisoned row");
    return CONVOY_KERNEL_FAILED;
  }
  for (int k = 0; k < 4; ++k)
    c->to[4 * i + k] = c->add ? c->from[4 * i + k] + 1 : c->from[4 * i + k] * 2;
  for (int k = 0; k < SCRATCH_BYTES / 4; ++k)
    if (scratch[k] != i)
      return CONVOY_KERNEL_FAILED;
  return 0;
}

static int launch(convoy_context *context, int number, closure *c, int64_t rows) {
  int status = 0;
  if (context->profile)
    context->profile(context, number, 0);
  if (context->parallel_for)
    status = context->parallel_for(context, task, 0, (int)rows, (uint8_t *)c);
  else
    for (int i = 0; i < (int)rows && !status; ++i)
      status = task(context, i, (uint8_t *)c);
  if (context->profile)
    context->profile(context, number, 1);
  if (!status && context->observe) {
    convoy_tensor result = {c->to, {rows, 4}, {4, 1}, 2, CONVOY_F32, CONVOY_HOST};
    context->observe(context, number, &result);
  }
  return status;
}

static convoy_status run(convoy_context *context, const convoy_tensor *x, convoy_tensor *y, void *arena,
                         size_t arena_bytes, const void *prepared) {
  int64_t rows = x->dims[0];
  closure twice = {x->data, arena, 0}, plus = {arena, y->data, 1};
  if (arena_bytes < (size_t)rows * 16 || prepared)
    return CONVOY_NEEDS_MEMORY;
  int status = launch(context, 0, &twice, rows);
  if (!status)
    status = launch(context, 1, &plus, rows);
#ifdef SMALL_DRIFTS /* Each run gives something else. */
  static float drift;
  *(float *)y->data += drift++;
#endif
  return (convoy_status)status;
}

/* In a library the table's symbol has the name of its type, which C can't say. */
#ifdef SMALL_SYMBOL
extern const convoy_module small_module __asm__(SMALL_SYMBOL);
#else
extern const convoy_module small_module;
#endif
const convoy_module small_module = {
    .magic = SMALL_MAGIC,
    .abi_version = SMALL_ABI,
    .size = sizeof(convoy_module),
    .name = "small",
    .target = "x86-64",
    .compiler = "by hand",
    .input_count = 1,
    .output_count = 1,
    .symbol_count = 1,
    .launch_count = 2,
    .inputs = inputs,
    .outputs = outputs,
    .symbols = symbols,
    .launches = launches,
    .scratch_bytes = SCRATCH_BYTES,
    .supported = supported,
    .plan = plan,
    .run = run,
};
