/* A module for a device, written by hand: x f32 [n, 4] -> y = 2 x + 1, and w f32 [4] = ten times its weights, which
 * `prepare` computes. Its kernels are PTX. */
#include <convoy/module.h>

#include <stddef.h>

#define HEAD ".version 7.0\n.target sm_80\n.address_size 64\n"

/* to[i] = from[i] * SCALE + SHIFT, for i below count: floats as eight hexadecimal digits */
#define AFFINE(NAME, SCALE, SHIFT)                                                                                     \
  ".visible .entry " NAME "(\n .param .u64 to,\n .param .u64 from,\n .param .u32 count\n)\n{\n"                        \
  " .reg .pred %p<2>;\n .reg .b32 %r<8>;\n .reg .b64 %rd<6>;\n"                                                        \
  " ld.param.b64 %rd1, [to];\n ld.param.b64 %rd2, [from];\n ld.param.b32 %r1, [count];\n"                              \
  " mov.u32 %r2, %ctaid.x;\n mov.u32 %r3, %tid.x;\n shl.b32 %r4, %r2, 5;\n add.s32 %r5, %r4, %r3;\n"                   \
  " setp.ge.u32 %p1, %r5, %r1;\n @%p1 bra $L__END;\n mul.wide.u32 %rd3, %r5, 4;\n"                                     \
  " add.s64 %rd4, %rd1, %rd3;\n add.s64 %rd5, %rd2, %rd3;\n ld.global.b32 %r6, [%rd5];\n"                              \
  " fma.rn.f32 %r7, %r6, 0f" SCALE ", 0f" SHIFT ";\n st.global.b32 [%rd4], %r7;\n$L__END:\n ret;\n}\n"

static const char twice[] = HEAD AFFINE("times_two", "40000000", "00000000");
static const char more[] = HEAD AFFINE("plus_one", "3F800000", "3F800000")
    AFFINE("times_ten", "41200000", "00000000") "//standin fault fault\n" AFFINE("fault", "3F800000", "00000000");
static const char no_code[] = "this is no PTX";
static const char assembled[] = "\x7f"
                                "ELF for sm_80";

static const float weights[16] __attribute__((aligned(64))) = {1, 2, 3, 4};

static const convoy_value inputs[] = {{"x", CONVOY_F32, 2, {-1, 4}}};
static const convoy_value outputs[] = {{"y", CONVOY_F32, 2, {-1, 4}}, {"w", CONVOY_F32, 1, {4}}};
static const convoy_value static_inputs[] = {{"x", CONVOY_F32, 2, {3, 4}}};
static const convoy_value static_outputs[] = {{"y", CONVOY_F32, 2, {3, 4}}, {"w", CONVOY_F32, 1, {4}}};
static const char *const symbols[] = {"n"};
static const convoy_launch launches[] = {
    {"double", "times_two", "plain", "doubled", 4, 32, 0, 16, 0, CONVOY_F32, ""},
    {"add", "plus_one", "plain", "y", 4, 32, 0, 16, 0, CONVOY_F32, ""},
};

static size_t rounded(int64_t rows) { return ((size_t)rows * 16 + 63) / 64 * 64; }

static convoy_status plan(convoy_context *context, const convoy_tensor *x, convoy_tensor *y, convoy_plan *plan) {
  (void)context;
  y[0] = *x;
  y[0].data = NULL;
  y[0].device = CONVOY_HOST;
  y[1].type = CONVOY_F32;
  y[1].rank = 1;
  y[1].dims[0] = 4;
  plan->arena_bytes = 2 * rounded(x->dims[0]);
  plan->host_arena_bytes = 2 * rounded(x->dims[0]);
  return CONVOY_OK;
}

/* A kernel over `count` numbers. */
typedef struct call {
  const char *image, *cubin, *entry;
  void *to;
  const void *from;
  uint32_t count, shared_bytes;
  uint32_t rows; /* of blocks; 0: 1 */
} call;

