/* NumPy's .npy files. */
#ifndef CONVOY_RUNTIME_DATA_NPY_H
#define CONVOY_RUNTIME_DATA_NPY_H

#include <convoy/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A dense tensor; the caller frees `data`. Formats 1 to 3, both orders, little-endian numbers and booleans of up to
 * CONVOY_MAX_RANK dimensions; anything else is refused. */
convoy_status convoy_npy_read(const char *path, convoy_tensor *tensor, convoy_error *error);

/* The same from memory; `name` stands in messages. */
convoy_status convoy_npy_parse(const unsigned char *bytes, size_t size, const char *name, convoy_tensor *tensor,
                               convoy_error *error);

/* A dense tensor. NumPy has no bf16: it is written as f32. */
convoy_status convoy_npy_write(const char *path, const convoy_tensor *tensor, convoy_error *error);

#ifdef __cplusplus
}
#endif

#endif
