#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include <cfloat>
#include <cmath>

using namespace mlir;

namespace convoy::frontend {

//===-- Operators that are lines of Elementwise.def ---------------------------------------------===//

static Results importUnary(Node &n) { return n.elementwise(n.entry().detail, n.input(0)); }

/// Before opset 7 the second operand was aligned by attributes instead of from the right.
static Value legacyOperand(Node &n, Value lhs, Value rhs) {
  bool broadcasts = n.flag("broadcast");
  int64_t axis = n.integer("axis", -1);
  if (!broadcasts || !lhs || !rhs || n.rankOf(rhs) == 0)
    return rhs;
  int64_t begin = axis < 0 ? n.rankOf(lhs) - n.rankOf(rhs) : axis;
  SmallVector<Value> pieces{n.extents(rhs, 0, n.rankOf(rhs))};
  int64_t trailing = n.rankOf(lhs) - begin - n.rankOf(rhs);
  if (trailing < 0 || begin < 0) {
    n.error() << "axis " << axis << " doesn't leave room for the second operand";
    return {};
  }
  if (trailing == 0)
    return rhs;
  pieces.push_back(n.ints(SmallVector<int64_t>(trailing, 1)));
  return n.reshapeTo(rhs, pieces);
}

static Results importBinary(Node &n) {
  Value lhs = n.input(0), rhs = n.input(1);
  if (n.opset() < 7)
    rhs = legacyOperand(n, lhs, rhs);
  return n.elementwise(n.entry().detail, {lhs, rhs});
}

static Value chain(Node &n, StringRef function) {
  SmallVector<Value> inputs = n.inputs();
  if (inputs.empty())
    return {};
  Value result = inputs.front();
  for (Value next : ArrayRef<Value>(inputs).drop_front())
    result = n.elementwise(function, {result, next});
  return result;
}

static Results importVariadic(Node &n) { return chain(n, n.entry().detail); }

static Results importMean(Node &n) {
  Value sum = chain(n, "add");
  return n.inputCount() == 1 ? sum : n.withScalar("div", sum, static_cast<double>(n.inputCount()));
}

//===-- Activations with parameters --------------------------------------------------------------===//

template <auto alpha> static Results importAlpha(Node &n) {
  return n.elementwise(n.entry().detail, n.input(0), {n.number("alpha", alpha())});
}
static double leakyAlpha() { return 0.01F; }
static double one() { return 1.0; }

static Results importSelu(Node &n) {
  double alpha = n.number("alpha", n.opset() < 6 ? 1.6732F : 1.67326319217681884765625);
  return n.elementwise("selu", n.input(0), {alpha, n.number("gamma", 1.05070102214813232421875)});
}

static Results importHardSigmoid(Node &n) {
  double alpha = n.number("alpha", 0.2F);
  return n.elementwise("hard_sigmoid", n.input(0), {alpha, n.number("beta", 0.5)});
}

static Results importShrink(Node &n) {
  double bias = n.number("bias", 0);
  return n.elementwise("shrink", n.input(0), {bias, n.number("lambd", 0.5)});
}

static Results importGelu(Node &n) {
  return n.elementwise(n.text("approximate", "none") == "tanh" ? "gelu_tanh" : "gelu", n.input(0));
}

static Results importPRelu(Node &n) {
  Value x = n.input(0), slope = n.input(1);
  if (n.opset() < 7 && n.rankOf(slope) == 1 && n.rankOf(x) > 2 && n.extentOf(slope, 0) != 1)
    slope = n.alignTo(slope, 0, n.rankOf(x) - 1);
  return n.elementwise("prelu", {x, slope});
}

//===-- Clip, Pow, Mod ---------------------------------------------------------------------------===//

/// A bound as a number if it is known; the largest float as a bound means none.
static std::optional<double> knownBound(Node &n, size_t index, double none) {
  if (!n.has(index))
    return none;
  auto numbers = n.numbers(index);
  if (!numbers || numbers->size() != 1)
    return std::nullopt;
  return std::abs(numbers->front()) >= FLT_MAX && (numbers->front() > 0) == (none > 0) ? none : numbers->front();
}

static Results importClip(Node &n) {
  Value x = n.input(0);
  if (n.opset() < 11) {
    double low = n.number("min", -FLT_MAX), high = n.number("max", FLT_MAX);
    return n.elementwise("clip", x, {low <= -FLT_MAX ? -INFINITY : low, high >= FLT_MAX ? INFINITY : high});
  }
  auto low = knownBound(n, 1, -INFINITY), high = knownBound(n, 2, INFINITY);
  bool exact = n.isFloat(x) || (std::abs(low.value_or(0)) < 1e15 && std::abs(high.value_or(0)) < 1e15);
  if (low && high && (exact || (!n.has(1) && !n.has(2))))
    return n.elementwise("clip", x, {*low, *high});
  if (Value bound = n.input(1))
    x = n.elementwise("max", {x, bound});
  if (Value bound = n.input(2))
    x = n.elementwise("min", {x, bound});
  return x;
}

/// The exponent's type may differ from the base's, which is the result's.
static Results importPow(Node &n) {
  Value base = n.input(0), exponent = n.input(1);
  if (n.opset() < 7)
    exponent = legacyOperand(n, base, exponent);
  if (n.hasFailed())
    return {};
  Type result = n.elementOf(base);
  if (!n.isFloat(base) && n.isFloat(exponent))
    base = n.cast(base, n.elementOf(exponent));
  exponent = n.cast(exponent, n.elementOf(base));
  return n.cast(n.elementwise("pow", {base, exponent}), result);
}

static Results importMod(Node &n) {
  bool isFmod = n.flag("fmod");
  Value lhs = n.input(0);
  if (!isFmod && n.isFloat(lhs)) {
    n.error() << "numbers of a floating-point type need attribute 'fmod' = 1";
    return {};
  }
  return n.elementwise(isFmod ? "fmod" : "mod", {lhs, n.input(1)});
}

static Results importBitShift(Node &n) {
  StringRef direction = n.text("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") {
    n.error() << "attribute 'direction' must be LEFT or RIGHT";
    return {};
  }
  return n.elementwise(direction == "LEFT" ? "shift_left" : "shift_right", {n.input(0), n.input(1)});
}

//===-- Types, tests, selection ------------------------------------------------------------------===//

static Results importCast(Node &n) {
  n.ignore("saturate");
  n.ignore("round_mode");
  Type element = n.type(n.integer("to", 0));
  return n.cast(n.input(0), element);
}

static Results importCastLike(Node &n) {
  n.ignore("saturate");
  n.ignore("round_mode");
  Value like = n.input(1);
  return n.cast(n.input(0), n.elementOf(like));
}

static Results importIsInf(Node &n) {
  double negative = n.flag("detect_negative", true), positive = n.flag("detect_positive", true);
  return n.elementwise("is_inf", n.input(0), {negative, positive});
}

static Results importWhere(Node &n) { return n.elementwise("where", {n.input(0), n.input(1), n.input(2)}); }

static Results importIdentity(Node &n) { return n.input(0); }

static bool isKnownZero(Node &n, size_t index) {
  auto numbers = n.numbers(index);
  return numbers && numbers->size() == 1 && numbers->front() == 0;
}

/// At inference time nothing is dropped, so the mask, if asked for, is all ones.
static Results importDropout(Node &n) {
  double ratio = n.number("ratio", 0.5);
  n.ignore("is_test");
  n.ignore("seed");
  Value x = n.input(0);
  bool dropsNothing = !n.has(2) || isKnownZero(n, 2) || (n.has(1) ? isKnownZero(n, 1) : ratio == 0);
  if (!dropsNothing && !n.hasFailed())
    n.error() << "dropping elements, as input 'training_mode' asks, isn't supported";
  if (n.hasFailed())
    return {};
  if (!n.isUsed(1))
    return x;
  Type mask = n.opset() < 10 ? n.elementOf(x) : IntegerType::get(n.context(), 1);
  return Results(ArrayRef<Value>{x, n.expand(n.scalar(1, mask), n.shapeOf(x))});
}

ArrayRef<Operator> elementwiseOperators() {
  static const Operator table[] = {
      {"Abs", 6, 1, 1, importUnary, "abs"},
      {"Acos", 7, 1, 1, importUnary, "acos"},
      {"Acosh", 9, 1, 1, importUnary, "acosh"},
      {"Add", 6, 2, 2, importBinary, "add"},
      {"And", 6, 2, 2, importBinary, "logical_and"},
      {"Asin", 7, 1, 1, importUnary, "asin"},
      {"Asinh", 9, 1, 1, importUnary, "asinh"},
      {"Atan", 7, 1, 1, importUnary, "atan"},
      {"Atanh", 9, 1, 1, importUnary, "atanh"},
      {"BitShift", 11, 2, 2, importBitShift},
      {"BitwiseAnd", 18, 2, 2, importBinary, "bit_and"},
      {"BitwiseNot", 18, 1, 1, importUnary, "bit_not"},
      {"BitwiseOr", 18, 2, 2, importBinary, "bit_or"},
      {"BitwiseXor", 18, 2, 2, importBinary, "bit_xor"},
      {"Cast", 6, 1, 1, importCast},
      {"CastLike", 15, 2, 2, importCastLike},
      {"Ceil", 6, 1, 1, importUnary, "ceil"},
      {"Celu", 12, 1, 1, importAlpha<one>, "celu"},
      {"Clip", 6, 1, 3, importClip},
      {"Cos", 7, 1, 1, importUnary, "cos"},
      {"Cosh", 9, 1, 1, importUnary, "cosh"},
      {"Div", 6, 2, 2, importBinary, "div"},
      {"Dropout", 6, 1, 3, importDropout},
      {"Elu", 6, 1, 1, importAlpha<one>, "elu"},
      {"Equal", 6, 2, 2, importBinary, "equal"},
      {"Erf", 9, 1, 1, importUnary, "erf"},
      {"Exp", 6, 1, 1, importUnary, "exp"},
      {"Floor", 6, 1, 1, importUnary, "floor"},
      {"Gelu", 20, 1, 1, importGelu},
      {"Greater", 6, 2, 2, importBinary, "greater"},
      {"GreaterOrEqual", 12, 2, 2, importBinary, "greater_equal"},
      {"HardSigmoid", 6, 1, 1, importHardSigmoid},
      {"HardSwish", 14, 1, 1, importUnary, "hard_swish"},
      {"Identity", 6, 1, 1, importIdentity},
      {"IsInf", 10, 1, 1, importIsInf},
      {"IsNaN", 9, 1, 1, importUnary, "is_nan"},
      {"LeakyRelu", 6, 1, 1, importAlpha<leakyAlpha>, "leaky_relu"},
      {"Less", 6, 2, 2, importBinary, "less"},
      {"LessOrEqual", 12, 2, 2, importBinary, "less_equal"},
      {"Log", 6, 1, 1, importUnary, "log"},
      {"Max", 6, 1, -1, importVariadic, "max"},
      {"Mean", 6, 1, -1, importMean},
      {"Min", 6, 1, -1, importVariadic, "min"},
      {"Mish", 18, 1, 1, importUnary, "mish"},
      {"Mod", 10, 2, 2, importMod},
      {"Mul", 6, 2, 2, importBinary, "mul"},
      {"Neg", 6, 1, 1, importUnary, "neg"},
      {"Not", 6, 1, 1, importUnary, "logical_not"},
      {"Or", 6, 2, 2, importBinary, "logical_or"},
      {"PRelu", 6, 2, 2, importPRelu},
      {"Pow", 6, 2, 2, importPow},
      {"Reciprocal", 6, 1, 1, importUnary, "reciprocal"},
      {"Relu", 6, 1, 1, importUnary, "relu"},
      {"Round", 11, 1, 1, importUnary, "round"},
      {"Selu", 6, 1, 1, importSelu},
      {"Shrink", 9, 1, 1, importShrink},
      {"Sigmoid", 6, 1, 1, importUnary, "sigmoid"},
      {"Sign", 9, 1, 1, importUnary, "sign"},
      {"Sin", 7, 1, 1, importUnary, "sin"},
      {"Sinh", 9, 1, 1, importUnary, "sinh"},
      {"Softplus", 6, 1, 1, importUnary, "softplus"},
      {"Softsign", 6, 1, 1, importUnary, "softsign"},
      {"Sqrt", 6, 1, 1, importUnary, "sqrt"},
      {"Sub", 6, 2, 2, importBinary, "sub"},
      {"Sum", 6, 1, -1, importVariadic, "add"},
      {"Swish", 24, 1, 1, importAlpha<one>, "swish"},
      {"Tan", 7, 1, 1, importUnary, "tan"},
      {"Tanh", 6, 1, 1, importUnary, "tanh"},
      {"ThresholdedRelu", 10, 1, 1, importAlpha<one>, "thresholded_relu"},
      {"Where", 9, 3, 3, importWhere},
      {"Xor", 6, 2, 2, importBinary, "logical_xor"},
  };
  return table;
}

} // namespace convoy::frontend
