// Networks quantised with what the reference evaluator computes of them.
#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Types/Quantise/Calibration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;

namespace convoy::compiler::test {

/// Samples of one input, on which the evaluator runs networks.
class Samples : public NetworkRunner {
public:
  Samples(ArrayRef<int64_t> dims, int count, float scale) {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (int i = 0; i < count; ++i) {
      auto [value, bytes] = HostValue::make(proto::F32, dims);
      for (int64_t k = 0; k < value.elements(); ++k) {
        float number = uniform(random) * scale;
        std::memcpy(bytes + k * 4, &number, 4);
      }
      values.push_back(value);
    }
  }

  LogicalResult run(ModuleOp network, Visitor visit) override {
    ++runs;
    if (failed(verify(network)))
      return failure();
    for (const HostValue &value : values) {
      auto results = evaluateNetwork(*network.getOps<func::FuncOp>().begin(), value, nullptr, nullptr);
      if (failed(results) || failed(visit("the sample", *results)))
        return failure();
    }
    return success();
  }

  std::vector<HostValue> values;
  int runs = 0;
};

class Quantise : public testing::Test {
protected:
  Quantise()
      : handler(&context, [this](Diagnostic &diagnostic) {
          message += diagnostic.str();
          return success();
        }) {
    context.loadDialect<cnn::CnnDialect, kernel::KernelDialect, func::FuncDialect>();
  }

  void read(const std::string &text) {
    module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module) << message;
  }

  /// Calibrates the network and quantises it; layers of `kept` stay.
  void quantiseNetwork(Samples &samples, CalibrationOptions options = {}, ArrayRef<StringRef> kept = {}) {
    options.runner = &samples;
    std::string before = print();
    auto calibrated = calibrate(*module, options);
    ASSERT_TRUE(succeeded(calibrated)) << message;
    EXPECT_EQ(print(), before); // calibration leaves the network alone
    calibration = std::move(*calibrated);
    LayerTypes types;
    types.common = ComputeType::I8;
    for (StringRef name : kept)
      types.layers[name] = ComputeType::F32;
    ASSERT_TRUE(succeeded(quantise(*module, types, calibration)));
    ASSERT_TRUE(succeeded(verify(*module))) << message << print();
  }

  std::string print() {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module->print(stream);
    return text;
  }

  template <typename Op> SmallVector<Op> all() {
    return llvm::to_vector((*module->getOps<func::FuncOp>().begin()).getBody().front().getOps<Op>());
  }

  /// Whether two values are quantised with one scale and zero point.
  static bool sameScale(cnn::QuantizeOp a, cnn::QuantizeOp b) {
    auto constant = [](Value value) { return value.getDefiningOp<cnn::ConstantOp>().getValue(); };
    return constant(a.getScale()) == constant(b.getScale()) && constant(a.getZeroPoint()) == constant(b.getZeroPoint());
  }

  /// The op whose result is quantised for the layer's activation.
  static Operation *quantisedSource(cnn::ConvolutionOp layer) {
    auto dequantize = layer.getInput().getDefiningOp<cnn::DequantizeOp>();
    return dequantize ? dequantize.getInput().getDefiningOp<cnn::QuantizeOp>().getInput().getDefiningOp() : nullptr;
  }

  MLIRContext context;
  ScopedDiagnosticHandler handler;
  std::string message;
  OwningOpRef<ModuleOp> module;
  Calibration calibration;
};

/// A convolution without padding, 1x1.
static std::string convolution(const std::string &result, const std::string &input, int64_t in, int64_t out,
                               const std::string &weight = "0.37") {
  std::string type = "tensor<" + std::to_string(out) + "x" + std::to_string(in) + "x1x1xf32>";
  auto image = [](int64_t channels) { return "tensor<1x" + std::to_string(channels) + "x4x4xf32>"; };
  return "%w" + result + " = cnn.constant dense<" + weight + "> : " + type + "\n%" + result + " = cnn.convolution %" +
         input + ", %w" + result +
         " {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (" + image(in) +
         ", " + type + ") -> " + image(out) + " loc(\"m.onnx:" + result + "\")\n";
}