static int launch(convoy_context *context, const call *c) {
  convoy_device_launch launch = {0};
  void *arguments[] = {(void *)&c->to, (void *)&c->from, (void *)&c->count, NULL};
  launch.image = c->image;
  launch.cubin = c->cubin;
  launch.cubin_capability = 80;
  launch.entry = c->entry;
  launch.blocks[0] = (c->count + 31) / 32;
  launch.blocks[1] = c->rows ? c->rows : 1;
  launch.blocks[2] = 1;
  launch.threads[0] = 32;
  launch.threads[1] = launch.threads[2] = 1;
  launch.shared_bytes = c->shared_bytes;
  launch.arguments = arguments;
  return context->device->launch(context, &launch);
}

static int step(convoy_context *context, int32_t number, const call *c) {
  if (context->profile)
    context->profile(context, number, 0);
  int status = launch(context, c);
  if (context->profile)
    context->profile(context, number, 1);
  if (!status && context->observe) {
    convoy_tensor result = {c->to, {c->count / 4, 4}, {4, 1}, 2, CONVOY_F32, CONVOY_CUDA};
    context->observe(context, number, &result);
  }
  return status;
}

static convoy_status prepare(convoy_context *context, void *prepared) {
  call c = {more, NULL, "times_ten", prepared, context->device_weights, 4, 0, 0};
  return (convoy_status)launch(context, &c);
}

/* How the second step is done. */
typedef enum variant { PLAIN, ON_HOST, FAULTY, GREEDY, NO_CODE, NO_ENTRY, WIDE, ASSEMBLED, BY_COPY } variant;

/* The same on the host: a library call. Before it a copy on the host takes its turn, or all is waited for. */
static int add_on_host(convoy_context *context, variant how, float *numbers, uint32_t count) {
  const convoy_device_functions *device = context->device;
  float *host = context->host_arena;
  context->profile(context, 1, 0);
  float *first = how == BY_COPY ? host + count : host;
  int status = device->copy(context, first, CONVOY_HOST, numbers, CONVOY_CUDA, (size_t)count * 4);
  if (!status)
    status = how == BY_COPY ? device->copy(context, host, CONVOY_HOST, first, CONVOY_HOST, (size_t)count * 4)
                            : device->synchronize(context);
  for (uint32_t i = 0; !status && i < count; ++i)
    host[i] += 1;
  if (!status)
    status = device->copy(context, numbers, CONVOY_CUDA, host, CONVOY_HOST, (size_t)count * 4);
  context->profile(context, 1, 1);
  return status;
}

static int second_step(convoy_context *context, variant how, float *to, float *from, uint32_t count) {
  static const struct {
    const char *image, *cubin, *entry;
    uint32_t shared_bytes, rows;
  } code[] = {
      [PLAIN] = {more, NULL, "plus_one", 100 << 10, 0},     [FAULTY] = {more, NULL, "fault", 0, 0},
      [GREEDY] = {more, NULL, "plus_one", 200 << 10, 0},    [NO_CODE] = {no_code, NULL, "none", 0, 0},
      [NO_ENTRY] = {more, NULL, "missing", 0, 0},           [WIDE] = {more, NULL, "plus_one", 0, 70000},
      [ASSEMBLED] = {no_code, assembled, "plus_one", 0, 0},
  };
  if (how == ON_HOST || how == BY_COPY) {
    int status = context->device->copy(context, to, CONVOY_CUDA, from, CONVOY_CUDA, (size_t)count * 4);
    return status ? status : add_on_host(context, how, to, count);
  }
  call c = {code[how].image, code[how].cubin, code[how].entry, to, from, count, code[how].shared_bytes, code[how].rows};
  return step(context, 1, &c);
}

static convoy_status run_as(variant how, convoy_context *context, const convoy_tensor *x, convoy_tensor *y, void *arena,
                            const void *prepared) {
  const convoy_device_functions *device = context->device;
  uint32_t count = (uint32_t)x->dims[0] * 4;
  float *first = arena, *second = (float *)(void *)((char *)arena + rounded(x->dims[0]));
  call two = {twice, NULL, "times_two", second, first, count, 0, 0};
  int status = device->copy(context, first, CONVOY_CUDA, x->data, x->device, (size_t)count * 4);
  if (!status)
    status = step(context, 0, &two);
  if (!status)
    status = second_step(context, how, first, second, count);
  if (!status)
    status = device->copy(context, y[0].data, y[0].device, first, CONVOY_CUDA, (size_t)count * 4);
  if (!status)
    status = device->copy(context, y[1].data, y[1].device, prepared, CONVOY_CUDA, 16);
  if (status && context->error)
    context->error(context, "a layer failed"); /* as generated code does, whatever the device said */
  return status ? CONVOY_KERNEL_FAILED : CONVOY_OK;
}

