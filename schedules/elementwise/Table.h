#pragma once

#include <Halide.h>

#include <map>
#include <string>
#include <vector>

namespace convoy::schedules {

/// One elementwise function: its operands are of one type (after the table's user widened halves to float), its
/// parameters numbers. Booleans are bytes of 0 or 1. Names, numbers of operands and of parameters are those of
/// dialects/cnn/Elementwise.def; test/schedules compares the lists.
struct ElementwiseFunction {
  using Operands = std::vector<Halide::Expr>;
  using Parameters = std::vector<double>;
  int operands;
  int parameters;
  std::function<Halide::Expr(const Operands &, const Parameters &)> expression;
};

const std::map<std::string, ElementwiseFunction> &elementwiseFunctions();

/// Parts of the table.
using ElementwiseTable = std::map<std::string, ElementwiseFunction>;
void addArithmetic(ElementwiseTable &table);
void addActivations(ElementwiseTable &table);
void addLogic(ElementwiseTable &table);
/// quantize, dequantize and requantize, which are ops of their own in the IR: a number, its scale, a zero point.
void addQuantisation(ElementwiseTable &table);
/// quantize to at most 16 bits by one scale for all numbers: the same results as dividing each.
Halide::Expr quantizeByOne(const ElementwiseFunction::Operands &operands);
/// dequantize of what a quantize to at most 16 bits, or with `isSum` a requantize, makes of its operands `quantised`,
/// with the same zero point: the same number, without the integers in between.
Halide::Expr dequantizeRounded(const ElementwiseFunction::Operands &quantised, Halide::Expr scale, bool isSum);

/// A byte of 0 or 1 for a condition, and back.
Halide::Expr toByte(Halide::Expr condition);
Halide::Expr toCondition(Halide::Expr byte);

} // namespace convoy::schedules
