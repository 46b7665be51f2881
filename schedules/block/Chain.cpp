#include "schedules/block/Chain.h"
#include "schedules/conv/ConvShape.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <map>

namespace convoy::schedules {

namespace {

bool isConvolution(const proto::Op &op) { return op.kind() == "convolution"; }

/// Cuts a kernel into its convolutions.
class Cutter {
public:
  explicit Cutter(const proto::Kernel &kernel) : kernel(kernel) {}

  /// False if a result is read by others than the next convolution, as its image.
  bool cut(std::vector<proto::Kernel> &parts) {
    for (const proto::Op &op : kernel.ops()) {
      int part = -1;
      for (int operand : op.inputs())
        part = std::max(part, partOf(operand));
      if (isConvolution(op))
        ++part;
      for (int operand : op.inputs())
        if (partOf(operand) >= 0 && partOf(operand) != part && !(isConvolution(op) && operand == op.inputs(0)))
          return false;
      if (part < 0 && op.kind() != "constant")
        return false;
      if (part == int(parts.size()))
        begin(parts);
      else if (isConvolution(op)) // A second one that reads the same.
        return false;
      for (int result : op.outputs())
        made[result] = {part, &op};
      if (part >= 0)
        add(parts[size_t(part)], op);
    }
    for (size_t i = 0; i + 1 < parts.size(); ++i)
      parts[i].add_outputs(parts[i + 1].ops(parts[i + 1].anchor()).inputs(0));
    if (!parts.empty())
      *parts.back().mutable_outputs() = kernel.outputs();
    return true;
  }

private:
  struct Made {
    int part;
    const proto::Op *op;
  };
  const proto::Kernel &kernel;
  std::map<int, Made> made;

  int partOf(int tensor) const {
    auto found = made.find(tensor);
    return found == made.end() ? -1 : found->second.part;
  }

  void begin(std::vector<proto::Kernel> &parts) {
    proto::Kernel &part = parts.emplace_back();
    *part.mutable_target() = kernel.target();
    *part.mutable_tensors() = kernel.tensors();
  }

  /// Adds the op with the constants that it reads; operands that the part does not make become its inputs.
  void add(proto::Kernel &part, const proto::Op &op) {
    for (int operand : op.inputs()) {
      if (operand < 0 || std::find(part.inputs().begin(), part.inputs().end(), operand) != part.inputs().end())
        continue;
      auto found = made.find(operand);
      if (found == made.end() || (isConvolution(op) && operand == op.inputs(0)))
        part.add_inputs(operand);
      else if (found->second.part < 0 && !defines(part, operand))
        *part.add_ops() = *found->second.op;
    }
    if (isConvolution(op))
      part.set_anchor(part.ops_size());
    *part.add_ops() = op;
  }

  static bool defines(const proto::Kernel &part, int tensor) {
    return std::any_of(part.ops().begin(), part.ops().end(),
                       [&](const proto::Op &op) { return op.outputs(0) == tensor; });
  }
};

bool isPointwise(const ConvShape &shape) {
  auto all = [](const std::vector<int64_t> &values, int64_t value) {
    return std::all_of(values.begin(), values.end(), [&](int64_t each) { return each == value; });
  };
  return shape.groups == 1 && shape.taps() == 1 && all(shape.strides, 1) && all(shape.pads, 0);
}

std::string misfitOfPart(const proto::Kernel &part) {
  if (std::string misfit = convolutionMisfit(part); !misfit.empty())
    return misfit;
  const ConvShape shape = convShape(part, part.anchor());
  if (shape.transposed)
    return "a convolution is transposed";
  if (shape.spatial != 2)
    return "a convolution does not run over images";
  const proto::Tensor &result = part.tensors(shape.output);
  if (part.tensors(shape.input).type() != proto::F32 || result.type() != proto::F32)
    return "a convolution computes in other types than single floats";
  if (shape.width() < 0 || shape.height() < 0)
    return "the size of the images is symbolic";
  return {};
}

} // namespace

int Chain::readerOf(int tensor, int &input) const {
  for (size_t i = 0; i < parts.size(); ++i)
    for (input = 0; input < parts[i].inputs_size(); ++input)
      if (parts[i].inputs(input) == tensor)
        return int(i);
  return -1;
}

Chain chainOf(const proto::Kernel &kernel) {
  Chain chain;
  Cutter(kernel).cut(chain.parts);
  const proto::Kernel &first = chain.parts.front();
  chain.depthwise = convShape(first, first.anchor()).isDepthwise() ? 0 : 1;
  return chain;
}

std::string chainMisfit(const proto::Kernel &kernel) {
  std::vector<proto::Kernel> parts;
  if (kernel.outputs_size() != 1)
    return "there is more than one output";
  if (std::any_of(kernel.ops().begin(), kernel.ops().end(), [](const proto::Op &op) {
        return !isConvolution(op) && op.kind() != "elementwise" && op.kind() != "constant" && op.kind() != "cast";
      }))
    return "an op is neither a convolution nor elementwise";
  if (!Cutter(kernel).cut(parts) || parts.size() < 2 || parts.size() > 3)
    return "it is no chain of two or three convolutions";
  for (const proto::Kernel &part : parts)
    if (std::string misfit = misfitOfPart(part); !misfit.empty())
      return misfit;
  const Chain chain = chainOf(kernel);
  if (!convShape(chain.strip(), chain.strip().anchor()).isDepthwise())
    return "neither the first nor the second convolution is depthwise";
  if (chain.expands() && convShape(parts[0], parts[0].anchor()).groups != 1)
    return "the convolution before the depthwise one has groups";
  if (chain.projects() && (chain.parts.size() != size_t(chain.depthwise) + 2 ||
                           !isPointwise(convShape(chain.last(), chain.last().anchor()))))
    return "the convolution behind the depthwise one is not pointwise";
  return {};
}

} // namespace convoy::schedules
