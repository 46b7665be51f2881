/* Reading strided tensors element by element. */
#ifndef CONVOY_RUNTIME_OPS_ELEMENTS_H
#define CONVOY_RUNTIME_OPS_ELEMENTS_H

#include <convoy/module.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Strides in elements, also of a tensor whose strides are all zero. */
void convoy_get_strides(const convoy_tensor *tensor, int64_t *strides);

/* Sets one extent of a result to what it turned out to be, and its strides to dense. */
void convoy_set_extent(convoy_tensor *tensor, int32_t axis, int64_t extent);

/* Bytes of an element. */
int64_t convoy_element_bytes(convoy_type type);

/* A number that orders elements of one type as their values do: -0 and 0 are equal, NaN is the largest. */
uint64_t convoy_sort_key(const void *element, convoy_type type);

/* Steps to the next index, row-major, over axes [0, rank) but `skip` (-1: none); 0 after the last. */
int convoy_next_index(int64_t *index, const int64_t *dims, int32_t rank, int32_t skip);

#ifdef __cplusplus
}
#endif

#endif
