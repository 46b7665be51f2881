// The reference evaluator on small networks whose results are computed here with plain loops.
#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Weights/WeightWriter.h"
#include "dialects/cnn/Cnn.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <numeric>

using namespace mlir;

namespace convoy::compiler::test {

using Floats = std::vector<float>;

static HostValue floats(ArrayRef<int64_t> dims, const Floats &numbers) {
  auto [value, bytes] = HostValue::make(proto::F32, dims);
  std::memcpy(bytes, numbers.data(), numbers.size() * sizeof(float));
  return value;
}

static Floats numbersOf(const HostValue &value) {
  Floats numbers(static_cast<size_t>(value.elements()));
  std::memcpy(numbers.data(), value.data, numbers.size() * sizeof(float));
  return numbers;
}

class Evaluate : public testing::Test {
protected:
  Evaluate()
      : handler(&context, [this](Diagnostic &diagnostic) {
          message += diagnostic.str();
          return success();
        }) {
    context.loadDialect<cnn::CnnDialect, kernel::KernelDialect, func::FuncDialect>();
  }

  /// A weight file that goes with the test.
  void openWeights(llvm::function_ref<void(weights::WeightWriter &)> fill) {
    SmallString<128> path;
    llvm::sys::fs::createUniquePath("%%%%%%.safetensors", path, /*MakeAbsolute=*/true);
    weights::WeightWriter writer(path.str().str());
    fill(writer);
    ASSERT_TRUE(writer.finish());
    auto opened = weights::WeightFile::openSafetensors(path.str().str());
    ASSERT_TRUE(opened) << opened.error();
    file = std::move(*opened);
    llvm::sys::fs::remove(path);
  }

  FailureOr<std::vector<HostValue>> run(const std::string &text, ArrayRef<HostValue> inputs,
                                        const Observer &observer = nullptr) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << message;
    return module ? evaluateNetwork(module->lookupSymbol<func::FuncOp>("main"), inputs, file.get(), observer)
                  : FailureOr<std::vector<HostValue>>(failure());
  }

  MLIRContext context;
  std::string message;
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<weights::WeightFile> file;
};

TEST_F(Evaluate, ConvolutionOfTheCross) {
  Floats image(25), cross{1, 0, 1, 0, 1, 0, 1, 0, 1};
  std::iota(image.begin(), image.end(), 1.0F);
  auto results = run(R"(func.func @main(%x: tensor<1x1x5x5xf32>, %w: tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32> {
    %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
        pads = array<i64: 0, 0, 0, 0>} : (tensor<1x1x5x5xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
    return %y : tensor<1x1x3x3xf32> })",
                     {floats({1, 1, 5, 5}, image), floats({1, 1, 3, 3}, cross)});
  ASSERT_TRUE(succeeded(results)) << message;
  EXPECT_EQ(numbersOf(results->front()), (Floats{35, 40, 45, 60, 65, 70, 85, 90, 95}));
}

TEST_F(Evaluate, SumsAreWide) {
  // In float32 the sum stops at 2^24.
  Floats ones(1 << 15, 1024.0F);
  ones.front() = 1;
  auto results = run(R"(func.func @main(%x: tensor<32768xf32>) -> tensor<1xf32> {
    %y = cnn.reduce sum %x {axes = array<i64: 0>} : (tensor<32768xf32>) -> tensor<1xf32>
    return %y : tensor<1xf32> })",
                     {floats({1 << 15}, ones)});
  ASSERT_TRUE(succeeded(results)) << message;
  EXPECT_EQ(numbersOf(results->front()), (Floats{static_cast<float>(32767 * 1024.0 + 1)}));
}

