/* A network as a program: runs the module that is appended to it. */
#include "tools/launcher/appended.h"

#include "runtime/data/npy.h"

#include <convoy/cuda.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef struct arguments {
  const char **inputs; /* FILE.npy by position of the input, null: not given */
  const char *output;
  int threads, runs, device, describe;
} arguments;

static int complain(const char *message) {
  fprintf(stderr, "error: %s\n", message);
  return 1;
}

/* ---- What the network wants ---- */

static void show_values(const convoy_module *module, const char *what, const convoy_value *values, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    printf("  %s %s: %s", what, values[i].name, convoy_type_name(values[i].type));
    for (int32_t d = 0; d < values[i].rank; ++d) {
      int64_t dim = values[i].dims[d];
      printf("%s", d ? "x" : " ");
      if (dim >= 0)
        printf("%lld", (long long)dim);
      else
        printf("%s", dim == INT64_MIN ? "?" : module->symbols[-1 - dim]);
    }
    printf("\n");
  }
}

static void describe(const convoy_module *module, const char *program) {
  printf("%s: the network '%s', compiled by Convoy %s for %s\n", program, module->name, module->compiler,
         module->target);
  show_values(module, "input ", module->inputs, module->input_count);
  show_values(module, "output", module->outputs, module->output_count);
  printf("usage: %s --input NAME=FILE.npy ... [--output FOLDER] [--threads N] [--runs N]%s\n", program,
         module->device == CONVOY_CUDA ? " [--device N]" : "");
}

/* ---- Arguments ---- */

static int set_input(const convoy_module *module, const char *text, arguments *given) {
  const char *equals = strchr(text, '=');
  char name[256] = "";
  size_t length = equals ? (size_t)(equals - text) : 0;
  if (length < sizeof name)
    memcpy(name, text, length);
  int32_t input = equals ? convoy_module_find_input(module, name) : module->input_count == 1 ? 0 : -1;
  if (input < 0) {
    fprintf(stderr, "error: --input %s: the network has no such input\n", text);
    return 1;
  }
  given->inputs[input] = equals ? equals + 1 : text;
  return 0;
}

static int set_number(const char *flag, const char *text, int least, int *number) {
  char *end;
  long value = strtol(text, &end, 10);
  if (!*text || *end || value < least || value > 1000000) {
    fprintf(stderr, "error: %s %s: not a number from %d on\n", flag, text, least);
    return 1;
  }
  *number = (int)value;
  return 0;
}

static int read_arguments(const convoy_module *module, int argc, char **argv, arguments *given) {
  given->describe = argc == 1;
  for (int i = 1; i < argc; ++i) {
    const char *flag = argv[i];
    if (strcmp(flag, "--help") == 0 || strcmp(flag, "-h") == 0) {
      given->describe = 1;
      continue;
    }
    if (i + 1 == argc) {
      fprintf(stderr, "error: %s: unknown, or its value is missing; see --help\n", flag);
      return 1;
    }
    const char *value = argv[++i];
    int failed = 1;
    if (strcmp(flag, "--input") == 0)
      failed = set_input(module, value, given);
    else if (strcmp(flag, "--output") == 0)
      failed = 0, given->output = value;
    else if (strcmp(flag, "--threads") == 0)
      failed = set_number(flag, value, 1, &given->threads);
    else if (strcmp(flag, "--runs") == 0)
      failed = set_number(flag, value, 1, &given->runs);
    else if (strcmp(flag, "--device") == 0 && module->device == CONVOY_CUDA)
      failed = set_number(flag, value, 0, &given->device);
    else
      fprintf(stderr, "error: %s: no such flag; see --help\n", flag);
    if (failed)
      return 1;
  }
  return 0;
}

/* ---- Running ---- */

