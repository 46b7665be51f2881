#include "test/schedules/conv/ConvKernels.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace convoy::test {

namespace {

bool isByte(proto::DataType type) { return type == proto::U8 || type == proto::I8; }

/// Symbols of a symbolic spec: batch, then input extents, then output extents.
void addDim(proto::Tensor &tensor, int64_t extent, int symbol) {
  symbol > 0 ? tensor.add_dims()->set_symbol(symbol) : tensor.add_dims()->set_extent(extent);
}

void channelsLast(proto::Tensor &tensor, const ConvSpec &spec, int64_t channels) {
  const int rank = tensor.dims_size();
  proto::Layout &layout = *tensor.mutable_layout();
  layout.add_order(0);
  for (int dim = 2; dim < rank; ++dim)
    layout.add_order(dim);
  layout.add_order(1);
  for (int dim = 0; dim < rank; ++dim) {
    layout.add_before(0);
    layout.add_after(dim == 1 && spec.padChannels && (channels > 4 || isByte(spec.type)) ? (16 - channels % 16) % 16
                                                                                         : 0);
  }
}

proto::Tensor inputTensor(const ConvSpec &spec) {
  proto::Tensor tensor;
  tensor.set_type(spec.type);
  addDim(tensor, spec.batch, spec.symbolic || spec.symbolicBatch ? 1 : 0);
  addDim(tensor, spec.in, 0);
  const int spatial = int(spec.extents.size());
  for (int i = 0; i < spatial; ++i)
    addDim(tensor, spec.extents[i], spec.symbolic ? 2 + i : 0);
  channelsLast(tensor, spec, spec.in);
  if (spec.planar)
    for (int dim = 0; dim < 2 + spatial; ++dim)
      tensor.mutable_layout()->set_order(dim, dim), tensor.mutable_layout()->set_after(1, 0);
  if (spec.halo && !spec.transposed) {
    for (int i = 0; i < spatial; ++i) {
      tensor.mutable_layout()->set_before(2 + i, std::max<int64_t>(0, spec.pads[i]));
      tensor.mutable_layout()->set_after(2 + i, std::max<int64_t>(0, spec.pads[spatial + i]));
    }
    tensor.mutable_layout()->set_fill(spec.padValue == 0 ? proto::Layout::ZERO : proto::Layout::VALUE);
    tensor.mutable_layout()->set_fill_value(spec.padValue);
  }
  return tensor;
}

proto::Tensor imageTensor(const ConvSpec &spec, proto::DataType type) {
  proto::Tensor tensor;
  tensor.set_type(type);
  const std::vector<int64_t> extents = spec.outExtents();
  addDim(tensor, spec.batch, spec.symbolic || spec.symbolicBatch ? 1 : 0);
  addDim(tensor, spec.out, 0);
  for (size_t i = 0; i < extents.size(); ++i)
    addDim(tensor, extents[i], spec.symbolic ? int(2 + extents.size() + i) : 0);
  channelsLast(tensor, spec, spec.out);
  return tensor;
}

proto::Tensor dense(proto::DataType type, std::vector<int64_t> extents) {
  proto::Tensor tensor;
  tensor.set_type(type);
  for (int64_t extent : extents)
    tensor.add_dims()->set_extent(extent);
  return tensor;
}

void setInts(proto::Op &op, const std::string &name, const std::vector<int64_t> &values) {
  (*op.mutable_attributes())[name].mutable_ints()->Assign(values.begin(), values.end());
}

void addElementwise(proto::Kernel &kernel, const std::string &function, std::vector<int> inputs, int output) {
  proto::Op &op = *kernel.add_ops();
  op.set_kind("elementwise");
  op.mutable_inputs()->Assign(inputs.begin(), inputs.end());
  op.add_outputs(output);
  (*op.mutable_attributes())["function"].set_text(function);
  if (function == "swish")
    (*op.mutable_attributes())["parameters"].add_floats(1);
}

int addTensor(proto::Kernel &kernel, const proto::Tensor &tensor) {
  *kernel.add_tensors() = tensor;
  return kernel.tensors_size() - 1;
}

void addConvolution(proto::Kernel &kernel, const ConvSpec &spec, int output) {
  proto::Op &op = *kernel.add_ops();
  op.set_kind("convolution");
  for (int input = 0; input < (spec.bias ? 3 : 2); ++input)
    op.add_inputs(kernel.inputs(input));
  op.add_outputs(output);
  setInts(op, "strides", spec.strides);
  setInts(op, "dilations", spec.dilations);
  setInts(op, "pads", spec.pads);
  setInts(op, "groups", {spec.groups});
  setInts(op, "transposed", {spec.transposed});
  setInts(op, "output_padding", spec.outputPadding);
  if (spec.padValue != 0)
    setInts(op, "pad_value", {spec.padValue});
}

double activate(const std::string &function, double value) {
  if (function == "relu")
    return value < 0 ? 0 : value;
  if (function == "swish")
    return value / (1 + std::exp(-value));
  if (function == "sigmoid")
    return 1 / (1 + std::exp(-value));
  return value;
}

} // namespace

