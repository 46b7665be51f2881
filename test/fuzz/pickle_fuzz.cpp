// The readers of PyTorch's files, fed with anything: as it is (zip or pickles), and as the state dictionary of a file
// of the older format.
#include "test/fuzz/WeightFuzz.h"

static constexpr char preamble[] = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
                                   "\x80\x02M\xe9\x03."
                                   "\x80\x02}X\x0d\0\0\0little_endian\x88s.";

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  convoy::fuzz::readWeights(bytes);
  convoy::fuzz::readWeights(std::string(preamble, sizeof preamble - 1) + bytes.str());
  return 0;
}
