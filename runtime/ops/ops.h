/* Functions that generated code calls by name. They travel inside each module, hidden; nothing else sees them.
 *
 * Freestanding C99: besides what they are given, they need `memset` and `memcpy`. They allocate nothing.
 */
#ifndef CONVOY_RUNTIME_OPS_OPS_H
#define CONVOY_RUNTIME_OPS_OPS_H

#include <convoy/module.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What `halide_malloc` takes from a context's scratch besides the bytes asked for, rounded up to CONVOY_ALIGNMENT. The
 * scratch that a module asks for is the largest sum of this over allocations that live at the same time. */
#define CONVOY_SCRATCH_OVERHEAD 64

/* One axis of a tensor in memory. `before` and `after` count the elements along it that surround the logical extent;
 * `stride` is in elements. */
typedef struct convoy_fill_axis {
  int64_t extent;
  int64_t before;
  int64_t after;
  int64_t stride;
} convoy_fill_axis;

/* Writes `value` (the bit pattern of one element, in the low `element_bytes` bytes: 1, 2, 4 or 8) to every element of
 * the box [-before, extent + after) that lies outside [0, extent) along an axis other than the innermost. `axes` goes
 * from the outermost to the innermost axis, whose stride is 1; `origin` is the element with all indices 0. The
 * innermost axis is written over its whole [-before, extent + after): give 0 and 0 for a view whose channel neighbours
 * belong to others. `rank` is from 1 to 8. */
void convoy_fill(void *origin, const convoy_fill_axis *axes, int32_t rank, int32_t element_bytes, uint64_t value);

/* result[i] = table[index[i]] for `count` bytes; `table` has 256. Returns 0. For processors with AVX-512 VBMI, and with
 * AVX2; modules for others have neither. */
int32_t convoy_look_up_vbmi(uint8_t *result, const uint8_t *index, int64_t count, const uint8_t *table);
int32_t convoy_look_up_avx2(uint8_t *result, const uint8_t *index, int64_t count, const uint8_t *table);

/* Library calls all have this signature and return a convoy_status. `inputs` and `outputs` are strided as they lie in
 * the arena (all strides zero: dense, row-major). An absent optional input has null `data`. Outputs come with their
 * `dims` from the plan; where a result's size depends on data these are upper bounds, and the function sets `dims` to
 * what it wrote and makes the result dense in those. They use what is left of the context's scratch: with 16 bytes for
 * each element of the axis they run fastest, with less they only take longer. */
typedef int32_t (*convoy_library_function)(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                                           const int64_t *options);

/* inputs: x; optional: k (i64, one element). outputs: values (type of x), indices (i64). options: axis (not negative),
 * largest, sorted. Without the input k it is the outputs' extent along the axis. Equal elements come in the order of
 * their indices; NaN counts as largest. */
int32_t convoy_top_k(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                     const int64_t *options);

/* inputs: boxes f32 [batch, n, 4], scores f32 [batch, classes, n]; optional, one element each: most boxes per class
 * i64, overlap (intersection over union) above which a box is dropped f32, score that a box must exceed f32.
 * outputs: selected i64 [count, 3] of (batch, class, box). options: center_point_box. Attention: as in ONNX, an absent
 * or zero "most boxes per class" selects nothing. */
int32_t convoy_non_max_suppression(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                                   const int64_t *options);

/* inputs: x of any type. outputs: i64 [rank of x, count], the indices of its elements that are not zero, row-major.
 * options: none. */
int32_t convoy_non_zero(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                        const int64_t *options);

/* inputs: x, condition (bool, rank 1; what it lacks is false). outputs: the slices along the axis, or with axis -1 the
 * elements of the flattened x, whose condition holds. options: axis. */
int32_t convoy_compress(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                        const int64_t *options);

/* inputs: x. outputs: the distinct slices along the axis (with axis -1: elements), and for each the index of its first
 * occurrence (i64); for each slice of x the index of its like in the first output (i64); how often each occurs (i64).
 * options: axis, sorted (0: in the order of first occurrence). Slices are compared element by element; NaN equals NaN
 * and is largest. */
int32_t convoy_unique(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                      const int64_t *options);

#ifdef __cplusplus
}
#endif

#endif
