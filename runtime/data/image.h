/* Pictures: reading PNG and JPEG, writing PNG, resizing. */
#ifndef CONVOY_RUNTIME_DATA_IMAGE_H
#define CONVOY_RUNTIME_DATA_IMAGE_H

#include <convoy/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A side may be at most this long, and a picture may have at most this many pixels. */
#define CONVOY_IMAGE_MAX_SIDE 65500
#define CONVOY_IMAGE_MAX_PIXELS ((int64_t)1 << 28)

/* Red, green, blue, 8 bits each, row by row without gaps. `pixels` is freed by convoy_image_free. */
typedef struct convoy_image {
  uint8_t *pixels;
  int32_t width, height;
} convoy_image;

/* Null, or an image without pixels, is allowed. */
void convoy_image_free(convoy_image *image);

/* Pixels of that size, contents arbitrary. */
convoy_status convoy_image_create(int32_t width, int32_t height, convoy_image *image, convoy_error *error);

/* PNG or JPEG, told apart by content. Grey becomes red = green = blue, alpha is dropped, 16 bits lose the lower 8. */
convoy_status convoy_image_read(const char *path, convoy_image *image, convoy_error *error);

/* The same from memory; `name` stands in messages. */
convoy_status convoy_image_decode(const unsigned char *bytes, size_t size, const char *name, convoy_image *image,
                                  convoy_error *error);

convoy_status convoy_image_write_png(const char *path, const convoy_image *image, convoy_error *error);

typedef enum convoy_filter { CONVOY_BILINEAR, CONVOY_BICUBIC } convoy_filter;

/* Bit for bit what Pillow's resize does: antialiased, the horizontal pass first, each pass rounded to 8 bits. (From its
 * version 13 on Pillow begins with the vertical pass where the height shrinks much more than the width.) */
convoy_status convoy_image_resize(const convoy_image *image, int32_t width, int32_t height, convoy_filter filter,
                                  convoy_image *result, convoy_error *error);

/* The part of `width` times `height` from (x, y); it must lie within the image. */
convoy_status convoy_image_crop(const convoy_image *image, int32_t x, int32_t y, int32_t width, int32_t height,
                                convoy_image *result, convoy_error *error);

#ifdef __cplusplus
}
#endif

#endif
