#pragma once

#include "schedules/core/Result.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <variant>

namespace convoy::frontend {

/// A number or a string; the same type for what is true (1) and false (0).
using ExpressionValue = std::variant<double, std::string>;
using Variables = llvm::StringMap<ExpressionValue>;

/// Numbers, 'strings', variables, + - * / %, comparisons, && || !, `a ? b : c`, min, max, floor, ceil.
Result<ExpressionValue> evaluate(llvm::StringRef expression, const Variables &variables);

/// The text with each ${expression} replaced by its value.
Result<std::string> interpolate(llvm::StringRef text, const Variables &variables);

/// As a number would be written; a string as it is.
std::string toText(const ExpressionValue &value);

} // namespace convoy::frontend
