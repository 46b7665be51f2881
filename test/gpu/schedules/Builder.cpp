#include "test/gpu/schedules/Builder.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <map>

namespace convoy::test {

int KernelBuilder::tensor(const std::vector<int64_t> &dims, Lies lies, proto::DataType type) {
  proto::Tensor &tensor = *kernel.add_tensors();
  tensor.set_type(type);
  for (int64_t dim : dims)
    dim < 0 ? tensor.add_dims()->set_symbol(int32_t(-dim)) : tensor.add_dims()->set_extent(dim);
  if (lies != Lies::Rows && dims.size() >= 2) {
    proto::Layout &layout = *tensor.mutable_layout();
    layout.add_order(0);
    for (int dim = 2; dim < int(dims.size()); ++dim)
      layout.add_order(dim);
    layout.add_order(1);
    const int64_t channels = std::max<int64_t>(0, dims[1]);
    const bool isView = lies == Lies::View;
    for (size_t dim = 0; dim < dims.size(); ++dim) {
      layout.add_before(isView && dim == 1 ? 4 : 0);
      layout.add_after(dim != 1 ? 0 : isView ? 8 : lies == Lies::Last ? (16 - channels % 16) % 16 : 0);
    }
    layout.set_shared(isView);
  }
  return kernel.tensors_size() - 1;
}

int KernelBuilder::input(const std::vector<int64_t> &dims, Lies lies, proto::DataType type) {
  const int position = tensor(dims, lies, type);
  kernel.add_inputs(position);
  return position;
}

int KernelBuilder::op(const std::string &kind, const std::vector<int> &operands, int result,
                      const std::string &attributes) {
  proto::Op &op = *kernel.add_ops();
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(attributes, &op)) << attributes;
  op.set_kind(kind);
  for (int operand : operands)
    op.add_inputs(operand);
  op.add_outputs(result);
  return result;
}

int KernelBuilder::elementwise(const std::string &function, const std::vector<int> &operands, int result,
                               const std::vector<double> &parameters) {
  std::string attributes = text("function", function);
  if (!parameters.empty()) {
    attributes += "attributes { key: 'parameters' value {";
    for (double parameter : parameters)
      attributes += " floats: " + std::to_string(parameter);
    attributes += " } }";
  }
  return op("elementwise", operands, result, attributes);
}

proto::Kernel KernelBuilder::finish(int anchor) {
  kernel.add_outputs(kernel.ops(kernel.ops_size() - 1).outputs(0));
  kernel.set_anchor(anchor);
  return kernel;
}

std::string ints(const std::string &name, const std::vector<int64_t> &values) {
  std::string all = "attributes { key: '" + name + "' value {";
  for (int64_t value : values)
    all += " ints: " + std::to_string(value);
  return all + " } }";
}

std::string text(const std::string &name, const std::string &value) {
  return "attributes { key: '" + name + "' value { text: '" + value + "' } }";
}

namespace {

proto::Target target(const std::string &name) {
  Result<proto::Target> parsed = schedules::parseTarget(name);
  EXPECT_TRUE(parsed) << parsed.error();
  return *parsed;
}

void expectPtx(proto::Kernel kernel) {
  *kernel.mutable_target() = target("cuda-sm_80");
  Result<schedules::CompiledKernel> compiled = schedules::compile(kernel);
  ASSERT_TRUE(compiled) << compiled.error() << kernel.schedule().DebugString();
  EXPECT_NE(compiled->deviceCode.find(".target sm_80"), std::string::npos);
  EXPECT_NE(compiled->deviceCode.find(".entry"), std::string::npos);
}

void expectEqual(const proto::Kernel &kernel, const std::vector<std::string> &results,
                 const std::vector<std::string> &expected) {
  for (size_t i = 0; i < results.size(); ++i) {
    const dev::Difference difference =
        dev::compare(kernel.tensors(kernel.outputs(int(i))).type(), results[i], expected[i]);
    EXPECT_EQ(difference.unlike, 0) << kernel.schedule().DebugString();
    EXPECT_LE(difference.relative(), 2e-5) << "element " << difference.where << "\n" << kernel.DebugString();
  }
}

} // namespace

std::string deviceMissing() {
  static const std::string missing = [] {
    KernelBuilder builder;
    const int in = builder.input({8});
    builder.elementwise("relu", {in}, builder.tensor({8}));
    proto::Kernel kernel = builder.finish();
    *kernel.mutable_target() = target("opencl");
    Result<std::unique_ptr<schedules::InProcessKernel>> loaded = schedules::load(kernel);
    return loaded ? std::string() : loaded.error();
  }();
  return missing;
}

void expectRightOnDevice(const proto::Kernel &given, const std::string &wanted, const dev::Symbols &symbols,
                         int schedulesOfEach) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  proto::Kernel kernel = given;
  *kernel.mutable_target() = target("opencl");
  std::vector<std::string> inputs;
  for (int i = 0; i < kernel.inputs_size(); ++i)
    inputs.push_back(dev::randomDense(kernel.tensors(kernel.inputs(i)), symbols, uint64_t(i) + 5));
  Result<std::vector<std::string>> expected = dev::runDense(dev::plainOnHost(kernel), inputs, symbols);
  ASSERT_TRUE(expected) << expected.error();
  Result<std::vector<proto::Schedule>> found = schedules::candidates(kernel);
  ASSERT_TRUE(found) << found.error();
  if (!wanted.empty())
    EXPECT_EQ(found->front().template_name(), wanted);
  std::map<std::string, int> tried;
  for (const proto::Schedule &schedule : *found) {
    if (++tried[schedule.template_name()] > (schedule.template_name() == "gpu_plain" ? 1 : schedulesOfEach))
      continue;
    *kernel.mutable_schedule() = schedule;
    Result<std::vector<std::string>> results = dev::runDense(kernel, inputs, symbols);
    ASSERT_TRUE(results) << results.error() << "\n" << kernel.DebugString();
    expectEqual(kernel, *results, *expected);
    expectPtx(kernel);
  }
}

} // namespace convoy::test
