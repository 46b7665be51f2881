#include "compiler/Network/Matching.h"
#include "compiler/Network/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/APSInt.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;

namespace convoy::compiler {

#define GEN_PASS_DEF_FOLDCONSTANTS
#include "compiler/Network/Passes.h.inc"

using cnn::ElementwiseOp;

static DenseElementsAttr constantOf(Value value) {
  DenseElementsAttr constant;
  return matchPattern(value, m_Constant(&constant)) ? constant : DenseElementsAttr();
}

/// The elements of a float constant, broadcast to a shape.
static SmallVector<double> broadcastFloats(DenseElementsAttr constant, ArrayRef<int64_t> shape) {
  SmallVector<double> own;
  for (const APFloat &value : constant.getValues<APFloat>())
    own.push_back(value.convertToDouble());
  ArrayRef<int64_t> extents = cast<RankedTensorType>(constant.getType()).getShape();
  int64_t count = ShapedType::getNumElements(shape);
  SmallVector<double> result;
  for (int64_t i = 0; i < count; ++i) {
    int64_t position = 0, stride = 1, rest = i;
    for (size_t d = 0; d < shape.size(); ++d) {
      int64_t index = rest % shape[shape.size() - 1 - d];
      rest /= shape[shape.size() - 1 - d];
      if (d < extents.size()) {
        int64_t extent = extents[extents.size() - 1 - d];
        position += (extent == 1 ? 0 : index) * stride;
        stride *= extent;
      }
    }
    result.push_back(own[position]);
  }
  return result;
}

static std::optional<double> evaluate(StringRef function, double x) {
  using Function = double (*)(double);
  auto found = llvm::StringSwitch<Function>(function)
                   .Case("neg", [](double v) { return -v; })
                   .Case("abs", [](double v) { return std::fabs(v); })
                   .Case("reciprocal", [](double v) { return 1 / v; })
                   .Case("sqrt", [](double v) { return std::sqrt(v); })
                   .Case("exp", [](double v) { return std::exp(v); })
                   .Case("log", [](double v) { return std::log(v); })
                   .Case("floor", [](double v) { return std::floor(v); })
                   .Case("ceil", [](double v) { return std::ceil(v); })
                   .Default(nullptr);
  return found ? std::optional(found(x)) : std::nullopt;
}

static std::optional<double> evaluate(StringRef function, double x, double y) {
  using Function = double (*)(double, double);
  auto found = llvm::StringSwitch<Function>(function)
                   .Case("add", [](double a, double b) { return a + b; })
                   .Case("sub", [](double a, double b) { return a - b; })
                   .Case("mul", [](double a, double b) { return a * b; })
                   .Case("div", [](double a, double b) { return a / b; })
                   .Case("pow", [](double a, double b) { return std::pow(a, b); })
                   .Default(nullptr);
  return found ? std::optional(found(x, y)) : std::nullopt;
}

static DenseElementsAttr floatElements(RankedTensorType type, ArrayRef<double> values) {
  const llvm::fltSemantics &semantics = cast<FloatType>(type.getElementType()).getFloatSemantics();
  auto rounded = llvm::map_to_vector(values, [&](double value) {
    APFloat number(value);
    bool losesInfo = false;
    number.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
    return number;
  });
  return DenseElementsAttr::get(type, rounded);
}

static bool isSmall(RankedTensorType type, int64_t limit) {
  return type.hasStaticShape() && type.getNumElements() <= limit;
}

namespace {

struct FoldElementwise : OpRewritePattern<ElementwiseOp> {
  FoldElementwise(MLIRContext *context, int64_t limit) : OpRewritePattern(context), limit(limit) {}

  LogicalResult matchAndRewrite(ElementwiseOp op, PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getType();
    if (!isa<FloatType>(type.getElementType()) || !isSmall(type, limit) || op.getOperands().size() > 2)
      return rewriter.notifyMatchFailure(op, "no small float tensor of one or two operands");
    SmallVector<SmallVector<double>> operands;
    for (Value operand : op.getOperands()) {
      DenseElementsAttr constant = constantOf(operand);
      if (!constant)
        return rewriter.notifyMatchFailure(op, "an operand is no constant");
      operands.push_back(broadcastFloats(constant, type.getShape()));
    }
    SmallVector<double> values;
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      std::optional<double> value = operands.size() == 1 ? evaluate(op.getFunction(), operands[0][i])
                                                         : evaluate(op.getFunction(), operands[0][i], operands[1][i]);
      if (!value)
        return rewriter.notifyMatchFailure(op, "the function is left to the reference evaluator");
      values.push_back(*value);
    }
    rewriter.replaceOpWithNewOp<cnn::ConstantOp>(op, type, floatElements(type, values));
    return success();
  }

  int64_t limit;
};

struct FoldCast : OpRewritePattern<cnn::CastOp> {
  FoldCast(MLIRContext *context, int64_t limit) : OpRewritePattern(context), limit(limit) {}

  LogicalResult matchAndRewrite(cnn::CastOp op, PatternRewriter &rewriter) const override {
    DenseElementsAttr constant = constantOf(op.getInput());
    RankedTensorType type = op.getType();
    if (!constant || !isSmall(type, limit) || !isa<FloatType>(type.getElementType()))
      return rewriter.notifyMatchFailure(op, "no small constant to a float type");
    SmallVector<double> values;
    if (auto integer = dyn_cast<IntegerType>(constant.getElementType())) {
      bool isUnsigned = integer.isUnsigned() || integer.getWidth() == 1;
      for (const APInt &value : constant.getValues<APInt>())
        values.push_back(value.roundToDouble(!isUnsigned));
    } else {
      values = broadcastFloats(constant, type.getShape());
    }
    rewriter.replaceOpWithNewOp<cnn::ConstantOp>(op, type, floatElements(type, values));
    return success();
  }

  int64_t limit;
};

} // namespace

static LogicalResult foldReshape(cnn::ReshapeOp op, PatternRewriter &rewriter) {
  DenseElementsAttr constant = constantOf(op.getInput());
  if (!constant || !op.getType().hasStaticShape())
    return rewriter.notifyMatchFailure(op, "no constant, or a dynamic shape");
  rewriter.replaceOpWithNewOp<cnn::ConstantOp>(op, op.getType(), constant.reshape(op.getType()));
  return success();
}

namespace {

struct FoldConstants : impl::FoldConstantsBase<FoldConstants> {
  using FoldConstantsBase::FoldConstantsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldElementwise, FoldCast>(&getContext(), limit);
    patterns.add(foldReshape);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

} // namespace convoy::compiler
