#include "runtime/ops/entry.h"

#include <string.h>

/* ---- Messages, without printf ---- */

typedef struct message {
  char text[256];
  size_t length;
} message;

static void add_text(message *m, const char *text) {
  while (*text && m->length + 1 < sizeof m->text)
    m->text[m->length++] = *text++;
  m->text[m->length] = '\0';
}

static void add_number(message *m, int64_t number) {
  char digits[24];
  size_t at = sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  digits[--at] = '\0';
  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (number < 0)
    digits[--at] = '-';
  add_text(m, &digits[at]);
}

static message begin_message(const char *what, const char *name) {
  message m;
  m.length = 0;
  m.text[0] = '\0';
  add_text(&m, what);
  if (name) {
    add_text(&m, " '");
    add_text(&m, name);
    add_text(&m, "'");
  }
  return m;
}

static int32_t send(convoy_context *context, const message *m, convoy_status status) {
  if (context->error)
    context->error(context, m->text);
  return status;
}

static int32_t refuse(convoy_context *context, const char *what, const char *name, const char *why) {
  message m = begin_message(what, name);
  add_text(&m, why);
  return send(context, &m, CONVOY_INVALID_ARGUMENT);
}

static int32_t refuse_number(convoy_context *context, const char *name, const char *what, int64_t dimension,
                             int64_t given, const char *wanted_text, int64_t wanted) {
  message m = begin_message("input", name);
  add_text(&m, what);
  if (dimension >= 0) {
    add_number(&m, dimension);
    add_text(&m, " is ");
  }
  add_number(&m, given);
  add_text(&m, wanted_text);
  if (wanted >= 0)
    add_number(&m, wanted);
  return send(context, &m, CONVOY_INVALID_ARGUMENT);
}

/* ---- Inputs ---- */

#define UNBOUND (-1)

static int32_t check_dense(convoy_context *context, const convoy_value *value, const convoy_tensor *input) {
  int given = 0;
  for (int32_t i = 0; i < value->rank; ++i)
    given |= input->strides[i] != 0;
  int64_t stride = 1;
  for (int32_t i = value->rank - 1; given && i >= 0; --i) {
    if (input->strides[i] != stride && input->dims[i] > 1)
      return refuse(context, "input", value->name, " is not dense and row-major");
    stride *= input->dims[i];
  }
  return CONVOY_OK;
}

static int32_t check_dimension(convoy_context *context, const convoy_module *module, const convoy_value *value,
                               int32_t i, int64_t given, int64_t *symbols) {
  int64_t wanted = value->dims[i];
  if (wanted >= 0)
    return given == wanted
               ? CONVOY_OK
               : refuse_number(context, value->name, ": dimension ", i, given, ", the network wants ", wanted);
  if (given < 1 || given > INT32_MAX)
    return refuse_number(context, value->name, ": dimension ", i, given, ", which is out of range", -1);
  if (wanted == INT64_MIN || -1 - wanted >= module->symbol_count)
    return CONVOY_OK;
  int64_t *bound = &symbols[-1 - wanted];
  if (*bound == UNBOUND)
    *bound = given;
  if (*bound == given)
    return CONVOY_OK;
  message m = begin_message("input", value->name);
  add_text(&m, ": dimension ");
  add_number(&m, i);
  add_text(&m, " is ");
  add_number(&m, given);
  add_text(&m, ", but '");
  add_text(&m, module->symbols[-1 - wanted]);
  add_text(&m, "' is ");
  add_number(&m, *bound);
  return send(context, &m, CONVOY_INVALID_ARGUMENT);
}

static int32_t check_input(convoy_context *context, const convoy_module *module, const convoy_value *value,
                           const convoy_tensor *input, int32_t needs_data, int64_t *symbols) {
  if (input->rank != value->rank)
    return refuse_number(context, value->name, " has rank ", -1, input->rank, ", the network wants ", value->rank);
  if (input->type != value->type)
    return refuse(context, "input", value->name, " has another element type than the network wants");
  if (input->device != CONVOY_HOST && input->device != module->device)
    return refuse(context, "input", value->name, " is not in memory that the module reads");
  int empty = 0;
  for (int32_t i = 0; i < value->rank; ++i) {
    int32_t status = check_dimension(context, module, value, i, input->dims[i], symbols);
    if (status)
      return status;
    empty |= input->dims[i] == 0;
  }
  if (needs_data && !input->data && !empty)
    return refuse(context, "input", value->name, " has no data");
  return check_dense(context, value, input);
}

int32_t convoy_enter(convoy_context *context, const convoy_module *module, const convoy_tensor *inputs,
                     int32_t needs_data, int64_t *symbols) {
  if (!context || context->size < sizeof(convoy_context))
    return CONVOY_INVALID_ARGUMENT;
  if (!inputs && module->input_count)
    return refuse(context, "the network", module->name, " was given no inputs");
  for (int32_t i = 0; i < module->symbol_count; ++i)
    symbols[i] = UNBOUND;
  for (int32_t i = 0; i < module->input_count; ++i) {
    int32_t status = check_input(context, module, &module->inputs[i], &inputs[i], needs_data, symbols);
    if (status)
      return status;
  }
  return CONVOY_OK;
}

int32_t convoy_check_extents(convoy_context *context, const convoy_extents *tensors, int32_t count,
                             const int64_t *values) {
  for (int32_t t = 0; t < count; ++t) {
    const convoy_extents *tensor = &tensors[t];
    int64_t product = 1;
    for (int32_t i = 0; i < tensor->rank; ++i) {
      int64_t extent = tensor->dims[i] < 0 ? values[-1 - tensor->dims[i]] : tensor->dims[i];
      if (tensor->dims[i] < 0 && extent < 1)
        return refuse(context, "the inputs are too small: nothing is left of", tensor->name, "");
      int64_t allocated = extent + tensor->around[i];
      if (allocated > INT32_MAX || (allocated > 0 && product > INT32_MAX / allocated))
        return refuse(context, "the inputs are too large: 2^31 or more elements in", tensor->name, "");
      product *= allocated;
    }
  }
  return CONVOY_OK;
}