static int read_inputs(const convoy_module *module, const arguments *given, convoy_tensor *inputs) {
  convoy_error error;
  for (int32_t i = 0; i < module->input_count; ++i) {
    if (!given->inputs[i]) {
      fprintf(stderr, "error: input '%s' is missing: --input %s=FILE.npy\n", module->inputs[i].name,
              module->inputs[i].name);
      return 1;
    }
    if (convoy_npy_read(given->inputs[i], &inputs[i], &error))
      return complain(error.message);
  }
  return 0;
}

static int write_outputs(const convoy_module *module, const char *folder, const convoy_tensor *outputs) {
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
    fprintf(stderr, "error: can't make the folder %s: %s\n", folder, strerror(errno));
    return 1;
  }
  for (int32_t i = 0; i < module->output_count; ++i) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s.npy", folder, module->outputs[i].name);
    if (length < 0 || (size_t)length >= sizeof path)
      return complain("the name of an output file is too long");
    for (char *c = path + strlen(folder) + 1; *c; ++c)
      if (*c == '/')
        *c = '_';
    convoy_error error;
    if (convoy_npy_write(path, &outputs[i], &error))
      return complain(error.message);
  }
  return 0;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int run_session(convoy_session *session, int runs, const convoy_tensor *inputs, convoy_tensor *outputs,
                       int32_t output_count) {
  double fastest = 0;
  for (int run = 0; run < runs; ++run) {
    convoy_error error;
    memset(outputs, 0, (size_t)output_count * sizeof *outputs);
    double start = seconds();
    if (convoy_session_run(session, inputs, outputs, &error))
      return complain(error.message);
    double spent = seconds() - start;
    fastest = run && fastest < spent ? fastest : spent;
  }
  fprintf(stderr, "%.2f ms, the fastest of %d\n", fastest * 1e3, runs);
  return 0;
}

static int run_on(convoy_cuda *device, const convoy_module *module, const arguments *given, const convoy_tensor *inputs,
                  convoy_tensor *outputs) {
  convoy_error error;
  convoy_session_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.threads = given->threads;
  options.backend = device ? convoy_cuda_backend(device) : NULL;
  convoy_session *session = NULL;
  if (convoy_session_create(module, &options, &session, &error))
    return complain(error.message);
  int failed = run_session(session, given->runs, inputs, outputs, module->output_count);
  if (!failed && given->output)
    failed = write_outputs(module, given->output, outputs);
  convoy_session_destroy(session);
  return failed;
}

static int run(const convoy_module *module, const arguments *given, convoy_tensor *inputs, convoy_tensor *outputs) {
  convoy_error error;
  convoy_cuda *device = NULL;
  if (read_inputs(module, given, inputs))
    return 1;
  if (module->device == CONVOY_CUDA && convoy_cuda_open(given->device, &device, &error))
    return complain(error.message);
  int failed = run_on(device, module, given, inputs, outputs);
  convoy_cuda_close(device);
  return failed;
}

int main(int argc, char **argv) {
  convoy_library *library = NULL;
  convoy_error error;
  if (appended_open(&library, &error))
    return complain(error.message);
  const convoy_module *module = convoy_library_module(library);
  arguments given = {NULL, NULL, 0, 1, 0, 0};
  /* calloc(0) may be null. */
  given.inputs = calloc((size_t)module->input_count + 1, sizeof *given.inputs);
  convoy_tensor *inputs = calloc((size_t)module->input_count + 1, sizeof *inputs);
  convoy_tensor *outputs = calloc((size_t)module->output_count + 1, sizeof *outputs);
  int failed = !given.inputs || !inputs || !outputs ? complain("out of memory") : 0;
  if (!failed)
    failed = read_arguments(module, argc, argv, &given);
  if (!failed && given.describe)
    describe(module, argv[0]);
  else if (!failed)
    failed = run(module, &given, inputs, outputs);
  for (int32_t i = 0; inputs && i < module->input_count; ++i)
    free(inputs[i].data);
  free(outputs);
  free(inputs);
  free(given.inputs);
  convoy_library_close(library);
  return failed;
}
