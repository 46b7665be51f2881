#include "runtime/core/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

convoy_status convoy_fail(convoy_error *error, convoy_status status, const char *format, ...) {
  if (error) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
  }
  return status;
}

const char *convoy_status_name(convoy_status status) {
  switch (status) {
  case CONVOY_OK:
    return "ok";
  case CONVOY_INVALID_ARGUMENT:
    return "invalid argument";
  case CONVOY_NEEDS_MEMORY:
    return "needs a larger arena";
  case CONVOY_OUT_OF_MEMORY:
    return "out of memory";
  case CONVOY_WRONG_ABI:
    return "wrong ABI";
  case CONVOY_UNSUPPORTED_CPU:
    return "unsupported processor";
  case CONVOY_IO_ERROR:
    return "input or output failed";
  case CONVOY_KERNEL_FAILED:
    return "a kernel failed";
  case CONVOY_NO_DEVICE:
    return "no device";
  case CONVOY_DEVICE_FAILED:
    return "the device failed";
  }
  return "unknown status";
}

static const struct {
  const char *name;
  size_t bytes;
} types[] = {{"?", 0},   {"f32", 4}, {"f64", 8}, {"f16", 2}, {"bf16", 2}, {"i8", 1},  {"u8", 1},
             {"i16", 2}, {"u16", 2}, {"i32", 4}, {"u32", 4}, {"i64", 8},  {"u64", 8}, {"bool", 1}};

static size_t type_index(convoy_type type) {
  size_t index = (size_t)type;
  return index < sizeof types / sizeof types[0] ? index : 0;
}

const char *convoy_type_name(convoy_type type) { return types[type_index(type)].name; }

size_t convoy_type_bytes(convoy_type type) { return types[type_index(type)].bytes; }

size_t convoy_tensor_bytes(const convoy_tensor *tensor) {
  size_t bytes = convoy_type_bytes(tensor->type);
  int empty = 0;
  if (!bytes || tensor->rank < 0 || tensor->rank > CONVOY_MAX_RANK)
    return SIZE_MAX;
  for (int32_t i = 0; i < tensor->rank; ++i) {
    int64_t dim = tensor->dims[i];
    if (dim < 0)
      return SIZE_MAX;
    if (dim == 0) {
      empty = 1;
      continue;
    }
    if ((uint64_t)dim > (uint64_t)(INT64_MAX / 2) / bytes)
      return SIZE_MAX;
    bytes *= (size_t)dim;
  }
  return empty ? 0 : bytes;
}

static int32_t find_value(const convoy_value *values, int32_t count, const char *name) {
  for (int32_t i = 0; i < count; ++i)
    if (strcmp(values[i].name, name) == 0)
      return i;
  return -1;
}

int32_t convoy_module_find_input(const convoy_module *module, const char *name) {
  return find_value(module->inputs, module->input_count, name);
}

int32_t convoy_module_find_output(const convoy_module *module, const char *name) {
  return find_value(module->outputs, module->output_count, name);
}
