/* A tensor as a list of slices along one axis, or of its elements. */
#ifndef CONVOY_RUNTIME_OPS_SLICES_H
#define CONVOY_RUNTIME_OPS_SLICES_H

#include <convoy/module.h>

typedef struct convoy_slices {
  const unsigned char *data;
  convoy_type type;
  int32_t rank, axis; /* axis -1: each element is a slice */
  int64_t dims[CONVOY_MAX_RANK], strides[CONVOY_MAX_RANK];
  int64_t bytes; /* of an element */
  int64_t count; /* of slices */
} convoy_slices;

convoy_slices convoy_slices_of(const convoy_tensor *tensor, int64_t axis);

/* Below, at or above 0 as slice `a` is before, like or after slice `b`, element by element. */
int convoy_slices_compare(const convoy_slices *slices, int64_t a, int64_t b);

/* Copies slice `from` to position `to` of a result whose extents but that of the axis are the same; with axis -1 the
 * result has rank 1. */
void convoy_slices_copy(const convoy_slices *slices, int64_t from, convoy_tensor *result, int64_t to);

#endif
