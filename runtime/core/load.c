#include "runtime/core/internal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct convoy_library {
  void *handle;
  const convoy_module *module;
};

static int counts_fit(const convoy_module *module) {
  return module->input_count >= 0 && module->output_count >= 0 && module->symbol_count >= 0 &&
         module->launch_count >= 0 && (module->inputs || !module->input_count) &&
         (module->outputs || !module->output_count) && (module->symbols || !module->symbol_count) &&
         (module->launches || !module->launch_count);
}

convoy_status convoy_module_check(const convoy_module *module, convoy_error *error) {
  if (!module)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "no module was given");
  if (module->magic != CONVOY_MAGIC)
    return convoy_fail(error, CONVOY_WRONG_ABI, "the symbol convoy_module is not the table of a Convoy module");
  if (module->abi_version != CONVOY_ABI_VERSION)
    return convoy_fail(error, CONVOY_WRONG_ABI,
                       "the module has ABI version %u, this runtime has version %u: compile the model again",
                       (unsigned)module->abi_version, CONVOY_ABI_VERSION);
  if (module->size != sizeof(convoy_module))
    return convoy_fail(error, CONVOY_WRONG_ABI, "the module's table has %zu bytes, this runtime's has %zu",
                       module->size, sizeof(convoy_module));
  if (!counts_fit(module) || !module->name || !module->target || !module->plan || !module->run ||
      (module->prepared_bytes && !module->prepare))
    return convoy_fail(error, CONVOY_WRONG_ABI, "the module's table is incomplete");
  if (module->supported && !module->supported())
    return convoy_fail(error, CONVOY_UNSUPPORTED_CPU,
                       "the module was compiled for %s, and this processor lacks some of these features",
                       module->target);
  return CONVOY_OK;
}

/* A name without a slash would be searched for in the system's folders. */
static void *open_path(const char *path) {
  if (strchr(path, '/'))
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
  size_t bytes = strlen(path) + 3;
  char *local = malloc(bytes);
  if (!local)
    return NULL;
  snprintf(local, bytes, "./%s", path);
  void *handle = dlopen(local, RTLD_NOW | RTLD_LOCAL);
  free(local);
  return handle;
}

static convoy_status open_module(const char *path, convoy_library *library, convoy_error *error) {
  library->handle = open_path(path);
  if (!library->handle) {
    const char *why = dlerror();
    return convoy_fail(error, CONVOY_IO_ERROR, "can't load %s: %s", path, why ? why : "out of memory");
  }
  library->module = dlsym(library->handle, "convoy_module");
  if (!library->module)
    return convoy_fail(error, CONVOY_WRONG_ABI, "%s is no module: it has no symbol convoy_module", path);
  convoy_error why;
  convoy_status status = convoy_module_check(library->module, &why);
  return status ? convoy_fail(error, status, "%s: %s", path, why.message) : CONVOY_OK;
}

convoy_status convoy_library_open(const char *path, convoy_library **result, convoy_error *error) {
  *result = NULL;
  convoy_status status = convoy_check_elf(path, error);
  if (status)
    return status;
  convoy_library *library = calloc(1, sizeof *library);
  if (!library)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory to load %s", path);
  status = open_module(path, library, error);
  if (status) {
    convoy_library_close(library);
    return status;
  }
  *result = library;
  return CONVOY_OK;
}

const convoy_module *convoy_library_module(const convoy_library *library) { return library->module; }

void convoy_library_close(convoy_library *library) {
  if (!library)
    return;
  if (library->handle)
    dlclose(library->handle);
  free(library);
}
