// The readers of PNG and JPEG pictures: they must end with a picture, or a message.
#include "runtime/data/image.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  convoy_image image = {};
  convoy_error error = {};
  convoy_status status = convoy_image_decode(data, size, "input", &image, &error);
  if ((status == CONVOY_OK) != (image.pixels != nullptr))
    abort();
  if (status && !error.message[0])
    abort();
  if (!status && image.width <= 512 && image.height <= 512) {
    convoy_image small = {};
    if (convoy_image_resize(&image, 9, 5, CONVOY_BICUBIC, &small, &error))
      abort();
    convoy_image_free(&small);
  }
  convoy_image_free(&image);
  return 0;
}
