// Shapes and index arithmetic over symbols. A result's dimensions are compared as text and, for several values of the
// symbols, with what the same rules give for static arguments.
#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace convoy;

namespace {

class Shapes : public testing::Test {
protected:
  Shapes() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
  }

  /// Analyses a function whose argument %x is `tensor<ARGUMENT>` and gives the facts of what it returns.
  cnn::Facts analyze(StringRef argument, StringRef dims, StringRef body) {
    std::string names = dims.empty() ? "" : (" {cnn.dims = [" + dims + "]}").str();
    std::string text = ("func.func @main(%x: tensor<" + argument + ">" + names + ") {\n" + body + "\nreturn\n}").str();
    // The value %r is what the test looks at.
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    auto function = *module->getOps<func::FuncOp>().begin();
    analysis.emplace(&context);
    if (failed(cnn::analyzeFunction(cast<FunctionOpInterface>(function.getOperation()), *analysis))) {
      ADD_FAILURE() << text;
      return {};
    }
    Block &block = function.getBody().front();
    return analysis->facts(std::prev(block.end(), 2)->getResult(0));
  }

  std::string text(ArrayRef<AffineExpr> expressions) {
    std::string result;
    llvm::raw_string_ostream stream(result);
    llvm::interleave(expressions, stream, [&](AffineExpr e) { e ? stream << e : stream << "?"; }, ", ");
    return result;
  }

  std::string dims(StringRef argument, StringRef names, StringRef body) {
    return text(analyze(argument, names, body).dims);
  }
  std::string elements(StringRef argument, StringRef names, StringRef body) {
    cnn::Facts facts = analyze(argument, names, body);
    return facts.elements ? text(*facts.elements) : "unknown";
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::optional<cnn::ShapeAnalysis> analysis;
};

constexpr llvm::StringLiteral image = "?x3x?x?xf32", names = R"("N", "", "H", "W")";

TEST_F(Shapes, ConvolutionFollowsItsFormula) {
  StringRef body = R"(
    %w = cnn.weight <"w", 1> : tensor<8x3x3x3xf32>
    %r = cnn.convolution %x, %w {strides = array<i64: 2, 1>, dilations = array<i64: 1, 2>, pads = array<i64: 1, 2, 1, 2>}
        : (tensor<?x3x?x?xf32>, tensor<8x3x3x3xf32>) -> tensor<?x8x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 8, (s1 - 1) floordiv 2 + 1, s2");
}

TEST_F(Shapes, TransposedConvolutionUndoesTheStride) {
  StringRef body = R"(
    %w = cnn.weight <"w", 1> : tensor<3x8x2x4xf32>
    %r = cnn.convolution %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 1>,
                                 transposed = true} : (tensor<?x3x?x?xf32>, tensor<3x8x2x4xf32>) -> tensor<?x8x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 8, s1 * 2, s2 * 2");
}

