#include "compiler/Frontend/Text/Expression.h"
#include "compiler/Frontend/Text/Suggest.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace llvm;

namespace convoy::frontend {

namespace {
using Value = ExpressionValue;

/// Recursive descent, one function per level of precedence. The first error stays; after it everything yields 0.
class Parser {
public:
  Parser(StringRef text, const Variables &variables) : rest(text), variables(variables) {}

  Result<Value> run() {
    Value value = conditional();
    skipSpace();
    if (error.empty() && !rest.empty())
      fail("'" + rest.str() + "' isn't understood");
    return error.empty() ? Result<Value>(value) : Result<Value>(Error{error});
  }

private:
  static constexpr int deepest = 64;

  Value fail(const std::string &message) {
    if (error.empty())
      error = message;
    rest = "";
    return 0.0;
  }

  void skipSpace() { rest = rest.ltrim(); }

  bool take(StringRef token) {
    skipSpace();
    return rest.consume_front(token);
  }

  double number(const Value &value) {
    if (const double *known = std::get_if<double>(&value))
      return *known;
    fail("'" + std::get<std::string>(value) + "' isn't a number");
    return 0;
  }

  Value conditional() {
    if (++depth > deepest)
      return fail("it is nested too deeply");
    Value value = disjunction();
    if (take("?")) {
      bool isTrue = number(value) != 0;
      Value yes = conditional();
      if (!take(":"))
        return fail("':' is missing after '?'");
      Value no = conditional();
      value = isTrue ? yes : no;
    }
    --depth;
    return value;
  }

  Value disjunction() {
    Value value = conjunction();
    while (take("||")) {
      double rhs = number(conjunction()), lhs = number(value);
      value = static_cast<double>(lhs != 0 || rhs != 0);
    }
    return value;
  }

  Value conjunction() {
    Value value = comparison();
    while (take("&&")) {
      double rhs = number(comparison()), lhs = number(value);
      value = static_cast<double>(lhs != 0 && rhs != 0);
    }
    return value;
  }

  Value comparison() {
    Value lhs = sum();
    for (StringRef token : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!take(token))
        continue;
      Value rhs = sum();
      if (lhs.index() != rhs.index())
        return fail("a number and a string can't be compared");
      bool isTrue = token == "==" ? lhs == rhs : token == "!=" ? lhs != rhs : false;
      if (token.front() == '<' || token.front() == '>') {
        double a = number(lhs), b = number(rhs);
        isTrue = token == "<=" ? a <= b : token == ">=" ? a >= b : token == "<" ? a < b : a > b;
      }
      return static_cast<double>(isTrue);
    }
    return lhs;
  }

  Value sum() {
    Value value = product();
    for (;;) {
      if (take("+"))
        value = number(value) + number(product());
      else if (take("-"))
        value = number(value) - number(product());
      else
        return value;
    }
  }

  Value product() {
    Value value = unary();
    for (;;) {
      bool isDivision = take("/"), isRemainder = !isDivision && take("%");
      if (!isDivision && !isRemainder && !take("*"))
        return value;
      double lhs = number(value), rhs = number(unary());
      if ((isDivision || isRemainder) && rhs == 0)
        return fail("it divides by 0");
      value = isDivision ? lhs / rhs : isRemainder ? std::fmod(lhs, rhs) : lhs * rhs;
    }
  }

  Value unary() {
    if (++depth > deepest)
      return fail("it is nested too deeply");
    Value value;
    if (take("-"))
      value = -number(unary());
    else if (take("!"))
      value = static_cast<double>(number(unary()) == 0);
    else
      value = primary();
    --depth;
    return value;
  }

  Value primary() {
    if (take("(")) {
      Value value = conditional();
      return take(")") ? value : fail("')' is missing");
    }
    skipSpace();
    if (rest.starts_with("'"))
      return quoted();
    if (!rest.empty() && (isDigit(rest.front()) || rest.front() == '.'))
      return literal();
    StringRef name = rest.take_while([](char c) { return isAlnum(c) || c == '_'; });
    if (name.empty())
      return fail(rest.empty() ? "a value is missing at its end" : "a value is missing before '" + rest.str() + "'");
    rest = rest.drop_front(name.size());
    if (take("("))
      return call(name);
    auto variable = variables.find(name);
    if (variable == variables.end())
      return fail("'" + name.str() + "' isn't known here" + suggest(name, variables.keys()));
    return variable->second;
  }

  Value quoted() {
    size_t end = rest.find('\'', 1);
    if (end == StringRef::npos)
      return fail("a quote isn't closed");
    std::string text = rest.slice(1, end).str();
    rest = rest.drop_front(end + 1);
    return text;
  }

  Value literal() {
    StringRef digits = rest.take_while([](char c) { return isDigit(c) || c == '.'; });
    rest = rest.drop_front(digits.size());
    double value = 0;
    return digits.getAsDouble(value) ? fail("'" + digits.str() + "' isn't a number") : Value(value);
  }

  Value call(StringRef name) {
    SmallVector<double> arguments;
    do
      arguments.push_back(number(conditional()));
    while (take(","));
    if (!take(")"))
      return fail("')' is missing");
    bool takesMany = name == "min" || name == "max";
    if (!takesMany && name != "floor" && name != "ceil")
      return fail("there is no function '" + name.str() + "'");
    if (!takesMany && arguments.size() != 1)
      return fail("'" + name.str() + "' takes one value");
    return name == "min"    ? *llvm::min_element(arguments)
           : name == "max"  ? *llvm::max_element(arguments)
           : name == "ceil" ? std::ceil(arguments.front())
                            : std::floor(arguments.front());
  }

  StringRef rest;
  const Variables &variables;
  std::string error;
  int depth = 0;
};
} // namespace

Result<ExpressionValue> evaluate(StringRef expression, const Variables &variables) {
  auto value = Parser(expression, variables).run();
  return value ? std::move(value)
               : Result<ExpressionValue>(Error{"in '" + expression.trim().str() + "': " + value.error()});
}

std::string toText(const ExpressionValue &value) {
  if (const auto *text = std::get_if<std::string>(&value))
    return *text;
  double number = std::get<double>(value);
  if (number == std::floor(number) && std::abs(number) < 1e15)
    return std::to_string(static_cast<int64_t>(number));
  std::string text;
  raw_string_ostream(text) << format("%g", number);
  return text;
}

Result<std::string> interpolate(StringRef text, const Variables &variables) {
  std::string result;
  for (;;) {
    auto [plain, rest] = text.split("${");
    result += plain;
    if (plain.size() == text.size())
      return result;
    size_t end = rest.find('}');
    if (end == StringRef::npos)
      return Error{"'${' isn't closed"};
    auto value = evaluate(rest.take_front(end), variables);
    if (!value)
      return Error{value.error()};
    result += toText(*value);
    text = rest.drop_front(end + 1);
  }
}

} // namespace convoy::frontend
