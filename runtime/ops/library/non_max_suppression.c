#include "runtime/ops/library/elements.h"
#include "runtime/ops/library/select.h"
#include "runtime/ops/ops.h"

#include <string.h>

enum { BOXES, SCORES, MOST, OVERLAP, SCORE };

typedef struct corners {
  float y0, x0, y1, x1;
} corners;

typedef struct suppression {
  const convoy_tensor *boxes;
  int64_t box_strides[3];
  int center_point;
  float overlap;
  int64_t *selected; /* rows of 3 */
  int64_t count, room;
} suppression;

static float min_of(float a, float b) { return a < b ? a : b; }
static float max_of(float a, float b) { return a > b ? a : b; }

static corners read_box(const suppression *s, int64_t batch, int64_t index) {
  const float *data = (const float *)s->boxes->data + batch * s->box_strides[0] + index * s->box_strides[1];
  float v[4];
  for (int i = 0; i < 4; ++i)
    v[i] = data[i * s->box_strides[2]];
  if (s->center_point) {
    corners box = {v[1] - v[3] / 2, v[0] - v[2] / 2, v[1] + v[3] / 2, v[0] + v[2] / 2};
    return box;
  }
  corners box = {min_of(v[0], v[2]), min_of(v[1], v[3]), max_of(v[0], v[2]), max_of(v[1], v[3])};
  return box;
}

static float area(corners box) { return (box.y1 - box.y0) * (box.x1 - box.x0); }

static int overlaps(corners a, corners b, float limit) {
  float height = min_of(a.y1, b.y1) - max_of(a.y0, b.y0);
  float width = min_of(a.x1, b.x1) - max_of(a.x0, b.x0);
  if (height <= 0 || width <= 0)
    return 0;
  float both = height * width, either = area(a) + area(b) - both;
  return area(a) > 0 && area(b) > 0 && either > 0 && both / either > limit;
}

static int is_dropped(const suppression *s, int64_t first, int64_t batch, corners box) {
  for (int64_t i = first; i < s->count; ++i)
    if (overlaps(box, read_box(s, batch, s->selected[3 * i + 2]), s->overlap))
      return 1;
  return 0;
}

static float option(const convoy_tensor *input, float otherwise) {
  return input->data ? *(const float *)input->data : otherwise;
}

int32_t convoy_non_max_suppression(convoy_context *context, const convoy_tensor *inputs, convoy_tensor *outputs,
                                   const int64_t *options) {
  const convoy_tensor *scores = &inputs[SCORES];
  int64_t strides[CONVOY_MAX_RANK], box_strides[CONVOY_MAX_RANK];
  convoy_get_strides(scores, strides);
  convoy_get_strides(&inputs[BOXES], box_strides);
  suppression s = {&inputs[BOXES],
                   {box_strides[0], box_strides[1], box_strides[2]},
                   options[0] != 0,
                   option(&inputs[OVERLAP], 0.0f),
                   (int64_t *)outputs[0].data,
                   0,
                   outputs[0].dims[0]};
  int64_t most = inputs[MOST].data ? *(const int64_t *)inputs[MOST].data : 0;
  int has_limit = inputs[SCORE].data != NULL;
  float limit = option(&inputs[SCORE], 0.0f);
  for (int64_t batch = 0; batch < scores->dims[0]; ++batch)
    for (int64_t class_index = 0; class_index < scores->dims[1]; ++class_index) {
      const float *row_data = (const float *)scores->data + batch * strides[0] + class_index * strides[1];
      convoy_row row = {(const unsigned char *)row_data,    scores->dims[2], strides[2] * 4, CONVOY_F32, 0, has_limit,
                        convoy_sort_key(&limit, CONVOY_F32)};
      convoy_selection selection;
      convoy_candidate best;
      int64_t first = s.count;
      convoy_select_begin(&selection, context, row, row.count);
      while (s.count - first < most && s.count < s.room && convoy_select_next(&selection, &best)) {
        float score = row_data[best.index * strides[2]];
        if (score != score || is_dropped(&s, first, batch, read_box(&s, batch, best.index)))
          continue;
        int64_t chosen[3] = {batch, class_index, best.index};
        memcpy(s.selected + 3 * s.count++, chosen, sizeof chosen);
      }
    }
  convoy_set_extent(&outputs[0], 0, s.count);
  return CONVOY_OK;
}