int32_t convoy_check_requirements(convoy_context *context, const convoy_requirement *requirements, int32_t count,
                                  const int64_t *values) {
  for (int32_t i = 0; i < count; ++i) {
    int64_t value = values[requirements[i].value];
    if (requirements[i].zero ? value != 0 : value < 0)
      return refuse(context, "the extents of the inputs do not fit layer", requirements[i].layer, "");
  }
  return CONVOY_OK;
}

/* ---- Memory ---- */

static int is_aligned(const void *memory) { return (uintptr_t)memory % CONVOY_ALIGNMENT == 0; }

int32_t convoy_check_memory(convoy_context *context, const convoy_module *module, const convoy_tensor *outputs,
                            const void *arena, size_t arena_bytes, size_t arena_needed, const void *prepared) {
  if (!outputs && module->output_count)
    return refuse(context, "the network", module->name, " was given no outputs");
  for (int32_t i = 0; i < module->output_count; ++i)
    if (!outputs[i].data)
      return refuse(context, "output", module->outputs[i].name, " has no data");
    else if (module->device != CONVOY_HOST && outputs[i].device != CONVOY_HOST && outputs[i].device != module->device)
      return refuse(context, "output", module->outputs[i].name, " is not in memory that the module writes");
  if (arena_bytes < arena_needed) {
    message m = begin_message("the arena has ", NULL);
    add_number(&m, (int64_t)arena_bytes);
    add_text(&m, " bytes, the network needs ");
    add_number(&m, (int64_t)arena_needed);
    return send(context, &m, CONVOY_NEEDS_MEMORY);
  }
  if (arena_needed && (!arena || !is_aligned(arena)))
    return refuse(context, "the arena", NULL, " is not aligned to 64 bytes");
  if (module->scratch_bytes &&
      (!context->scratch || !is_aligned(context->scratch) || context->scratch_bytes < module->scratch_bytes)) {
    message m = begin_message("the context needs aligned scratch of ", NULL);
    add_number(&m, (int64_t)module->scratch_bytes);
    add_text(&m, " bytes");
    return send(context, &m, CONVOY_INVALID_ARGUMENT);
  }
  if (module->prepared_bytes && (!prepared || !is_aligned(prepared)))
    return refuse(context, "the prepared weights", NULL, " are missing");
  return CONVOY_OK;
}

int32_t convoy_check_device(convoy_context *context, const convoy_module *module, size_t host_arena_needed) {
  const convoy_device_functions *device = context->device;
  if (!device || device->size < sizeof(convoy_device_functions) || !device->launch || !device->copy ||
      !device->synchronize)
    return refuse(context, "the context has no device for", module->name, "");
  if (module->weight_bytes && (!context->device_weights || !is_aligned(context->device_weights)))
    return refuse(context, "the weights of", module->name, " are not on the device");
  if (module->device_scratch_bytes && (!context->device_scratch || !is_aligned(context->device_scratch))) {
    message m = begin_message("the context needs aligned scratch on the device of ", NULL);
    add_number(&m, (int64_t)module->device_scratch_bytes);
    add_text(&m, " bytes");
    return send(context, &m, CONVOY_INVALID_ARGUMENT);
  }
  if (host_arena_needed && (!context->host_arena || !is_aligned(context->host_arena))) {
    message m = begin_message("the context needs an aligned arena on the host of ", NULL);
    add_number(&m, (int64_t)host_arena_needed);
    add_text(&m, " bytes");
    return send(context, &m, CONVOY_INVALID_ARGUMENT);
  }
  context->device_scratch_bytes = module->device_scratch_bytes;
  context->device_scratch_used = 0;
  context->device_status = CONVOY_OK;
  return CONVOY_OK;
}

/* ---- Launches ---- */

int32_t convoy_launch_failed(convoy_context *context, const convoy_module *module, int32_t launch, int32_t status) {
  message m = begin_message("layer", module->launches[launch].layer);
  add_text(&m, " failed with code ");
  add_number(&m, status);
  return send(context, &m, status > 0 && status <= CONVOY_DEVICE_FAILED ? (convoy_status)status : CONVOY_KERNEL_FAILED);
}

static void profile(convoy_context *context, int32_t launch, int32_t done) {
  if (context->profile)
    context->profile(context, launch, done);
}

void convoy_before_launch(convoy_context *context, int32_t launch) { profile(context, launch, 0); }

void convoy_after_launch(convoy_context *context, int32_t launch, const convoy_halide_buffer *result, int32_t type) {
  profile(context, launch, 1);
  if (!context->observe || !result)
    return;
  convoy_tensor tensor;
  memset(&tensor, 0, sizeof tensor);
  tensor.data = result->host ? result->host : (void *)(uintptr_t)result->device;
  tensor.device = result->host ? CONVOY_HOST : CONVOY_CUDA;
  tensor.rank = result->dimensions;
  tensor.type = (convoy_type)type;
  for (int32_t i = 0; i < tensor.rank && i < CONVOY_MAX_RANK; ++i) {
    const convoy_halide_axis *axis = &result->dim[tensor.rank - 1 - i];
    tensor.dims[i] = axis->extent;
    tensor.strides[i] = axis->stride;
  }
  context->observe(context, launch, &tensor);
}

void convoy_after_call(convoy_context *context, int32_t launch, const convoy_tensor *result) {
  profile(context, launch, 1);
  if (context->observe && result)
    context->observe(context, launch, result);
}
