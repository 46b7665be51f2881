#include "test/gpu/conv/Layers.h"

#include <fstream>
#include <sstream>

namespace convoy::test {

static bool parseLayer(const std::string &line, ConvSpec &spec) {
  std::istringstream in(line);
  int64_t times = 0, height = 0, width = 0, stride = 1, pad = 0;
  std::string window, epilogue;
  if (!(in >> times >> spec.in >> spec.out >> height >> width >> window >> stride >> pad >> spec.groups >> epilogue))
    return false;
  const int64_t taps = std::stoll(window);
  spec.transposed = window.back() == 't';
  spec.extents = {height, width}, spec.window = {taps, taps}, spec.strides = {stride, stride};
  spec.pads = {pad, pad, pad, pad};
  spec.residual = epilogue == "add";
  spec.activation = epilogue == "none" || epilogue == "add" ? "" : epilogue;
  spec.halo = false;
  return true;
}

std::vector<ConvSpec> layersOf(const std::string &network, const std::string &target) {
  std::vector<ConvSpec> layers;
  std::ifstream file(std::string(CONVOY_SOURCE_DIR) + "/test/perf/kernels/" + network + ".layers");
  for (std::string line; std::getline(file, line);)
    if (ConvSpec spec; parseLayer(line, spec)) {
      spec.target = target;
      layers.push_back(spec);
    }
  return layers;
}

} // namespace convoy::test