static std::string network(const std::string &body, const std::string &result, const std::string &type) {
  return "func.func @main(%x: tensor<1x2x4x4xf32> {cnn.name = \"x\"}) -> (" + type + " {cnn.name = \"y\"}) {\n" + body +
         "return %" + result + " : " + type + "\n}\n";
}

TEST_F(Quantise, ScalesAreThoseOfTheSamples) {
  read(network(convolution("a", "x", 2, 3, "[[[[1.0]], [[-2.0]]], [[[0.5]], [[0.0]]], [[[0.0]], [[0.0]]]]"), "a",
               "tensor<1x3x4x4xf32>"));
  Samples samples({1, 2, 4, 4}, 3, 5);
  quantiseNetwork(samples, {RangeMethod::MinMax});
  Range range;
  for (const HostValue &value : samples.values)
    for (int64_t i = 0; i < value.elements(); ++i)
      range.include(reinterpret_cast<const float *>(value.data)[i]);
  auto quantizes = all<cnn::QuantizeOp>();
  ASSERT_EQ(quantizes.size(), 2u) << print();
  for (cnn::QuantizeOp op : quantizes) {
    auto scale = cast<DenseElementsAttr>(op.getScale().getDefiningOp<cnn::ConstantOp>().getValue());
    auto zero = cast<DenseElementsAttr>(op.getZeroPoint().getDefiningOp<cnn::ConstantOp>().getValue());
    if (op.getType().getElementType().isUnsignedInteger()) {
      EXPECT_FLOAT_EQ(scale.getSplatValue<float>(), static_cast<float>((range.high - range.low) / 255));
      EXPECT_EQ(zero.getSplatValue<APInt>().getZExtValue(),
                static_cast<uint64_t>(std::nearbyint(-range.low / ((range.high - range.low) / 255))));
      continue;
    }
    SmallVector<float> scales(scale.getValues<float>());
    EXPECT_EQ(scales, (SmallVector<float>{2.0F / 127, 0.5F / 127, 1})); // the last has zeros alone
    EXPECT_TRUE(zero.getSplatValue<APInt>().isZero());
  }
  EXPECT_FALSE(isa<cnn::DequantizeOp>((*module->getOps<func::FuncOp>().begin())
                                          .getBody()
                                          .front()
                                          .getTerminator()
                                          ->getOperand(0)
                                          .getDefiningOp())); // what the network gives stays as it is
}

TEST_F(Quantise, WhatMovementConnectsSharesAScale) {
  read(network(convolution("a", "x", 2, 2) + convolution("b", "x", 2, 2, "-0.9") +
                   "%c = cnn.concat %a, %b {axis = 1 : i64} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> "
                   "tensor<1x4x4x4xf32>\n" +
                   convolution("d", "c", 4, 2),
               "d", "tensor<1x2x4x4xf32>"));
  Samples samples({1, 2, 4, 4}, 1, 1);
  quantiseNetwork(samples);
  SmallVector<cnn::QuantizeOp> shared;
  for (cnn::QuantizeOp op : all<cnn::QuantizeOp>())
    if (op.getType().getElementType().isUnsignedInteger() && !isa<BlockArgument>(op.getInput()))
      shared.push_back(op);
  ASSERT_EQ(shared.size(), 3u) << print(); // a, b and their concat
  EXPECT_TRUE(sameScale(shared[0], shared[1]) && sameScale(shared[0], shared[2]));
}

TEST_F(Quantise, SumsKeepOneOperandInRegisters) {
  read(network(convolution("a", "x", 2, 2) + convolution("b", "x", 2, 2, "-0.9") +
                   "%s = cnn.elementwise \"add\"(%a, %b) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> "
                   "tensor<1x2x4x4xf32>\n" +
                   convolution("d", "s", 2, 2),
               "d", "tensor<1x2x4x4xf32>"));
  Samples samples({1, 2, 4, 4}, 1, 1);
  quantiseNetwork(samples);
  auto sum = all<cnn::ElementwiseOp>().front();
  auto isQuantised = [](Value value) { return value.getDefiningOp<cnn::DequantizeOp>() != nullptr; };
  EXPECT_NE(isQuantised(sum.getOperands()[0]), isQuantised(sum.getOperands()[1])) << print();
}

