/* One decoder for each format; `bytes` begins with the format's signature. */
#ifndef CONVOY_RUNTIME_DATA_CODEC_H
#define CONVOY_RUNTIME_DATA_CODEC_H

#include "runtime/core/internal.h"
#include "runtime/data/image.h"

/* Memory for a picture that `size` bytes of file announce: an error if no compression could be that good. */
convoy_status convoy_image_expect(size_t size, int32_t width, int32_t height, const char *name, convoy_image *image,
                                  convoy_error *error);

convoy_status convoy_decode_png(const unsigned char *bytes, size_t size, const char *name, convoy_image *image,
                                convoy_error *error);
convoy_status convoy_decode_jpeg(const unsigned char *bytes, size_t size, const char *name, convoy_image *image,
                                 convoy_error *error);

#endif
