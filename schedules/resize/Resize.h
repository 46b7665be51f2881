#pragma once

#include "schedules/core/Registry.h"
#include "schedules/core/Template.h"

namespace convoy::schedules {

/// ONNX Resize, one dimension after the other. The template `stream` computes it: along the channels of NHWC, indices
/// and weights are scalars of a pixel.
Halide::Func resize(const OpContext &context);

/// What templates share that blend the rows of an image: each row of the result of two (or four) of the input, a chunk
/// of rows in a task.
class RowBlending : public Template {
public:
  std::vector<Knob> knobs() const final { return {{"tasks", 1, 4096, "parallel tasks of a launch"}}; }
  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const final;

protected:
  /// Why the kernel is not a resize alone, of an image of known extents in single floats, that blends along both sides.
  static std::string imageMisfit(const proto::Kernel &kernel);
};

void registerResize(Registry &registry);
void registerResizeSteps(Registry &registry);

} // namespace convoy::schedules
