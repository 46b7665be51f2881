#include "runtime/data/image.h"

#include "runtime/data/codec.h"
#include "runtime/data/file.h"

#include <stdlib.h>
#include <string.h>

void convoy_image_free(convoy_image *image) {
  if (!image)
    return;
  free(image->pixels);
  memset(image, 0, sizeof *image);
}

convoy_status convoy_image_create(int32_t width, int32_t height, convoy_image *image, convoy_error *error) {
  memset(image, 0, sizeof *image);
  if (width < 1 || height < 1 || width > CONVOY_IMAGE_MAX_SIDE || height > CONVOY_IMAGE_MAX_SIDE ||
      (int64_t)width * height > CONVOY_IMAGE_MAX_PIXELS)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "a picture of %d x %d pixels is not supported", (int)width,
                       (int)height);
  image->pixels = malloc((size_t)width * (size_t)height * 3);
  if (!image->pixels)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory for a picture of %d x %d pixels", (int)width,
                       (int)height);
  image->width = width;
  image->height = height;
  return CONVOY_OK;
}

/* Deflate packs a byte of pixels at most 1032 times, and a byte holds 8 pixels; a JPEG spends a bit on a block of 64.
 */
convoy_status convoy_image_expect(size_t size, int32_t width, int32_t height, const char *name, convoy_image *image,
                                  convoy_error *error) {
  if (width > 0 && height > 0 && (int64_t)width * height / 10000 > (int64_t)size)
    return convoy_fail(error, CONVOY_IO_ERROR, "%s is truncated: %zu bytes can't hold %d x %d pixels", name, size,
                       (int)width, (int)height);
  return convoy_image_create(width, height, image, error);
}

convoy_status convoy_image_decode(const unsigned char *bytes, size_t size, const char *name, convoy_image *image,
                                  convoy_error *error) {
  static const unsigned char png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  static const unsigned char jpeg[3] = {0xff, 0xd8, 0xff};
  memset(image, 0, sizeof *image);
  if (size >= sizeof png && memcmp(bytes, png, sizeof png) == 0)
    return convoy_decode_png(bytes, size, name, image, error);
  if (size >= sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
    return convoy_decode_jpeg(bytes, size, name, image, error);
  return convoy_fail(error, CONVOY_IO_ERROR, "%s is neither a PNG nor a JPEG picture", name);
}

convoy_status convoy_image_read(const char *path, convoy_image *image, convoy_error *error) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  memset(image, 0, sizeof *image);
  convoy_status status = convoy_file_read(path, &bytes, &size, error);
  if (!status)
    status = convoy_image_decode(bytes, size, path, image, error);
  free(bytes);
  return status;
}

convoy_status convoy_image_crop(const convoy_image *image, int32_t x, int32_t y, int32_t width, int32_t height,
                                convoy_image *result, convoy_error *error) {
  memset(result, 0, sizeof *result);
  if (x < 0 || y < 0 || width < 1 || height < 1 || width > image->width - x || height > image->height - y)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "a part of %d x %d from (%d, %d) is not within %d x %d pixels",
                       (int)width, (int)height, (int)x, (int)y, (int)image->width, (int)image->height);
  convoy_status status = convoy_image_create(width, height, result, error);
  for (int32_t row = 0; !status && row < height; ++row)
    memcpy(result->pixels + (size_t)row * (size_t)width * 3,
           image->pixels + ((size_t)(y + row) * (size_t)image->width + (size_t)x) * 3, (size_t)width * 3);
  return status;
}
