/* Resampling as Pillow does it (its ImagingResample for 8-bit channels): each pass convolves with the filter widened by
 * the scale, in fixed point with 22 fractional bits, and rounds to 8 bits. */
#include "runtime/core/internal.h"
#include "runtime/data/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRACTION_BITS 22

typedef struct taps {
  int32_t *first; /* of each output position: its first input position, */
  int32_t *count; /* and how many follow */
  int32_t *weights;
  int32_t most;
} taps;

static double bilinear(double x) {
  x = fabs(x);
  return x < 1 ? 1 - x : 0;
}

static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

static void free_taps(taps *t) {
  free(t->first);
  free(t->count);
  free(t->weights);
}

static void weigh(const taps *t, int32_t at, double center, double scale, double (*curve)(double), double *exact) {
  double sum = 0;
  for (int32_t i = 0; i < t->count[at]; ++i) {
    exact[i] = curve((i + t->first[at] - center + 0.5) * (1 / scale));
    sum += exact[i];
  }
  for (int32_t i = 0; i < t->count[at]; ++i) {
    double weight = sum != 0 ? exact[i] / sum : exact[i];
    weight *= (double)(1 << FRACTION_BITS);
    t->weights[(size_t)at * (size_t)t->most + (size_t)i] = (int32_t)(weight < 0 ? weight - 0.5 : weight + 0.5);
  }
}

static int make_taps(taps *t, int32_t from, int32_t to, convoy_filter filter) {
  double ratio = (double)from / to, scale = ratio < 1 ? 1 : ratio;
  double support = (filter == CONVOY_BICUBIC ? 2.0 : 1.0) * scale;
  t->most = (int32_t)ceil(support) * 2 + 1;
  t->first = calloc((size_t)to, sizeof *t->first);
  t->count = calloc((size_t)to, sizeof *t->count);
  t->weights = calloc((size_t)to * (size_t)t->most, sizeof *t->weights);
  double *exact = calloc((size_t)t->most, sizeof *exact);
  int whole = t->first && t->count && t->weights && exact;
  for (int32_t at = 0; whole && at < to; ++at) {
    double center = (at + 0.5) * ratio;
    int32_t first = (int32_t)(center - support + 0.5), end = (int32_t)(center + support + 0.5);
    t->first[at] = first < 0 ? 0 : first;
    t->count[at] = (end > from ? from : end) - t->first[at];
    weigh(t, at, center, scale, filter == CONVOY_BICUBIC ? bicubic : bilinear, exact);
  }
  free(exact);
  return whole;
}

/* One output pixel: taps that lie `stride` bytes apart. */
static void sum_taps(const uint8_t *from, size_t stride, const int32_t *weights, int32_t count, uint8_t *to) {
  int32_t sums[3] = {1 << (FRACTION_BITS - 1), 1 << (FRACTION_BITS - 1), 1 << (FRACTION_BITS - 1)};
  for (int32_t i = 0; i < count; ++i, from += stride)
    for (int c = 0; c < 3; ++c)
      sums[c] += from[c] * weights[i];
  for (int c = 0; c < 3; ++c) {
    int32_t value = sums[c] >> FRACTION_BITS;
    to[c] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
}

static convoy_status resize_pass(const convoy_image *image, int horizontal, int32_t extent, convoy_filter filter,
                                 convoy_image *result, convoy_error *error) {
  int32_t width = horizontal ? extent : image->width, height = horizontal ? image->height : extent;
  convoy_status status = convoy_image_create(width, height, result, error);
  if (status)
    return status;
  taps t = {0};
  if (!make_taps(&t, horizontal ? image->width : image->height, extent, filter)) {
    free_taps(&t);
    convoy_image_free(result);
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory to resize a picture");
  }
  size_t row = (size_t)image->width * 3, stride = horizontal ? 3 : row;
  for (int32_t y = 0; y < height; ++y)
    for (int32_t x = 0; x < width; ++x) {
      int32_t at = horizontal ? x : y;
      const uint8_t *from = horizontal ? image->pixels + (size_t)y * row + (size_t)t.first[at] * 3
                                       : image->pixels + (size_t)t.first[at] * row + (size_t)x * 3;
      sum_taps(from, stride, t.weights + (size_t)at * (size_t)t.most, t.count[at],
               result->pixels + ((size_t)y * (size_t)width + (size_t)x) * 3);
    }
  free_taps(&t);
  return CONVOY_OK;
}

convoy_status convoy_image_resize(const convoy_image *image, int32_t width, int32_t height, convoy_filter filter,
                                  convoy_image *result, convoy_error *error) {
  memset(result, 0, sizeof *result);
  if (width == image->width && height == image->height)
    return convoy_image_crop(image, 0, 0, width, height, result, error);
  if (height == image->height)
    return resize_pass(image, 1, width, filter, result, error);
  if (width == image->width)
    return resize_pass(image, 0, height, filter, result, error);
  convoy_image wide;
  convoy_status status = resize_pass(image, 1, width, filter, &wide, error);
  if (status)
    return status;
  status = resize_pass(&wide, 0, height, filter, result, error);
  convoy_image_free(&wide);
  return status;
}
