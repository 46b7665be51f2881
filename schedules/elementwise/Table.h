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

/// A byte of 0 or 1 for a condition, and back.
Halide::Expr toByte(Halide::Expr condition);
Halide::Expr toCondition(Halide::Expr byte);

} // namespace convoy::schedules
