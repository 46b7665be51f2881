// Models with a bit flipped or their end cut off: a module or a diagnostic, never a crash.
#include "compiler/Frontend/Onnx/Onnx.h"
#include "compiler/Frontend/Onnx/onnx.pb.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace convoy;

namespace {

onnx::NodeProto *addNode(onnx::GraphProto *graph, const char *op, std::initializer_list<const char *> inputs,
                         const char *output) {
  onnx::NodeProto *node = graph->add_node();
  node->set_op_type(op);
  node->set_name(std::string("node_") + output);
  for (const char *input : inputs)
    node->add_input(input);
  node->add_output(output);
  return node;
}

void addInts(onnx::NodeProto *node, const char *name, std::initializer_list<int64_t> values) {
  onnx::AttributeProto *attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (int64_t value : values)
    attribute->add_ints(value);
}

void addFloats(onnx::GraphProto *graph, const char *name, std::initializer_list<int64_t> dims) {
  onnx::TensorProto *tensor = graph->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  int64_t count = 1;
  for (int64_t dim : dims) {
    tensor->add_dims(dim);
    count *= dim;
  }
  tensor->set_raw_data(std::string(count * sizeof(float), 1));
}

void addIntegers(onnx::GraphProto *graph, const char *name, std::initializer_list<int64_t> values) {
  onnx::TensorProto *tensor = graph->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::INT64);
  tensor->add_dims(static_cast<int64_t>(values.size()));
  for (int64_t value : values)
    tensor->add_int64_data(value);
}

onnx::ModelProto emptyModel() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  onnx::OperatorSetIdProto *opset = model.add_opset_import();
  opset->set_version(17);
  auto *input = model.mutable_graph()->add_input();
  input->set_name("x");
  auto *type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  for (int64_t dim : {1, 2, 5, 5})
    type->mutable_shape()->add_dim()->set_dim_value(dim);
  type->mutable_shape()->mutable_dim(2)->set_dim_param("h");
  model.mutable_graph()->add_output()->set_name("y");
  return model;
}

/// Convolution, pooling, reshape, product: a small classifier.
onnx::ModelProto classifier() {
  onnx::ModelProto model = emptyModel();
  onnx::GraphProto *graph = model.mutable_graph();
  addFloats(graph, "w", {3, 2, 3, 3});
  addFloats(graph, "fc", {3, 4});
  addIntegers(graph, "shape", {0, -1});
  addInts(addNode(graph, "Conv", {"x", "w"}, "a"), "pads", {1, 1, 1, 1});
  addNode(graph, "Relu", {"a"}, "b");
  addNode(graph, "GlobalAveragePool", {"b"}, "c");
  addNode(graph, "Reshape", {"c", "shape"}, "d");
  addNode(graph, "MatMul", {"d", "fc"}, "e");
  addNode(graph, "Softmax", {"e"}, "y");
  return model;
}

/// Shapes computed from the input's, a resize to them, slices and a scatter of constants.
onnx::ModelProto shapes() {
  onnx::ModelProto model = emptyModel();
  onnx::GraphProto *graph = model.mutable_graph();
  for (auto [name, values] : {std::pair{"two", 2L}, std::pair{"four", 4L}, std::pair{"zero", 0L}})
    addIntegers(graph, name, {values});
  addNode(graph, "Shape", {"x"}, "s");
  addNode(graph, "Slice", {"s", "two", "four"}, "hw");
  addNode(graph, "Mul", {"hw", "two"}, "big");
  addNode(graph, "Slice", {"s", "zero", "two"}, "nc");
  auto *axis = addNode(graph, "Concat", {"nc", "big"}, "sizes")->add_attribute();
  axis->set_name("axis");
  axis->set_type(onnx::AttributeProto::INT);
  axis->set_i(0);
  addNode(graph, "Resize", {"x", "", "", "sizes"}, "r");
  addNode(graph, "Tile", {"r", "sizes"}, "t");
  addNode(graph, "Pad", {"r", "repeats"}, "y");
  addIntegers(graph, "repeats", {0, 0, 1, 1, 0, 0, 1, 1});
  return model;
}