#define RUN(name, how)                                                                                                 \
  static convoy_status name(convoy_context *context, const convoy_tensor *x, convoy_tensor *y, void *arena,            \
                            size_t arena_bytes, const void *prepared) {                                                \
    (void)arena_bytes;                                                                                                 \
    return run_as(how, context, x, y, arena, prepared);                                                                \
  }
RUN(run_plain, PLAIN)
RUN(run_on_host, ON_HOST)
RUN(run_faulty, FAULTY)
RUN(run_greedy, GREEDY)
RUN(run_no_code, NO_CODE)
RUN(run_no_entry, NO_ENTRY)
RUN(run_wide, WIDE)
RUN(run_assembled, ASSEMBLED)
RUN(run_by_copy, BY_COPY)

#define TABLE(run_function, host_call_count, symbols_or_not, arena_or_not, x, y)                                       \
  {.magic = CONVOY_MAGIC,                                                                                              \
   .abi_version = CONVOY_ABI_VERSION,                                                                                  \
   .size = sizeof(convoy_module),                                                                                      \
   .name = "hand",                                                                                                     \
   .target = "x86-64-cuda",                                                                                            \
   .compiler = "by hand",                                                                                              \
   .input_count = 1,                                                                                                   \
   .output_count = 2,                                                                                                  \
   .symbol_count = symbols_or_not,                                                                                     \
   .launch_count = 2,                                                                                                  \
   .inputs = x,                                                                                                        \
   .outputs = y,                                                                                                       \
   .symbols = symbols,                                                                                                 \
   .launches = launches,                                                                                               \
   .weights = weights,                                                                                                 \
   .weight_bytes = sizeof weights,                                                                                     \
   .prepared_bytes = 64,                                                                                               \
   .arena_bytes = arena_or_not,                                                                                        \
   .plan = plan,                                                                                                       \
   .prepare = prepare,                                                                                                 \
   .run = run_function,                                                                                                \
   .device = CONVOY_CUDA,                                                                                              \
   .device_capability = 80,                                                                                            \
   .device_scratch_bytes = 256,                                                                                        \
   .host_calls = host_call_count}

/* In a library the table's symbol has the name of its type, which C can't say. */
#ifdef DEVICE_SYMBOL
extern const convoy_module device_module __asm__(DEVICE_SYMBOL);
#else
extern const convoy_module device_module;
#endif
extern const convoy_module device_module_static, device_module_on_host, device_module_faulty, device_module_greedy,
    device_module_no_code, device_module_no_entry, device_module_wide, device_module_assembled, device_module_by_copy;
const convoy_module device_module = TABLE(run_plain, 0, 1, 0, inputs, outputs);
const convoy_module device_module_static = TABLE(run_plain, 0, 0, 128, static_inputs, static_outputs);
const convoy_module device_module_on_host = TABLE(run_on_host, 1, 1, 0, inputs, outputs);
const convoy_module device_module_faulty = TABLE(run_faulty, 0, 1, 0, inputs, outputs);
const convoy_module device_module_greedy = TABLE(run_greedy, 0, 1, 0, inputs, outputs);
const convoy_module device_module_no_code = TABLE(run_no_code, 0, 1, 0, inputs, outputs);
const convoy_module device_module_no_entry = TABLE(run_no_entry, 0, 1, 0, inputs, outputs);
const convoy_module device_module_wide = TABLE(run_wide, 0, 1, 0, inputs, outputs);
const convoy_module device_module_assembled = TABLE(run_assembled, 0, 1, 0, inputs, outputs);
const convoy_module device_module_by_copy = TABLE(run_by_copy, 1, 1, 0, inputs, outputs);
