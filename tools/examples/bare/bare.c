/* A network without Convoy's runtime: bare MODULE < NUMBERS > NUMBERS
 *
 * Needs module.h, the module and nothing else. Everything that a run asks for is given here: an arena, scratch, and
 * memory for the results; without `parallel_for` the run is serial. 32-bit floats in, 32-bit floats out. */
#include <convoy/module.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void say(convoy_context *context, const char *message) {
  (void)context;
  fprintf(stderr, "bare: %s\n", message);
}

static int fail(const char *message) {
  say(NULL, message);
  return 1;
}

static void *aligned(size_t bytes) {
  return aligned_alloc(CONVOY_ALIGNMENT, (bytes / CONVOY_ALIGNMENT + 1) * CONVOY_ALIGNMENT);
}

static size_t count_of(const convoy_tensor *tensor) {
  size_t count = 1;
  for (int i = 0; i < tensor->rank; ++i)
    count *= (size_t)tensor->dims[i];
  return count;
}

/* One input and one output of floats; symbolic dimensions are 1. */
static int run(const convoy_module *module) {
  const convoy_value *value = &module->inputs[0];
  convoy_context context = {.size = sizeof context, .error = say};
  convoy_tensor input = {.type = value->type, .rank = value->rank}, output = {0};
  convoy_plan plan;
  for (int i = 0; i < value->rank; ++i)
    input.dims[i] = value->dims[i] < 0 ? 1 : value->dims[i];
  if (module->plan(&context, &input, &output, &plan))
    return 1;

  context.scratch_bytes = module->scratch_bytes;
  context.scratch = aligned(module->scratch_bytes);
  void *arena = aligned(plan.arena_bytes), *prepared = aligned(module->prepared_bytes);
  input.data = aligned(count_of(&input) * sizeof(float));
  output.data = aligned(count_of(&output) * sizeof(float));
  if (fread(input.data, sizeof(float), count_of(&input), stdin) != count_of(&input))
    return fail("the input is too short");
  if (module->prepared_bytes && module->prepare(&context, prepared))
    return 1;
  if (module->run(&context, &input, &output, arena, plan.arena_bytes, prepared))
    return 1;
  return fwrite(output.data, sizeof(float), count_of(&output), stdout) != count_of(&output);
}

int main(int count, char **arguments) {
  void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  const convoy_module *module = library ? dlsym(library, "convoy_module") : NULL;
  if (!module)
    return fail("usage: bare MODULE < NUMBERS > NUMBERS");
  if (module->magic != CONVOY_MAGIC || module->abi_version != CONVOY_ABI_VERSION)
    return fail("this is no module, or one of another version");
  if (!module->supported())
    return fail("this processor can't run the module");
  if (module->input_count != 1 || module->output_count != 1 || module->inputs[0].type != CONVOY_F32)
    return fail("not one input and one output of floats");
  return run(module);
}
