#include "schedules/limits/Limits.h"

#include "schedules/conv/Epilogue.h"
#include "schedules/core/Registry.h"
#include "schedules/core/Tensors.h"
#include "schedules/core/emit/Guard.h"
#include "schedules/limits/Reasons.h"

#include <map>

namespace convoy::schedules {

void explainLanes(int64_t channels, int64_t lanes, const std::string &what, Reasons &reasons) {
  const int64_t covered = ceilDiv(channels, lanes) * lanes;
  if (10 * channels < 9 * covered)
    reasons.push_back(std::to_string(channels) + " of " + std::to_string(covered) + " lanes hold " + what);
}

void explainChain(const proto::Kernel &kernel, Reasons &reasons) {
  const int64_t functions = functionsOf(kernel);
  if (functions > 0)
    reasons.push_back(std::to_string(functions) + (functions == 1 ? " function" : " functions") +
                      " like exp a result, some 6 cycles a vector each");
}

namespace {

using Explain = void (*)(const proto::Kernel &, Reasons &);

/// Microseconds of functions like exp, which the model of conv_depthwise leaves out: it ranks patches alike without.
double uncounted(const Template &chosen, const proto::Kernel &kernel) {
  if (chosen.name() != "conv_depthwise")
    return 0;
  const double vectors = double(elements(kernel.tensors(kernel.outputs(0)))) / vectorLanes(kernel.target(), proto::F32);
  return 6 * double(functionsOf(kernel)) * vectors / 3.5e3;
}

/// Templates that are not in here are explained as passes.
const std::map<std::string, Explain> explained{{"conv_direct", explainTiles},
                                               {"conv_transposed", explainTiles},
                                               {"matmul_tiled", explainTiles},
                                               {"conv_depthwise", explainDepthwise},
                                               {"block", explainBlock},
                                               {"conv_winograd", explainWinograd},
                                               {"conv_winograd_blocks", explainWinograd}};

} // namespace

Limits limitsOf(const proto::Kernel &kernel) {
  Limits limits;
  const Template *chosen = registry().findTemplate(kernel.schedule().template_name());
  const bool isEmpty = kernel.ops_size() == 0 || kernel.outputs_size() == 0; // Of a program written by hand.
  if (!chosen || isEmpty || chosen->onGpu() || kernel.target().has_gpu() || !isStatic(kernel))
    return limits;
  proto::Kernel alone = kernel;
  alone.mutable_target()->set_cores(1);
  Result<Limits> found = guarded([&]() -> Result<Limits> {
    limits.expected = chosen->estimate(alone, alone.schedule()) + uncounted(*chosen, alone);
    auto explain = explained.find(chosen->name());
    (explain == explained.end() ? explainPass : explain->second)(kernel, limits.reasons);
    return limits;
  });
  return found ? *found : Limits();
}

} // namespace convoy::schedules