/// A local function with an attribute reference, called twice, and an If with a constant condition.
onnx::ModelProto functions() {
  onnx::ModelProto model = emptyModel();
  auto *local = model.add_opset_import();
  local->set_domain("local");
  local->set_version(1);
  onnx::FunctionProto *function = model.add_functions();
  function->set_domain("local");
  function->set_name("leaky");
  function->add_input("a");
  function->add_output("b");
  function->add_attribute("slope");
  function->add_opset_import()->set_version(17);
  onnx::GraphProto body;
  addNode(&body, "LeakyRelu", {"a"}, "b");
  *function->add_node() = body.node(0);
  auto *alpha = function->mutable_node(0)->add_attribute();
  alpha->set_name("alpha");
  alpha->set_type(onnx::AttributeProto::FLOAT);
  alpha->set_ref_attr_name("slope");
  onnx::GraphProto *graph = model.mutable_graph();
  addNode(graph, "leaky", {"x"}, "a")->set_domain("local");
  onnx::TensorProto *condition = graph->add_initializer();
  condition->set_name("c");
  condition->set_data_type(onnx::TensorProto::BOOL);
  condition->add_int32_data(1);
  onnx::NodeProto *branches = addNode(graph, "If", {"c"}, "y");
  for (const char *name : {"then_branch", "else_branch"}) {
    auto *branch = branches->add_attribute();
    branch->set_name(name);
    branch->set_type(onnx::AttributeProto::GRAPH);
    addNode(branch->mutable_g(), "leaky", {"a"}, name)->set_domain("local");
    branch->mutable_g()->add_output()->set_name(name);
  }
  return model;
}

class Mutation : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("onnx_mutation", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  /// Whether the bytes import; if not, something must have been said.
  bool imports(const std::string &bytes) {
    frontend::OnnxImportOptions options;
    options.path = (folder + "/model.onnx").str();
    options.weightsPath = (folder + "/model.safetensors").str();
    std::error_code code;
    llvm::raw_fd_ostream(options.path, code) << bytes;
    mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
    last.clear();
    context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
      last = diagnostic.str();
      return mlir::success();
    });
    bool imported = succeeded(frontend::importOnnx(context, options));
    EXPECT_TRUE(imported || !last.empty());
    EXPECT_EQ(imported, llvm::sys::fs::exists(options.weightsPath));
    llvm::sys::fs::remove(options.weightsPath);
    return imported;
  }

  void check(const onnx::ModelProto &model) {
    std::string bytes = model.SerializeAsString();
    ASSERT_TRUE(imports(bytes)) << last;
    for (size_t length = 0; length < bytes.size(); ++length)
      imports(bytes.substr(0, length));
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * bytes.size(); bit += 3) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      refused += !imports(flipped);
    }
    EXPECT_GT(refused, bytes.size() / 4);
  }

  llvm::SmallString<128> folder;
  std::string last;
};

TEST_F(Mutation, classifier) { check(classifier()); }
TEST_F(Mutation, functions) { check(functions()); }
TEST_F(Mutation, shapes) { check(shapes()); }

/// What a file holds is told from its beginning, whole or not.
TEST(LooksLikeOnnx, tellsByContent) {
  for (const onnx::ModelProto &model : {classifier(), shapes(), functions()}) {
    std::string bytes = model.SerializeAsString();
    EXPECT_TRUE(frontend::looksLikeOnnx(bytes));
    EXPECT_TRUE(frontend::looksLikeOnnx(llvm::StringRef(bytes).take_front(64)));
  }
  for (llvm::StringRef other : {llvm::StringRef(), llvm::StringRef("input { name: \"x\" }"),
                                llvm::StringRef("PK\x03\x04\x14\0\0\0", 8), llvm::StringRef("\x80\x02\x8a\x0a", 4),
                                llvm::StringRef("\x7f"
                                                "ELF\x02\x01",
                                                6),
                                llvm::StringRef("module attributes {}")})
    EXPECT_FALSE(frontend::looksLikeOnnx(other)) << other.str();
}

} // namespace
