#include "test/schedules/block/ChainKernels.h"

#include <sstream>

namespace convoy::test {

namespace {

class Builder {
public:
  explicit Builder(const ChainSpec &spec) : spec(spec) {}

  Result<proto::Kernel> build() {
    Result<proto::Target> target = schedules::parseTarget(spec.target);
    if (!target)
      return Error{target.error()};
    *kernel.mutable_target() = *target;
    const std::vector<int64_t> strip = spec.stripExtents();
    const int64_t halo = spec.halo ? (spec.expand ? spec.expandWindow / 2 : -1) : 0;
    int image = addInput({spec.batch, spec.expand ? spec.in : spec.hidden, spec.height, spec.width});
    layOut(image, halo < 0 ? spec.pads : std::vector<int64_t>(4, halo));
    const int first = image;
    if (spec.expand) {
      const int64_t pad = spec.expandWindow / 2;
      image = convolve(image, {spec.hidden, spec.in, spec.expandWindow, spec.expandWindow}, {pad, pad, pad, pad},
                       {spec.height, spec.width}, false);
      image = activate(image);
    }
    image = convolve(image, {spec.hidden, 1, spec.window[0], spec.window[1]}, spec.pads, strip, true);
    image = activate(image);
    if (spec.project)
      image = convolve(image, {spec.out, spec.hidden, 1, 1}, {0, 0, 0, 0}, strip, false);
    if (spec.residual)
      image = elementwise("add", {image, first});
    layOut(image, {0, 0, 0, 0});
    kernel.mutable_tensors(image)->mutable_layout()->set_shared(spec.sharedOutput);
    kernel.add_outputs(image);
    return kernel;
  }

private:
  const ChainSpec &spec;
  proto::Kernel kernel;

  int add(const std::vector<int64_t> &extents) {
    proto::Tensor &tensor = *kernel.add_tensors();
    tensor.set_type(proto::F32);
    for (int64_t extent : extents)
      tensor.add_dims()->set_extent(extent);
    if (spec.symbolicBatch && extents.size() == 4 && kernel.tensors_size() != weightTensor)
      tensor.mutable_dims(0)->set_symbol(1);
    return kernel.tensors_size() - 1;
  }

  int weightTensor = -1; ///< Size of `tensors` once that tensor is added.

  int addInput(const std::vector<int64_t> &extents) {
    const int tensor = add(extents);
    kernel.add_inputs(tensor);
    return tensor;
  }

  void layOut(int position, const std::vector<int64_t> &pads) {
    proto::Tensor &tensor = *kernel.mutable_tensors(position);
    proto::Layout &layout = *tensor.mutable_layout();
    layout.Clear();
    const int64_t channels = tensor.dims(1).extent();
    for (int dim : {0, 2, 3, 1})
      layout.add_order(dim);
    for (int64_t before : {int64_t(0), int64_t(0), pads[0], pads[1]})
      layout.add_before(before);
    for (int64_t after : {int64_t(0), spec.padChannels ? (16 - channels % 16) % 16 : 0, pads[2], pads[3]})
      layout.add_after(after);
    layout.set_fill(proto::Layout::ZERO);
  }

  int convolve(int image, const std::vector<int64_t> &weight, const std::vector<int64_t> &pads,
               const std::vector<int64_t> &extents, bool depthwise) {
    proto::Op op;
    op.set_kind("convolution");
    op.add_inputs(image);
    weightTensor = kernel.tensors_size() + 1;
    op.add_inputs(addInput(weight));
    if (spec.bias)
      op.add_inputs(addInput({weight[0]}));
    const int result = add({spec.batch, weight[0], extents[0], extents[1]});
    op.add_outputs(result);
    auto set = [&](const char *name, const std::vector<int64_t> &values) {
      (*op.mutable_attributes())[name].mutable_ints()->Assign(values.begin(), values.end());
    };
    set("pads", pads);
    if (depthwise) {
      set("strides", spec.strides);
      set("dilations", spec.dilations);
      set("groups", {spec.hidden});
    }
    kernel.set_anchor(kernel.ops_size());
    *kernel.add_ops() = op;
    return result;
  }

  int elementwise(const std::string &function, const std::vector<int> &operands) {
    proto::Op &op = *kernel.add_ops();
    op.set_kind("elementwise");
    (*op.mutable_attributes())["function"].set_text(function);
    if (function == "swish")
      (*op.mutable_attributes())["parameters"].add_floats(1);
    op.mutable_inputs()->Assign(operands.begin(), operands.end());
    const int result = kernel.tensors_size();
    *kernel.add_tensors() = proto::Tensor(kernel.tensors(operands[0]));
    kernel.mutable_tensors(result)->clear_layout();
    op.add_outputs(result);
    return result;
  }

  int activate(int image) { return spec.activation.empty() ? image : elementwise(spec.activation, {image}); }
};

} // namespace

std::vector<int64_t> ChainSpec::stripExtents() const {
  std::vector<int64_t> extents{height, width};
  for (int axis = 0; axis < 2; ++axis)
    extents[axis] =
        (extents[axis] + pads[axis] + pads[2 + axis] - (window[axis] - 1) * dilations[axis] - 1) / strides[axis] + 1;
  return extents;
}

std::string ChainSpec::text() const {
  std::ostringstream stream;
  auto list = [&](const char *name, const std::vector<int64_t> &values) {
    stream << " " << name;
    for (int64_t value : values)
      stream << " " << value;
  };
  stream << batch << "x" << in << "-" << hidden << "-" << out << " @" << height << "x" << width;
  list("window", window), list("strides", strides), list("dilations", dilations), list("pads", pads);
  stream << (expand ? " expand " : "") << expandWindow << (project ? " project" : "") << (bias ? " bias" : "")
         << (residual ? " residual" : "") << (halo ? " halo" : "") << (padChannels ? " padded" : "")
         << (sharedOutput ? " shared" : "") << (symbolicBatch ? " symbolic" : "") << " " << activation;
  return stream.str();
}

Result<proto::Kernel> chainKernel(const ChainSpec &spec) { return Builder(spec).build(); }

Result<proto::Kernel> laidOut(proto::Kernel kernel, const proto::Schedule &schedule) {
  *kernel.mutable_schedule() = schedule;
  const proto::Kernel scheduled = kernel;
  for (const proto::Op &op : kernel.ops())
    for (int operand = 1; op.kind() == "convolution" && operand < op.inputs_size(); ++operand)
      for (int input = 0; input < kernel.inputs_size(); ++input)
        if (kernel.inputs(input) == op.inputs(operand)) {
          Result<proto::Layout> wanted = schedules::wantedLayout(scheduled, input);
          if (!wanted)
            return Error{wanted.error()};
          *kernel.mutable_tensors(op.inputs(operand))->mutable_layout() = *wanted;
        }
  return kernel;
}

} // namespace convoy::test
