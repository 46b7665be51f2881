#include "schedules/elementwise/Elementwise.h"
#include "schedules/core/Tensors.h"
#include "schedules/elementwise/Table.h"
#include "schedules/math/Math.h"
#include "schedules/math/Strict.h"

using namespace Halide;

namespace convoy::schedules {

namespace {

bool isHalf(Type type) { return type.is_float() && type.bits() == 16; }

/// Position of the op that makes operand 0 of the op by rounding, with the same zero point, to at most 16 bits; -1 if
/// there is none.
int roundingOf(const OpContext &context) {
  const proto::Kernel &kernel = *context.graph.kernel;
  for (int i = 0; i < context.position; ++i) {
    const OpContext other(context.graph, i);
    const std::string function = other.text("function");
    if (kernel.ops(i).outputs(0) == context.op.inputs(0) && (function == "quantize" || function == "requantize"))
      return kernel.ops(i).inputs(2) == context.op.inputs(2) && other.outputType().bits() <= 16 ? i : -1;
  }
  return -1;
}

std::vector<Expr> operandsOf(const OpContext &context) {
  std::vector<Expr> operands;
  for (int i = 0; i < context.op.inputs_size(); ++i)
    operands.push_back(context.input(i)(context.broadcast(i, context.arguments())));
  return operands;
}

/// What quantisation becomes where more is known than an element of each operand; undefined elsewhere.
Expr simplerQuantisation(const OpContext &context, const std::string &name, const std::vector<Expr> &operands) {
  if (context.graph.wide || (name != "quantize" && name != "dequantize") || operands[1].type() != Float(32))
    return {};
  if (name == "quantize")
    return operands[0].type() == Float(32) && elements(context.inputTensor(1)) == 1 && context.outputType().bits() <= 16
               ? quantizeByOne(operands)
               : Expr();
  const int rounding = roundingOf(context);
  if (rounding < 0)
    return {};
  const OpContext other(context.graph, rounding);
  const std::vector<Expr> quantised = operandsOf(other);
  return quantised[1].type() == Float(32) && (quantised[0].type() == Float(32) || quantised[0].type() == Int(32))
             ? dequantizeRounded(quantised, operands[1], other.text("function") == "requantize")
             : Expr();
}

Func elementwise(const OpContext &context) {
  const std::string name = context.text("function");
  auto found = elementwiseFunctions().find(name);
  if (found == elementwiseFunctions().end())
    throw CompileError("there is no elementwise function '" + name + "'");
  const ElementwiseFunction &function = found->second;
  const std::vector<double> parameters = context.floats("parameters");
  if (context.op.inputs_size() != function.operands || int(parameters.size()) != function.parameters)
    throw CompileError("elementwise function '" + name + "' has " + std::to_string(function.operands) +
                       " operands and " + std::to_string(function.parameters) + " parameters");
  // Tests look at the bits of 16-bit floats: widening is free to take NaN and infinity for impossible.
  const bool isTest = name == "is_nan" || name == "is_inf";
  std::vector<Expr> operands;
  for (int i = 0; i < function.operands; ++i) {
    Expr operand = context.input(i)(context.broadcast(i, context.arguments()));
    operands.push_back(isHalf(operand.type()) && !isTest ? cast<float>(operand) : operand);
  }
  const std::optional<double> exponent = name == "pow" ? context.constant(1) : std::nullopt;
  Expr value = simplerQuantisation(context, name, operands);
  if (!value.defined())
    value = exponent ? math::pow(operands[0], *exponent) : function.expression(operands, parameters);
  Func result = context.func();
  result(context.arguments()) = isHalf(context.outputType()) ? cast(context.outputType(), value) : value;
  return result;
}

/// Truncation of a float to an integer, as x86 does it: what does not fit into the carrier becomes the carrier's lowest
/// value; narrower types take its low bits.
Expr truncated(Expr value, Type type) {
  const bool wide = type.bits() == 64 || type == UInt(32);
  const Type carrier = type == UInt(64) ? type : Int(wide ? 64 : 32);
  const double low = carrier.is_uint() ? 0 : -std::ldexp(1.0, carrier.bits() - 1);
  const double high = std::ldexp(1.0, carrier.is_uint() ? 64 : carrier.bits() - 1);
  Expr inside = strict::lt(value, strict::number(high, value)) && strict::le(strict::number(low, value), value);
  Expr whole = cast(carrier, select(inside, value, strict::number(0, value)));
  return cast(type, select(inside, whole, carrier.min()));
}

Func castTo(const OpContext &context) {
  Expr value = context.input(0)(context.arguments());
  const Type type = context.outputType();
  if (isHalf(value.type()))
    value = cast<float>(value);
  Func result = context.func();
  if (context.outputTensor().type() == proto::BOOL)
    result(context.arguments()) = toByte(!strict::eq(value, Internal::make_zero(value.type())));
  else if (value.type().is_float() && !type.is_float())
    result(context.arguments()) = truncated(value, type);
  else
    result(context.arguments()) = cast(type, value);
  return result;
}

Func constant(const OpContext &context) {
  Func result = context.func();
  const std::vector<int64_t> whole = context.ints("value");
  result(context.arguments()) = whole.empty() ? cast(context.outputType(), Expr(context.number("value")))
                                              : cast(context.outputType(), Internal::make_const(Int(64), whole[0]));
  return result;
}

} // namespace

void registerElementwise(Registry &registry) {
  registry.algorithms["elementwise"] = elementwise;
  registry.algorithms["cast"] = castTo;
  registry.algorithms["constant"] = constant;
}

} // namespace convoy::schedules