TEST_F(Shapes, PoolRoundsUpInCeilMode) {
  StringRef body = R"(
    %r = cnn.pool max %x {window = array<i64: 3, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
                          pads = array<i64: 0, 0, 0, 0>, ceil_mode = true} : (tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 3, (s1 - 3) ceildiv 2 + 1, (s2 - 2) ceildiv 2 + 1");
}

TEST_F(Shapes, ReshapeCancelsEqualFactors) {
  StringRef body = R"(
    %s = cnn.constant dense<[0, -1, 4]> : tensor<3xi64>
    %w = cnn.weight <"w", 1> : tensor<8x3x1x1xf32>
    %y = cnn.convolution %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
        : (tensor<?x3x?x?xf32>, tensor<8x3x1x1xf32>) -> tensor<?x8x?x?xf32>
    %r = cnn.reshape %y, %s : (tensor<?x8x?x?xf32>, tensor<3xi64>) -> tensor<?x?x4xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, (s1 * s2) * 2, 4");
}

TEST_F(Shapes, FlattenOfSymbolsComesBack) {
  // [N, H * W, 3] to [N, 3, H, W] with the extents that the image had.
  StringRef body = R"(
    %flat = cnn.constant dense<[0, 3, -1]> : tensor<3xi64>
    %a = cnn.reshape %x, %flat : (tensor<?x3x?x?xf32>, tensor<3xi64>) -> tensor<?x3x?xf32>
    %d = cnn.dim %x from 0 to 3 : (tensor<?x3x?x?xf32>) -> tensor<3xi64>
    %m = cnn.constant dense<-1> : tensor<1xi64>
    %s = cnn.concat %d, %m {axis = 0} : (tensor<3xi64>, tensor<1xi64>) -> tensor<4xi64>
    %r = cnn.reshape %a, %s : (tensor<?x3x?xf32>, tensor<4xi64>) -> tensor<?x3x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 3, s1, s2");
  EXPECT_TRUE(analysis->assumptions().empty());
}

TEST_F(Shapes, BroadcastOfSymbolAndOne) {
  StringRef body = R"(
    %c = cnn.constant dense<1.0> : tensor<1x3x1x1xf32>
    %r = cnn.elementwise "mul"(%c, %x) : (tensor<1x3x1x1xf32>, tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 3, s1, s2");
}

TEST_F(Shapes, DifferentSymbolsAreAssumedEqual) {
  StringRef body = R"(
    %t = cnn.transpose %x [1, 0] : (tensor<?x?xf32>) -> tensor<?x?xf32>
    %r = cnn.elementwise "add"(%x, %t) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>)";
  EXPECT_EQ(dims("?x?xf32", R"("A", "B")", body), "s0, s1");
  ASSERT_EQ(analysis->assumptions().size(), 2u);
  EXPECT_EQ(analysis->assumptions()[0].kind, cnn::Assumption::Zero);
}

TEST_F(Shapes, SliceCountsFromTheEnd) {
  StringRef body = R"(
    %s = cnn.constant dense<[1, -3]> : tensor<2xi64>
    %e = cnn.constant dense<[-1, 9223372036854775807]> : tensor<2xi64>
    %r = cnn.slice %x, %s, %e {axes = array<i64: 2, 3>, steps = array<i64: 1, 2>}
        : (tensor<?x3x?x?xf32>, tensor<2xi64>, tensor<2xi64>) -> tensor<?x3x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 3, s1 - 2, 2");
}

TEST_F(Shapes, SliceBackwardsToTheFirst) {
  StringRef body = R"(
    %s = cnn.constant dense<-1> : tensor<1xi64>
    %e = cnn.constant dense<-9223372036854775807> : tensor<1xi64>
    %r = cnn.slice %x, %s, %e {axes = array<i64: 2>, steps = array<i64: -2>}
        : (tensor<?x3x?x?xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x3x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 3, s1 ceildiv 2, s2");
}

TEST_F(Shapes, ResizeByAFraction) {
  StringRef body = R"(
    %r = cnn.resize linear half_pixel floor %x {axes = array<i64: 2, 3>, scales = array<f64: 0.5, 1.5>}
        : (tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>)";
  EXPECT_EQ(dims(image, names, body), "s0, 3, s1 floordiv 2, (s2 * 3) floordiv 2");
}

TEST_F(Shapes, ElementsPassIndexArithmetic) {
  StringRef body = R"(
    %d = cnn.dim %x from 2 to 4 : (tensor<?x3x?x?xf32>) -> tensor<2xi64>
    %i = cnn.constant dense<[1, 0, -1]> : tensor<3xi64>
    %g = cnn.gather slices %d, %i : (tensor<2xi64>, tensor<3xi64>) -> tensor<3xi64>
    %two = cnn.constant dense<2> : tensor<i64>
    %m = cnn.elementwise "mul"(%g, %two) : (tensor<3xi64>, tensor<i64>) -> tensor<3xi64>
    %f = cnn.cast %m : (tensor<3xi64>) -> tensor<3xf32>
    %fl = cnn.elementwise "floor"(%f) : (tensor<3xf32>) -> tensor<3xf32>
    %c = cnn.cast %fl : (tensor<3xf32>) -> tensor<3xi64>
    %three = cnn.constant dense<3> : tensor<i64>
    %r = cnn.elementwise "div"(%c, %three) : (tensor<3xi64>, tensor<i64>) -> tensor<3xi64>)";
  EXPECT_EQ(elements(image, names, body), "(s2 * 2) floordiv 3, (s1 * 2) floordiv 3, (s2 * 2) floordiv 3");
}

TEST_F(Shapes, ComparisonsOfExtentsAreDecided) {
  // where(dim == -1, 1, dim) is how exporters write the shape of an expand.
  StringRef body = R"(
    %d = cnn.dim %x from 0 to 2 : (tensor<?x3x?x?xf32>) -> tensor<2xi64>
    %m = cnn.constant dense<-1> : tensor<1xi64>
    %one = cnn.constant dense<1> : tensor<1xi64>
    %e = cnn.elementwise "equal"(%d, %m) : (tensor<2xi64>, tensor<1xi64>) -> tensor<2xi1>
    %r = cnn.elementwise "where"(%e, %one, %d) : (tensor<2xi1>, tensor<1xi64>, tensor<2xi64>) -> tensor<2xi64>)";
  EXPECT_EQ(elements(image, names, body), "s0, 3");
}

TEST_F(Shapes, UndecidedComparisonIsUnknown) {
  StringRef body = R"(
    %d = cnn.dim %x from 2 to 3 : (tensor<?x3x?x?xf32>) -> tensor<1xi64>
    %m = cnn.constant dense<7> : tensor<1xi64>
    %r = cnn.elementwise "less"(%d, %m) : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi1>)";
  EXPECT_EQ(elements(image, names, body), "unknown");
}