/// Broadcast in each of the ways that the native loop tells apart, as the kernels compute it for doubles.
TEST_F(Evaluate, NativeArithmeticIsThatOfKernels) {
  const char *network = R"(func.func @main(%a: tensor<2x1x3xTYPE>, %b: tensor<4x1xTYPE>, %c: tensor<TYPE>)
      -> tensor<2x4x3xTYPE> {
    %0 = cnn.elementwise "FUNCTION"(%a, %b) : (tensor<2x1x3xTYPE>, tensor<4x1xTYPE>) -> tensor<2x4x3xTYPE>
    %1 = cnn.elementwise "FUNCTION"(%0, %c) : (tensor<2x4x3xTYPE>, tensor<TYPE>) -> tensor<2x4x3xTYPE>
    return %1 : tensor<2x4x3xTYPE> })";
  auto compute = [](const std::string &function, double a, double b) {
    return function == "add" ? a + b : function == "sub" ? a - b : function == "mul" ? a * b : a / b;
  };
  Floats a{1, 2, 3, 4, 5, 6}, b{0.5F, -2, 4, 8}, c{3};
  for (std::string function : {"add", "sub", "mul", "div"}) {
    std::string text = network;
    for (auto [word, replacement] : {std::pair<std::string, std::string>{"TYPE", "f32"}, {"FUNCTION", function}})
      for (size_t at; (at = text.find(word)) != std::string::npos;)
        text.replace(at, word.size(), replacement);
    auto results = run(text, {floats({2, 1, 3}, a), floats({4, 1}, b), floats({}, c)});
    ASSERT_TRUE(succeeded(results)) << message;
    Floats expected;
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 4; ++j)
        for (int k = 0; k < 3; ++k)
          expected.push_back(
              static_cast<float>(compute(function, static_cast<float>(compute(function, a[i * 3 + k], b[j])), c[0])));
    EXPECT_EQ(numbersOf(results->front()), expected) << function;
  }
}

TEST_F(Evaluate, SymbolicShapesAreThoseOfTheInputs) {
  const char *network = R"(func.func @main(%x: tensor<?x3x?xf32> {cnn.name = "x", cnn.dims = ["N", "", "W"]})
      -> tensor<?x?xf32> {
    %n = cnn.dim %x from 0 to 1 : (tensor<?x3x?xf32>) -> tensor<1xi64>
    %r = cnn.constant dense<-1> : tensor<1xi64>
    %s = cnn.concat %n, %r {axis = 0} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
    %y = cnn.reshape %x, %s : (tensor<?x3x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
    return %y : tensor<?x?xf32> })";
  auto results = run(network, {floats({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})});
  ASSERT_TRUE(succeeded(results)) << message;
  EXPECT_EQ(results->front().dims, (SmallVector<int64_t, 6>{2, 6}));
}

TEST_F(Evaluate, ObserverSeesEachOpOfTheNetwork) {
  std::vector<std::string> seen;
  auto results = run(R"(func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %a = cnn.elementwise "relu"(%x) : (tensor<4xf32>) -> tensor<4xf32>
    %b = cnn.elementwise "neg"(%a) : (tensor<4xf32>) -> tensor<4xf32>
    return %b : tensor<4xf32> })",
                     {floats({4}, {-1, 2, NAN, -0.0F})}, [&](Operation *op, ArrayRef<HostValue> values) {
                       EXPECT_EQ(op->getParentOfType<ModuleOp>(), *module) << "the caller's own ops";
                       seen.push_back(cast<cnn::ElementwiseOp>(op).getFunction().str());
                       return success(values.size() == 1);
                     });
  ASSERT_TRUE(succeeded(results)) << message;
  EXPECT_EQ(seen, (std::vector<std::string>{"relu", "neg"}));
  Floats numbers = numbersOf(results->front());
  EXPECT_EQ(numbers[0], 0);
  EXPECT_EQ(numbers[1], -2);
}

