#include "dialects/cnn/Cnn.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace convoy::cnn;

#define GET_ATTRDEF_CLASSES
#include "dialects/cnn/CnnAttributes.cpp.inc"

void CnnDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/cnn/CnnAttributes.cpp.inc"
      >();
}

//===-- #cnn.weight -----------------------------------------------------------------------------===//

Attribute WeightAttr::parse(AsmParser &parser, Type) {
  std::string name;
  APInt hash;
  OptionalParseResult parsed;
  if (parser.parseLess() || parser.parseString(&name) || parser.parseComma())
    return {};
  SMLoc location = parser.getCurrentLocation();
  parsed = parser.parseOptionalInteger(hash);
  if (!parsed.has_value() || failed(*parsed) || hash.getActiveBits() > 64) {
    parser.emitError(location, "expected a hash of 64 bits");
    return {};
  }
  if (parser.parseGreater())
    return {};
  return WeightAttr::get(parser.getContext(), name, hash.getZExtValue());
}

void WeightAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printer.printString(getName());
  printer << ", 0x" << llvm::utohexstr(getHash(), /*LowerCase=*/true, /*Width=*/16) << '>';
}

//===-- #cnn.layout -----------------------------------------------------------------------------===//

namespace {
struct LayoutFields {
  SmallVector<int64_t> order, before, after;
  int64_t blockDim = 0, block = 0;
  Fill fill = Fill::None;
  int64_t fillValue = 0;
  bool shared = false;
};
} // namespace

static ParseResult parseNumbers(AsmParser &parser, SmallVectorImpl<int64_t> &numbers) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&] { return parser.parseInteger(numbers.emplace_back()); });
}

/// A keyword, or the number that surroundings hold.
static ParseResult parseFill(AsmParser &parser, Fill &fill, int64_t &value) {
  StringRef keyword;
  SMLoc location = parser.getCurrentLocation();
  OptionalParseResult number = parser.parseOptionalInteger(value);
  if (number.has_value()) {
    fill = Fill::Value;
    return *number;
  }
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<Fill> found = symbolizeFill(keyword);
  if (!found || *found == Fill::Value)
    return parser.emitError(location, "expected none, zero, lowest or a number, not ") << keyword;
  fill = *found;
  return success();
}

static ParseResult parseLayoutField(AsmParser &parser, LayoutFields &fields) {
  StringRef keyword;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  if (keyword == "shared") {
    fields.shared = true;
    return success();
  }
  if (parser.parseEqual())
    return failure();
  if (keyword == "block")
    return failure(parser.parseInteger(fields.block) || parser.parseKeyword("of") ||
                   parser.parseInteger(fields.blockDim));
  if (keyword == "before")
    return parseNumbers(parser, fields.before);
  if (keyword == "after")
    return parseNumbers(parser, fields.after);
  if (keyword == "fill")
    return parseFill(parser, fields.fill, fields.fillValue);
  return parser.emitError(location, "expected block, before, after, fill or shared, not ") << keyword;
}

Attribute LayoutAttr::parse(AsmParser &parser, Type) {
  LayoutFields fields;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() || parseNumbers(parser, fields.order))
    return {};
  while (succeeded(parser.parseOptionalComma()))
    if (parseLayoutField(parser, fields))
      return {};
  if (parser.parseGreater())
    return {};
  return LayoutAttr::getChecked([&] { return parser.emitError(location); }, parser.getContext(), fields.order,
                                fields.blockDim, fields.block, fields.before, fields.after, fields.fill, fields.shared,
                                fields.fillValue);
}

void LayoutAttr::print(AsmPrinter &printer) const {
  auto numbers = [&](ArrayRef<int64_t> values) {
    printer << '[';
    llvm::interleaveComma(values, printer);
    printer << ']';
  };
  printer << '<';
  numbers(getOrder());
  if (getBlock())
    printer << ", block = " << getBlock() << " of " << getBlockDim();
  if (!getBefore().empty()) {
    printer << ", before = ";
    numbers(getBefore());
  }
  if (!getAfter().empty()) {
    printer << ", after = ";
    numbers(getAfter());
  }
  if (getFill() == Fill::Value)
    printer << ", fill = " << getFillValue();
  else if (getFill() != Fill::None)
    printer << ", fill = " << stringifyFill(getFill());
  if (getShared())
    printer << ", shared";
  printer << '>';
}

bool convoy::cnn::isOfType(int64_t value, Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() > 32)
    return false;
  return integer.isUnsigned() ? llvm::isUIntN(integer.getWidth(), static_cast<uint64_t>(value))
                              : llvm::isIntN(integer.getWidth(), value);
}

LogicalResult LayoutAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> order,
                                 int64_t blockDim, int64_t block, ArrayRef<int64_t> before, ArrayRef<int64_t> after,
                                 Fill fill, bool, int64_t fillValue) {
  assert((fill == Fill::Value || fillValue == 0) && "a number without a fill of that kind");
  SmallVector<int64_t> sorted(order);
  llvm::sort(sorted);
  for (auto [i, dim] : llvm::enumerate(sorted))
    if (dim != static_cast<int64_t>(i))
      return emitError() << "layout_c1: the order is no permutation of " << order.size() << " dimensions";
  if (block < 0 || (block > 0 && (blockDim < 0 || blockDim >= static_cast<int64_t>(order.size()))))
    return emitError() << "layout_c2: a block of " << block << " of dimension " << blockDim << " is impossible";
  for (ArrayRef<int64_t> around : {before, after})
    if (!around.empty() &&
        (around.size() != order.size() || llvm::any_of(around, [](int64_t value) { return value < 0; })))
      return emitError() << "layout_c3: before and after must have " << order.size() << " numbers, none negative";
  return success();
}

LogicalResult LayoutAttr::verifyEncoding(ArrayRef<int64_t> shape, Type element,
                                         llvm::function_ref<InFlightDiagnostic()> emitError) const {
  if (getFill() == Fill::Value && !isOfType(getFillValue(), element))
    return emitError() << "layout_c4: the fill " << getFillValue() << " is no " << element;
  if (getOrder().size() == shape.size())
    return success();
  return emitError() << "layout_c1: the layout orders " << getOrder().size() << " dimensions, but the tensor has "
                     << shape.size();
}