TEST_F(Quantise, WhatNoQuantisedLayerReadsStays) {
  std::string body = convolution("a", "x", 2, 2) +
                     "%s = cnn.softmax %a {axis = 1 : i64} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>\n" +
                     convolution("b", "s", 2, 2);
  read(network(body, "b", "tensor<1x2x4x4xf32>"));
  Samples samples({1, 2, 4, 4}, 1, 1);
  quantiseNetwork(samples, {}, {"b"});
  auto layers = all<cnn::ConvolutionOp>();
  EXPECT_TRUE(layers[0].getInput().getDefiningOp<cnn::DequantizeOp>());
  EXPECT_TRUE(isa<cnn::SoftmaxOp>(layers[1].getInput().getDefiningOp())) << print();
  EXPECT_TRUE(isa<cnn::ConvolutionOp>(all<cnn::SoftmaxOp>().front().getInput().getDefiningOp()));
}

TEST_F(Quantise, GatesGoBackInFrontOfQuantisedLayersAlone) {
  std::string gate =
      "%m = cnn.reduce mean %x {axes = array<i64: 2, 3>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>\n"
      "%w = cnn.constant dense<0.5> : tensor<3x2x1x1xf32>\n"
      "%p = cnn.elementwise \"mul\"(%w, %m) : (tensor<3x2x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<3x2x1x1xf32>\n"
      "%y = cnn.convolution %x, %p {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: "
      "1, 1>} : (tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32>) -> tensor<1x3x4x4xf32> loc(\"m.onnx:gated\")\n";
  Samples samples({1, 2, 4, 4}, 1, 1);
  read(network(gate, "y", "tensor<1x3x4x4xf32>"));
  quantiseNetwork(samples);
  Operation *source = quantisedSource(all<cnn::ConvolutionOp>().front());
  ASSERT_TRUE(source) << print();
  EXPECT_EQ(cast<cnn::ElementwiseOp>(source).getFunction(), "mul");
  read(network(gate, "y", "tensor<1x3x4x4xf32>"));
  std::string before = print();
  quantiseNetwork(samples, {}, {"gated"});
  EXPECT_EQ(print(), before);
}

TEST_F(Quantise, CostlyFunctionsStandBetweenBytes) {
  auto quantises = [&](const std::string &function) {
    auto layer = [](const std::string &result, const std::string &input) {
      return "%w" + result + " = cnn.constant dense<0.4> : tensor<32x32x1x1xf32>\n%" + result + " = cnn.convolution %" +
             input + ", %w" + result +
             " {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : "
             "(tensor<1x32x8x8xf32>, tensor<32x32x1x1xf32>) -> tensor<1x32x8x8xf32> loc(\"m.onnx:" +
             result + "\")\n";
    };
    read("func.func @main(%x: tensor<1x32x8x8xf32> {cnn.name = \"x\"}) -> (tensor<1x32x8x8xf32> {cnn.name = \"y\"}) "
         "{\n" +
         layer("a", "x") + "%f = cnn.elementwise \"" + function +
         "\"(%a) : (tensor<1x32x8x8xf32>) -> tensor<1x32x8x8xf32>\n" + layer("b", "f") +
         "return %b : tensor<1x32x8x8xf32>\n}\n");
    Samples samples({1, 32, 8, 8}, 1, 1);
    quantiseNetwork(samples);
    return all<cnn::ElementwiseOp>().front().getOperands()[0].getDefiningOp<cnn::DequantizeOp>() != nullptr;
  };
  EXPECT_TRUE(quantises("hard_swish")) << print();
  EXPECT_FALSE(quantises("relu")) << print();
}

