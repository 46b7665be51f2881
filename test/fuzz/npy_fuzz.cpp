// The reader of .npy files: it must end with a tensor that fits its memory, or a message.
#include "runtime/data/npy.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  convoy_tensor tensor = {};
  convoy_error error = {};
  convoy_status status = convoy_npy_parse(data, size, "input", &tensor, &error);
  if ((status == CONVOY_OK) != (tensor.data != nullptr))
    abort();
  if (status && !error.message[0])
    abort();
  if (!status) {
    volatile unsigned char sum = 0;
    for (size_t i = 0; i < convoy_tensor_bytes(&tensor); ++i)
      sum += static_cast<unsigned char *>(tensor.data)[i];
  }
  std::free(tensor.data);
  return 0;
}