TEST_F(Evaluate, SizesThatDependOnData) {
  auto results = run(R"(func.func @main(%x: tensor<2x3xf32>) -> tensor<2x?xi64> {
    %y = cnn.library_call "non_zero"(%x) {options = {}} : (tensor<2x3xf32>) -> tensor<2x?xi64>
    return %y : tensor<2x?xi64> })",
                     {floats({2, 3}, {0, 1, 0, 2, 0, 3})});
  ASSERT_TRUE(succeeded(results)) << message;
  EXPECT_EQ(results->front().dims, (SmallVector<int64_t, 6>{2, 3}));
  std::vector<int64_t> indices(6), expected{0, 1, 1, 1, 0, 2};
  std::memcpy(indices.data(), results->front().data, 6 * sizeof(int64_t));
  EXPECT_EQ(indices, expected);
}

TEST_F(Evaluate, PrepareFoldsAndLaysOut) {
  uint64_t weight = 0, scale = 0;
  openWeights([&](weights::WeightWriter &writer) {
    Floats w{1, 2, 3, 4, 5, 6}, s{10, 100};
    weight = writer.add("w", proto::F32, {2, 3}, {reinterpret_cast<const char *>(w.data()), 24});
    scale = writer.add("s", proto::F32, {2, 1}, {reinterpret_cast<const char *>(s.data()), 8});
  });
  std::string text = R"(#packed = #cnn.layout<[1, 0], after = [2, 0]>
  func.func @main() -> tensor<2x3xf32, #packed> {
    %0 = kernel.prepare {
      %w = cnn.weight <"w", )" +
                     std::to_string(weight) + R"(> : tensor<2x3xf32>
      %s = cnn.weight <"s", )" +
                     std::to_string(scale) + R"(> : tensor<2x1xf32>
      %p = cnn.elementwise "mul"(%w, %s) : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
      %l = cnn.relayout %p : (tensor<2x3xf32>) -> tensor<2x3xf32, #packed>
      kernel.return %l : tensor<2x3xf32, #packed>
    } : tensor<2x3xf32, #packed>
    return %0 : tensor<2x3xf32, #packed> })";
  module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module) << message;
  kernel::PrepareOp prepare;
  module->walk([&](kernel::PrepareOp op) { prepare = op; });
  auto packed = evaluatePrepare(prepare, file.get());
  ASSERT_TRUE(succeeded(packed)) << message;
  Floats numbers(packed->front().size() / 4);
  std::memcpy(numbers.data(), packed->front().data(), packed->front().size());
  EXPECT_EQ(numbers, (Floats{10, 400, 0, 0, 20, 500, 0, 0, 30, 600, 0, 0}));
}

TEST_F(Evaluate, WeightsOfAnotherFileAreNoticed) {
  openWeights([](weights::WeightWriter &writer) { writer.add("w", proto::U8, {1}, {"x", 1}); });
  std::string network = R"(func.func @main() -> tensor<1xui8> {
    %w = cnn.weight <"NAME", 17> : tensor<1xui8>
    return %w : tensor<1xui8> })";
  EXPECT_TRUE(failed(run(std::string(network).replace(network.find("NAME"), 4, "w"), {})));
  EXPECT_NE(message.find("other bytes than the module was made for"), std::string::npos) << message;
  message.clear();
  EXPECT_TRUE(failed(run(std::string(network).replace(network.find("NAME"), 4, "v"), {})));
  EXPECT_NE(message.find("has no entry 'v'"), std::string::npos) << message;
  message.clear();
  std::string hash = std::to_string(weights::hashOf({"x", 1}));
  EXPECT_TRUE(failed(run("func.func @main() -> tensor<2xui8> { %w = cnn.weight <\"w\", " + hash +
                             "> : tensor<2xui8> return %w : tensor<2xui8> }",
                         {})));
  EXPECT_NE(message.find("entry 'w' of the weight file is 1 ui8"), std::string::npos) << message;
  message.clear();
  file.reset();
  EXPECT_TRUE(failed(run(network, {})));
  EXPECT_NE(message.find("no weight file"), std::string::npos) << message;
}

} // namespace convoy::compiler::test