TEST_F(Quantise, TheBiasMakesUpForTheMean) {
  read(network(convolution("a", "x", 2, 3, "[[[[1.0]], [[0.304]]], [[[0.5]], [[0.4]]], [[[0.013]], [[1.3]]]]"), "a",
               "tensor<1x3x4x4xf32>"));
  Samples samples({1, 2, 4, 4}, 2, 1);
  for (HostValue &value : samples.values) { // far from zero, so that rounded weights shift results
    auto *numbers = static_cast<float *>(const_cast<void *>(static_cast<const void *>(value.data)));
    for (int64_t i = 0; i < value.elements(); ++i)
      numbers[i] = 3 + 0.1F * numbers[i];
  }
  auto meansOf = [&] {
    std::vector<double> means(3);
    EXPECT_TRUE(succeeded(samples.run(*module, [&](const std::string &, ArrayRef<HostValue> results) {
      for (int64_t i = 0; i < 48; ++i)
        means[static_cast<size_t>(i / 16)] += reinterpret_cast<const float *>(results[0].data)[i] / 32;
      return success();
    })));
    return means;
  };
  OwningOpRef<ModuleOp> original = module->clone();
  auto errorOf = [&](bool corrects) {
    module = original->clone();
    std::vector<double> right = meansOf();
    CalibrationOptions options{RangeMethod::MinMax};
    options.correctsBias = corrects;
    quantiseNetwork(samples, options);
    std::vector<double> got = meansOf();
    double error = 0;
    for (size_t i = 0; i < right.size(); ++i)
      error = std::max(error, std::abs(got[i] - right[i]));
    return error;
  };
  double without = errorOf(false), with = errorOf(true);
  EXPECT_GT(without, 1e-3);
  EXPECT_LT(with, 0.1 * without);
}

TEST_F(Quantise, TellsTheNoiseOfEachLayer) {
  read(network(convolution("a", "x", 2, 2, "[[[[1.0]], [[0.3]]], [[[0.5]], [[-0.7]]]]"), "a", "tensor<1x2x4x4xf32>"));
  Samples samples({1, 2, 4, 4}, 2, 1);
  quantiseNetwork(samples);
  ASSERT_EQ(calibration.layers.size(), 1u);
  const LayerCalibration &layer = calibration.layers.begin()->second;
  EXPECT_EQ(layer.name, "a");
  EXPECT_GT(layer.decibels(), 35); // a step of 1/255 of the range: some 50 dB, and the weights' own
  EXPECT_LT(layer.decibels(), 60);
}

TEST_F(Quantise, ZerosAndWhatIsNotFinite) {
  read(network(convolution("a", "x", 2, 2) + convolution("b", "a", 2, 2), "b", "tensor<1x2x4x4xf32>"));
  Samples zeros({1, 2, 4, 4}, 1, 0);
  quantiseNetwork(zeros);
  for (auto [number, scale] : calibration.scales)
    EXPECT_EQ(scale.scale, 1);
  read(network(convolution("a", "x", 2, 2, "3.0e38") + convolution("b", "a", 2, 2), "b", "tensor<1x2x4x4xf32>"));
  Samples large({1, 2, 4, 4}, 1, 100);
  CalibrationOptions options;
  options.runner = &large;
  EXPECT_TRUE(failed(calibrate(*module, options)));
  EXPECT_NE(message.find("gives NaN or infinity for the sample"), std::string::npos) << message;
  message.clear();
  read(network(convolution("a", "x", 2, 2, "0x7FC00000"), "a", "tensor<1x2x4x4xf32>"));
  EXPECT_TRUE(failed(calibrate(*module, options)));
  EXPECT_NE(message.find("a weight is NaN or infinite"), std::string::npos) << message;
}

TEST_F(Quantise, WhatStaysIsNotCalibrated) {
  std::string body = convolution("a", "x", 2, 2) + convolution("b", "a", 2, 2, "0x7FC00000");
  read(network(body, "b", "tensor<1x2x4x4xf32>"));
  Samples samples({1, 2, 4, 4}, 1, 1);
  CalibrationOptions options;
  options.kept.insert("b");
  quantiseNetwork(samples, options, {"b"});
  auto layers = all<cnn::ConvolutionOp>();
  EXPECT_TRUE(layers[0].getWeight().getDefiningOp<cnn::DequantizeOp>());
  EXPECT_FALSE(layers[1].getWeight().getDefiningOp<cnn::DequantizeOp>());
}

/// Names of other exporters end in ":0".
TEST_F(Quantise, NamesMayHoldColons) {
  std::string body = convolution("a", "x", 2, 2);
  body.replace(body.find("m.onnx:a"), 8, "m.onnx:net/a:0");
  read(network(body, "a", "tensor<1x2x4x4xf32>"));
  EXPECT_EQ(layerName(all<cnn::ConvolutionOp>().front()), "net/a:0");
}

} // namespace convoy::compiler::test
