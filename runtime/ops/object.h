/* The object file with the functions of ops.h and the `halide_*` shims, for the linker inside the compiler. */
#ifndef CONVOY_RUNTIME_OPS_OBJECT_H
#define CONVOY_RUNTIME_OPS_OBJECT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const unsigned char convoy_ops_object[];
extern const size_t convoy_ops_object_size;

#ifdef __cplusplus
}
#endif

#endif
