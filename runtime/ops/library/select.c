#include "runtime/ops/library/select.h"

#include "runtime/ops/library/elements.h"

static int comes_before(convoy_candidate a, convoy_candidate b) {
  return a.key > b.key || (a.key == b.key && a.index < b.index);
}

/* A heap with the worst on top. */
static void sift_down(convoy_candidate *heap, int64_t count, int64_t at) {
  convoy_candidate moved = heap[at];
  for (;;) {
    int64_t child = 2 * at + 1;
    if (child >= count)
      break;
    if (child + 1 < count && comes_before(heap[child], heap[child + 1]))
      ++child;
    if (!comes_before(moved, heap[child]))
      break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

/* The best `capacity` candidates after `last` (null: of all), best first. */
static void collect(convoy_selection *s, const convoy_candidate *last) {
  int64_t count = 0, total = 0;
  for (int64_t i = 0; i < s->row.count; ++i) {
    convoy_candidate c = {convoy_sort_key(s->row.data + i * s->row.stride_bytes, s->row.type), i};
    if (s->row.smallest)
      c.key = ~c.key;
    if ((s->row.has_floor && c.key <= s->row.floor) || (last && !comes_before(*last, c)))
      continue;
    ++total;
    if (count < s->capacity) {
      s->batch[count++] = c;
      if (count == s->capacity)
        for (int64_t k = count / 2 - 1; k >= 0; --k)
          sift_down(s->batch, count, k);
    } else if (comes_before(c, s->batch[0])) {
      s->batch[0] = c;
      sift_down(s->batch, count, 0);
    }
  }
  if (count < s->capacity)
    for (int64_t k = count / 2 - 1; k >= 0; --k)
      sift_down(s->batch, count, k);
  for (int64_t end = count - 1; end > 0; --end) {
    convoy_candidate worst = s->batch[0];
    s->batch[0] = s->batch[end];
    s->batch[end] = worst;
    sift_down(s->batch, end, 0);
  }
  s->batch_count = count;
  s->at = 0;
  s->exhausted = total == count;
}

void convoy_select_begin(convoy_selection *s, const convoy_context *context, convoy_row row, int64_t wanted) {
  s->row = row;
  s->batch = s->few;
  s->capacity = CONVOY_FEW;
  int64_t room = (int64_t)((context->scratch_bytes - context->scratch_used) / sizeof(convoy_candidate));
  if (context->scratch && room > s->capacity) {
    s->batch = (convoy_candidate *)(void *)((unsigned char *)context->scratch + context->scratch_used);
    s->capacity = room;
  }
  if (wanted < 1)
    wanted = 1;
  if (s->capacity > wanted)
    s->capacity = wanted;
  collect(s, (const convoy_candidate *)0);
}

int convoy_select_next(convoy_selection *s, convoy_candidate *next) {
  if (s->at == s->batch_count) {
    if (s->exhausted || !s->batch_count)
      return 0;
    convoy_candidate last = s->batch[s->batch_count - 1];
    collect(s, &last);
    if (!s->batch_count)
      return 0;
  }
  *next = s->batch[s->at++];
  return 1;
}
