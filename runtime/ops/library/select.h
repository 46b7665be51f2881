/* Going through a row of elements from the greatest down, in whatever memory there is. */
#ifndef CONVOY_RUNTIME_OPS_SELECT_H
#define CONVOY_RUNTIME_OPS_SELECT_H

#include <convoy/module.h>

/* Greater key first; of equal keys the lower index. */
typedef struct convoy_candidate {
  uint64_t key;
  int64_t index;
} convoy_candidate;

typedef struct convoy_row {
  const unsigned char *data;
  int64_t count;
  int64_t stride_bytes;
  convoy_type type;
  int smallest; /* from the smallest up instead */
  int has_floor;
  uint64_t floor; /* the key that a candidate must exceed */
} convoy_row;

#define CONVOY_FEW 64

typedef struct convoy_selection {
  convoy_row row;
  convoy_candidate *batch; /* the next `batch_count` candidates, best first, from `at` on */
  int64_t capacity, batch_count, at;
  int exhausted; /* nothing comes after the batch */
  convoy_candidate few[CONVOY_FEW];
} convoy_selection;

/* Uses what is left of the context's scratch, without taking it. `wanted`: how many will be asked for at most. */
void convoy_select_begin(convoy_selection *selection, const convoy_context *context, convoy_row row, int64_t wanted);

/* 0 when there is none left. */
int convoy_select_next(convoy_selection *selection, convoy_candidate *next);

#endif