std::vector<int64_t> ConvSpec::outExtents() const {
  std::vector<int64_t> result;
  const size_t spatial = extents.size();
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t reach = (window[i] - 1) * dilations[i] + 1;
    result.push_back(transposed ? (extents[i] - 1) * strides[i] + reach - pads[i] - pads[spatial + i] + outputPadding[i]
                                : (extents[i] + pads[i] + pads[spatial + i] - reach) / strides[i] + 1);
  }
  return result;
}

std::string ConvSpec::text() const {
  std::ostringstream out;
  auto list = [&](const char *name, const std::vector<int64_t> &values) {
    out << " " << name;
    for (int64_t value : values)
      out << (&value == &values.front() ? " " : "x") << value;
  };
  out << in << "->" << out.str() << this->out << " batch " << batch << " groups " << groups;
  list("at", extents);
  list("window", window);
  list("strides", strides);
  list("dilations", dilations);
  list("pads", pads);
  out << (transposed ? " transposed" : "") << (halo ? "" : " no-halo") << (padChannels ? "" : " tight")
      << (planar ? " planar" : "") << (sharedOutput ? " shared" : "") << (residual ? " residual " : " ") << activation
      << (symbolic        ? " symbolic"
          : symbolicBatch ? " symbolic batch"
                          : "")
      << " " << target;
  if (type != proto::F32)
    out << " " << proto::DataType_Name(type) << " pad " << padValue << " " << scaled << " "
        << proto::DataType_Name(result);
  return out.str();
}

static proto::Schedule bestOf(const proto::Kernel &kernel, const std::string &name) {
  auto ranked = schedules::candidates(kernel);
  for (const proto::Schedule &schedule : ranked ? *ranked : std::vector<proto::Schedule>())
    if (schedule.template_name() == name)
      return schedule;
  return {};
}

/// A scale and a zero point of type `zero`.
static void addScale(proto::Kernel &kernel, std::vector<int64_t> extents, proto::DataType zero) {
  kernel.add_inputs(addTensor(kernel, dense(proto::F32, std::move(extents))));
  kernel.add_inputs(addTensor(kernel, dense(zero, {})));
}

/// Operands: the image, weights, bias; scale and zero point of the sums; another image with its scale and zero point;
/// those of the result.
static void addOperands(proto::Kernel &kernel, const ConvSpec &spec) {
  const bool integers = isByte(spec.type), quantized = spec.scaled == "quantize";
  const proto::DataType sum = integers ? proto::I32 : proto::F32;
  std::vector<int64_t> weight{spec.out, spec.in / spec.groups}, perChannel(1 + spec.extents.size(), 1);
  if (spec.transposed)
    weight = {spec.in, spec.out / spec.groups};
  weight.insert(weight.end(), spec.window.begin(), spec.window.end());
  perChannel[0] = spec.out;
  kernel.add_inputs(addTensor(kernel, inputTensor(spec)));
  kernel.add_inputs(addTensor(kernel, dense(integers ? proto::I8 : spec.type, weight)));
  if (spec.bias)
    kernel.add_inputs(addTensor(kernel, dense(sum, {spec.out})));
  if (!spec.scaled.empty())
    addScale(kernel, perChannel, spec.scaled == "requantize" ? spec.result : sum);
  if (spec.residual) {
    const proto::DataType between = spec.scaled.empty() ? sum : proto::F32;
    kernel.add_inputs(addTensor(kernel, imageTensor(spec, quantized ? spec.result : between)));
    if (quantized)
      addScale(kernel, {}, spec.result);
  }
  if (quantized)
    addScale(kernel, {}, spec.result);
}

static int addImage(proto::Kernel &kernel, const ConvSpec &spec, proto::DataType type) {
  return addTensor(kernel, imageTensor(spec, type));
}

/// The ops behind the convolution, whose result is `value`; returns the last result.
static int addSteps(proto::Kernel &kernel, const ConvSpec &spec, int value) {
  int next = spec.bias ? 3 : 2;
  auto apply = [&](const std::string &function, std::vector<int> operands, proto::DataType type) {
    const int result = addImage(kernel, spec, type);
    addElementwise(kernel, function, std::move(operands), result);
    return result;
  };
  auto scale = [&](const std::string &function, int of, proto::DataType type) {
    next += 2;
    return apply(function, {of, kernel.inputs(next - 2), kernel.inputs(next - 1)}, type);
  };
  const bool requantized = spec.scaled == "requantize", quantized = spec.scaled == "quantize";
  if (!spec.scaled.empty())
    value = scale(requantized ? "requantize" : "dequantize", value, requantized ? spec.result : proto::F32);
  if (spec.residual) {
    int other = kernel.inputs(next++);
    if (quantized)
      other = scale("dequantize", other, proto::F32);
    value = apply("add", {value, other}, kernel.tensors(value).type());
  }
  if (!spec.activation.empty())
    value = apply(spec.activation, {value}, kernel.tensors(value).type());
  if (spec.type == proto::BF16 && spec.result == proto::BF16) {
    const int narrowed = addImage(kernel, spec, spec.result);
    proto::Op &op = *kernel.add_ops();
    op.set_kind("cast");
    op.add_inputs(value);
    op.add_outputs(narrowed);
    return narrowed;
  }
  return quantized ? scale("quantize", value, spec.result) : value;
}

