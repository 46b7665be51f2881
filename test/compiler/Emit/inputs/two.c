/* Runs two static modules, as a program without Convoy's runtime would. */
#include "libone.h"
#include "two-2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(convoy_context *context, const char *message) {
  (void)context;
  printf("%s\n", message);
}

static void *aligned(size_t bytes) {
  char *memory = malloc(bytes + CONVOY_ALIGNMENT);
  return memory + (CONVOY_ALIGNMENT - (uintptr_t)memory % CONVOY_ALIGNMENT);
}

static convoy_status run(const convoy_module *module, int width) {
  float image[25], sums[9];
  convoy_context context;
  convoy_tensor input, output;
  memset(&context, 0, sizeof context);
  memset(&input, 0, sizeof input);
  memset(&output, 0, sizeof output);
  for (int i = 0; i < 25; ++i)
    image[i] = (float)(i + 1);
  context.size = sizeof context;
  context.error = complain;
  context.scratch_bytes = module->scratch_bytes;
  context.scratch = aligned(module->scratch_bytes);
  input.data = image;
  input.type = CONVOY_F32;
  input.rank = 4;
  input.dims[0] = input.dims[1] = 1;
  input.dims[2] = 5;
  input.dims[3] = width;
  output.data = sums;
  convoy_status status =
      module->run(&context, &input, &output, aligned(module->arena_bytes), module->arena_bytes, NULL);
  if (status)
    return status;
  printf("%s:", module->name);
  for (int i = 0; i < 9; ++i)
    printf(" %g", (double)sums[i]);
  printf("\n");
  return CONVOY_OK;
}

int main(void) {
  if (run(&one_convoy_module, 5) || run(&two_2_convoy_module, 5))
    return 1;
  return run(&one_convoy_module, 4) != CONVOY_INVALID_ARGUMENT;
}