TEST_F(Shapes, ElementsOfMovedTensors) {
  StringRef body = R"(
    %c = cnn.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>
    %t = cnn.transpose %c [1, 0] : (tensor<2x3xi64>) -> tensor<3x2xi64>
    %s = cnn.constant dense<0> : tensor<1xi64>
    %e = cnn.constant dense<3> : tensor<1xi64>
    %p = cnn.slice %t, %s, %e {axes = array<i64: 0>, steps = array<i64: 2>}
        : (tensor<3x2xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x2xi64>
    %r = cnn.concat %p, %p {axis = 1} : (tensor<2x2xi64>, tensor<2x2xi64>) -> tensor<2x4xi64>)";
  EXPECT_EQ(elements("4xf32", "", body), "1, 4, 1, 4, 3, 6, 3, 6");
}

TEST_F(Shapes, ProductOfExtents) {
  StringRef body = R"(
    %d = cnn.dim %x from 1 to 3 : (tensor<?x3x?x?xf32>) -> tensor<2xi64>
    %r = cnn.reduce prod %d {axes = array<i64: 0>, keep_dims = false} : (tensor<2xi64>) -> tensor<i64>)";
  EXPECT_EQ(elements(image, names, body), "s1 * 3");
}

TEST_F(Shapes, LibraryResultsDependOnData) {
  StringRef body = R"(
    %r = cnn.library_call "non_zero"(%x) : (tensor<?x3x?x?xf32>) -> tensor<4x?xi64>)";
  EXPECT_EQ(dims(image, names, body), "4, ?");
}

TEST_F(Shapes, CallsSeeTheCallersExtents) {
  module = parseSourceString<ModuleOp>(R"(
    kernel.func @twice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %y = cnn.concat %x, %x {axis = 0} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
      kernel.return %y : tensor<?x4xf32>
    }
    func.func @main(%x: tensor<?x4xf32> {cnn.dims = ["N", ""]}) -> tensor<?x4xf32> {
      %y = kernel.call @twice(%x) {layers = []} : (tensor<?x4xf32>) -> tensor<?x4xf32>
      %z = kernel.call @twice(%y) {layers = []} : (tensor<?x4xf32>) -> tensor<?x4xf32>
      return %z : tensor<?x4xf32>
    })",
                                       &context);
  auto function = *module->getOps<func::FuncOp>().begin();
  cnn::ShapeAnalysis shapes(&context);
  ASSERT_TRUE(succeeded(cnn::analyzeFunction(cast<FunctionOpInterface>(function.getOperation()), shapes)));
  EXPECT_EQ(text(shapes.dims(function.getBody().front().getTerminator()->getOperand(0))), "s0 * 4, 4");
}

/// Two halvings, an upsampling and a crop to the larger extent, as U-Net does it.
std::string pyramid(StringRef type) {
  return llvm::formatv(R"(
    %h = cnn.pool average %x {{window = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
                             pads = array<i64: 1, 0, 1, 1>} : (tensor<{0}>) -> tensor<?x3x?x?xf32>
    %q = cnn.pool max %h {{window = array<i64: 2, 2>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>,
                          pads = array<i64: 0, 0, 0, 0>} : (tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>
    %u = cnn.resize nearest asymmetric floor %q {{axes = array<i64: 2, 3>, scales = array<f64: 4.0, 2.5>}
        : (tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>
    %s = cnn.constant dense<[0, -1]> : tensor<2xi64>
    %f = cnn.reshape %u, %s : (tensor<?x3x?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
    %d = cnn.dim %f from 0 to 2 : (tensor<?x?xf32>) -> tensor<2xi64>
    %c = cnn.dim %q from 1 to 4 : (tensor<?x3x?x?xf32>) -> tensor<3xi64>
    %r = cnn.concat %d, %c {{axis = 0} : (tensor<2xi64>, tensor<3xi64>) -> tensor<5xi64>)",
                       type)
      .str();
}

TEST_F(Shapes, SymbolsAgreeWithStaticExtents) {
  cnn::Expressions symbolic = *analyze(image, names, pyramid("?x3x?x?xf32")).elements;
  for (auto [n, h, w] : {std::tuple{1, 17, 32}, {2, 64, 9}, {3, 31, 47}}) {
    std::string type = llvm::formatv("{0}x3x{1}x{2}xf32", n, h, w).str();
    cnn::Expressions expected = *analyze(type, "", pyramid(type)).elements;
    SmallVector<AffineExpr> values;
    for (int64_t value : {n, h, w})
      values.push_back(getAffineConstantExpr(value, &context));
    for (auto [expression, wanted] : llvm::zip_equal(symbolic, expected))
      EXPECT_EQ(expression.replaceSymbols(values), wanted) << type << ": " << text(expression);
  }
}

} // namespace