ConvSpec sameSize(proto::DataType type, int64_t in, int64_t out, std::vector<int64_t> extents, int64_t window) {
  ConvSpec spec;
  spec.in = in, spec.out = out, spec.extents = std::move(extents), spec.window = {window, window};
  spec.pads.assign(4, window / 2);
  spec.type = type;
  return spec;
}

Result<proto::Kernel> plainConvKernel(const ConvSpec &spec) {
  proto::Kernel kernel;
  auto target = schedules::parseTarget(spec.target);
  if (!target)
    return Error{target.error()};
  *kernel.mutable_target() = *target;
  addOperands(kernel, spec);
  const int sum = addImage(kernel, spec, isByte(spec.type) ? proto::I32 : proto::F32);
  addConvolution(kernel, spec, sum);
  const int last = addSteps(kernel, spec, sum);
  kernel.mutable_tensors(last)->mutable_layout()->set_shared(spec.sharedOutput);
  kernel.add_outputs(last);
  return kernel;
}

Result<proto::Kernel> convKernel(const ConvSpec &spec) {
  auto kernel = plainConvKernel(spec);
  if (!kernel)
    return kernel;
  *kernel->mutable_schedule() = spec.schedule;
  if (!spec.onlyTemplate.empty() && spec.schedule.template_name().empty())
    *kernel->mutable_schedule() = bestOf(*kernel, spec.onlyTemplate);
  auto scheduled = schedules::withSchedule(*kernel);
  if (!scheduled)
    return scheduled;
  for (int input = 1; input < kernel->inputs_size(); ++input) {
    const proto::Tensor &operand = kernel->tensors(kernel->inputs(input));
    if (operand.layout().order_size() > 0) // An image.
      continue;
    auto wanted = schedules::wantedLayout(*scheduled, input);
    if (!wanted)
      return Error{wanted.error()};
    *scheduled->mutable_tensors(scheduled->inputs(input))->mutable_layout() = *wanted;
  }
  return scheduled;
}

std::vector<int64_t> extentsOf(const ConvSpec &spec, const proto::Tensor &tensor) {
  std::vector<int64_t> symbols{spec.batch}, extents;
  symbols.insert(symbols.end(), spec.extents.begin(), spec.extents.end());
  const std::vector<int64_t> out = spec.outExtents();
  symbols.insert(symbols.end(), out.begin(), out.end());
  for (const proto::Dim &dim : tensor.dims())
    extents.push_back(dim.has_symbol() ? symbols[dim.symbol() - 1] : dim.extent());
  return extents;
}

namespace {

/// One output element without bias.
double convolveAt(const ConvSpec &spec, Storage &input, Storage &weight, const std::vector<int64_t> &at) {
  const size_t spatial = spec.extents.size();
  const int64_t groupIn = spec.in / spec.groups, groupOut = spec.out / spec.groups, group = at[1] / groupOut;
  std::vector<int64_t> in(at), w(2 + spatial, 0);
  double sum = 0;
  in[0] = at[0];
  for (;;) {
    bool inside = true;
    for (size_t i = 0; i < spatial && inside; ++i) {
      int64_t position = spec.transposed ? at[2 + i] + spec.pads[i] - w[2 + i] * spec.dilations[i]
                                         : at[2 + i] * spec.strides[i] + w[2 + i] * spec.dilations[i] - spec.pads[i];
      if (spec.transposed) {
        inside = position >= 0 && position % spec.strides[i] == 0;
        position /= spec.strides[i];
      }
      inside = inside && position >= 0 && position < spec.extents[i];
      in[2 + i] = position;
    }
    for (int64_t c = 0; (inside || spec.padValue != 0) && c < groupIn; ++c) {
      in[1] = group * groupIn + c;
      w[0] = spec.transposed ? in[1] : at[1];
      w[1] = spec.transposed ? at[1] % groupOut : c;
      sum += (inside ? input.value(in) : double(spec.padValue)) * weight.value(w);
    }
    int i = int(spatial) - 1;
    for (; i >= 0 && ++w[2 + i] == spec.window[i]; --i)
      w[2 + i] = 0;
    if (i < 0)
      return sum;
  }
}

} // namespace

std::vector<double> convReference(const ConvSpec &spec, std::vector<Storage> &inputs) {
  std::vector<int64_t> extents{spec.batch, spec.out}, out = spec.outExtents();
  extents.insert(extents.end(), out.begin(), out.end());
  std::vector<double> result;
  std::vector<int64_t> at(extents.size(), 0);
  for (;;) {
    double value = convolveAt(spec, inputs[0], inputs[1], at);
    if (spec.bias)
      value += inputs[2].value({at[1]});
    if (spec.residual)
      value += double(inputs.back().at(at));
    result.push_back(activate(spec.activation, value));
    int dim = int(at.size()) - 1;
    for (; dim >= 0 && ++at[dim] == extents[dim]; --dim)
      at[dim] = 0;
    if (dim < 0)
      return result;
  }
}

} // namespace convoy::test
