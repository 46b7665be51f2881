#include "schedules/elementwise/Table.h"
#include "schedules/math/Strict.h"

using namespace Halide;
using namespace convoy::schedules::strict;

namespace convoy::schedules {

Expr toByte(Expr condition) { return cast<uint8_t>(condition); }
Expr toCondition(Expr byte) { return byte != cast(byte.type(), 0); }

namespace {

using Operands = ElementwiseFunction::Operands;
using Parameters = ElementwiseFunction::Parameters;

Expr isInfinite(const Operands &x, const Parameters &p) {
  Expr found = Internal::const_false();
  if (p[0] != 0)
    found = found || isInfinity(x[0], /*isNegative=*/true);
  if (p[1] != 0)
    found = found || isInfinity(x[0], /*isNegative=*/false);
  return toByte(found);
}

void binary(ElementwiseTable &table, const std::string &name, Expr (*function)(Expr, Expr)) {
  table[name] = {2, 0, [function](const Operands &x, const Parameters &) { return function(x[0], x[1]); }};
}

} // namespace

void addLogic(ElementwiseTable &table) {
  binary(table, "equal", [](Expr a, Expr b) { return toByte(eq(a, b)); });
  binary(table, "not_equal", [](Expr a, Expr b) { return toByte(!eq(a, b)); });
  binary(table, "less", [](Expr a, Expr b) { return toByte(lt(a, b)); });
  binary(table, "less_equal", [](Expr a, Expr b) { return toByte(le(a, b)); });
  binary(table, "greater", [](Expr a, Expr b) { return toByte(lt(b, a)); });
  binary(table, "greater_equal", [](Expr a, Expr b) { return toByte(le(b, a)); });
  binary(table, "logical_and", [](Expr a, Expr b) { return toByte(toCondition(a) && toCondition(b)); });
  binary(table, "logical_or", [](Expr a, Expr b) { return toByte(toCondition(a) || toCondition(b)); });
  binary(table, "logical_xor", [](Expr a, Expr b) { return toByte(toCondition(a) != toCondition(b)); });
  table["logical_not"] = {1, 0, [](const Operands &x, const Parameters &) { return toByte(!toCondition(x[0])); }};
  table["where"] = {3, 0, [](const Operands &x, const Parameters &) { return select(toCondition(x[0]), x[1], x[2]); }};
  table["is_nan"] = {1, 0, [](const Operands &x, const Parameters &) { return toByte(isNan(x[0])); }};
  table["is_inf"] = {1, 2, isInfinite};
  binary(table, "bit_and", [](Expr a, Expr b) { return a & b; });
  binary(table, "bit_or", [](Expr a, Expr b) { return a | b; });
  binary(table, "bit_xor", [](Expr a, Expr b) { return a ^ b; });
  table["bit_not"] = {1, 0, [](const Operands &x, const Parameters &) { return ~x[0]; }};
  binary(table, "shift_left", [](Expr a, Expr b) { return a << b; });
  binary(table, "shift_right", [](Expr a, Expr b) { return a >> b; });
}

const std::map<std::string, ElementwiseFunction> &elementwiseFunctions() {
  static const ElementwiseTable filled = [] {
    ElementwiseTable table;
    addArithmetic(table);
    addActivations(table);
    addLogic(table);
    addQuantisation(table);
    return table;
  }();
  return filled;
}

} // namespace convoy::schedules
