/* The shortest way to use a compiled network: classify MODULE < NUMBERS
 *
 * NUMBERS are the elements of the input, 32-bit floats as they lie in memory. Prints the likeliest class. */
#include <convoy/runtime.h>

#include <stdio.h>
#include <stdlib.h>

static int run(convoy_session *session, const convoy_module *module, convoy_error *error) {
  const convoy_value *input = &module->inputs[0];
  convoy_tensor x = {.type = input->type, .rank = input->rank}, y = {0};
  for (int i = 0; i < input->rank; ++i)
    x.dims[i] = input->dims[i] < 0 ? 1 : input->dims[i]; /* negative: symbolic, for example the batch */
  size_t bytes = convoy_tensor_bytes(&x);
  x.data = malloc(bytes);
  if (!x.data || fread(x.data, 1, bytes, stdin) != bytes) {
    snprintf(error->message, sizeof error->message, "%zu bytes of input are wanted", bytes);
    free(x.data);
    return 0;
  }
  int ran = convoy_session_run(session, &x, &y, error) == CONVOY_OK;
  if (ran) {
    const float *scores = y.data; /* of the session */
    size_t best = 0, count = convoy_tensor_bytes(&y) / sizeof *scores;
    for (size_t i = 1; i < count; ++i)
      if (scores[i] > scores[best])
        best = i;
    printf("class %zu: %g\n", best, count ? scores[best] : 0);
  }
  free(x.data);
  return ran;
}

int main(int count, char **arguments) {
  convoy_library *library = NULL;
  convoy_session *session = NULL;
  convoy_error error = {"usage: classify MODULE < NUMBERS"};
  int ran = count == 2 && !convoy_library_open(arguments[1], &library, &error) &&
            !convoy_session_create(convoy_library_module(library), NULL, &session, &error) &&
            run(session, convoy_library_module(library), &error);
  if (!ran)
    fprintf(stderr, "%s\n", error.message);
  convoy_session_destroy(session);
  convoy_library_close(library);
  return !ran;
}
