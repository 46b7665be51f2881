// The reader of safetensors files, fed with anything. A wrong length of the header would end most tries at once: it is
// put right half of the time.
#include "test/fuzz/WeightFuzz.h"

#include "llvm/Support/Endian.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string bytes(reinterpret_cast<const char *>(data), size);
  convoy::fuzz::readWeights(bytes);
  size_t end = bytes.rfind('}');
  if (end != std::string::npos && end >= 8) {
    llvm::support::endian::write64le(bytes.data(), end + 1 - 8);
    convoy::fuzz::readWeights(bytes);
  }
  return 0;
}
