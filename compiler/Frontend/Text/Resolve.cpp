#include "compiler/Frontend/Text/Expander.h"

#include <cmath>

using namespace mlir;
namespace pb = google::protobuf;
using Kind = pb::FieldDescriptor::CppType;

namespace convoy::frontend {

namespace {
/// One field of a message, or one of its items.
class Resolver {
public:
  Resolver(const Source &source, const Variables &variables) : source(source), variables(variables) {}

  LogicalResult run(pb::Message &message, const Tree *tree) {
    std::vector<const pb::FieldDescriptor *> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const pb::FieldDescriptor *field : fields) {
      int count = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) : 1;
      for (int i = 0; i < count; ++i)
        if (failed(runField(message, tree, field, field->is_repeated() ? i : -1)))
          return failure();
    }
    return success();
  }

private:
  LogicalResult runField(pb::Message &message, const Tree *tree, const pb::FieldDescriptor *field, int index) {
    const pb::Reflection *access = message.GetReflection();
    switch (field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
      pb::Message *nested =
          index < 0 ? access->MutableMessage(&message, field) : access->MutableRepeatedMessage(&message, field, index);
      return run(*nested, field->is_map() ? nullptr : nestedTree(tree, field, index));
    }
    case pb::FieldDescriptor::CPPTYPE_STRING: {
      std::string text =
          index < 0 ? access->GetString(message, field) : access->GetRepeatedString(message, field, index);
      auto replaced = interpolate(text, variables);
      if (!replaced)
        return emitError(source.locate(tree, field, index)) << replaced.error();
      index < 0 ? access->SetString(&message, field, *replaced)
                : access->SetRepeatedString(&message, field, index, *replaced);
      return success();
    }
    case pb::FieldDescriptor::CPPTYPE_INT64: {
      int64_t number = index < 0 ? access->GetInt64(message, field) : access->GetRepeatedInt64(message, field, index);
      auto value = numberAt(number, tree, field, index);
      if (failed(value))
        return failure();
      if (*value && (**value != std::floor(**value) || std::abs(**value) > 1e15))
        return emitError(source.locate(tree, field, index))
               << "'" << field->name() << "' must be an integer, the expression gives " << toText(**value);
      number = *value ? static_cast<int64_t>(**value) : number;
      index < 0 ? access->SetInt64(&message, field, number) : access->SetRepeatedInt64(&message, field, index, number);
      return success();
    }
    case pb::FieldDescriptor::CPPTYPE_DOUBLE: {
      double number = index < 0 ? access->GetDouble(message, field) : access->GetRepeatedDouble(message, field, index);
      auto value = numberAt(number, tree, field, index);
      if (failed(value))
        return failure();
      number = value->value_or(number);
      index < 0 ? access->SetDouble(&message, field, number)
                : access->SetRepeatedDouble(&message, field, index, number);
      return success();
    }
    default:
      return success();
    }
  }

  /// The value of the expression that the number stands for; nothing if it is just a number.
  template <typename T>
  FailureOr<std::optional<double>> numberAt(T number, const Tree *tree, const pb::FieldDescriptor *field, int index) {
    bool negative = false;
    const std::string *expression = source.expressionOf(number, negative);
    if (!expression)
      return std::optional<double>();
    auto value = evaluate(*expression, variables);
    if (!value)
      return emitError(source.locate(tree, field, index)) << value.error();
    const double *result = std::get_if<double>(&*value);
    if (!result)
      return emitError(source.locate(tree, field, index))
             << "'" << field->name() << "' must be a number, the expression gives '" << toText(*value) << "'";
    return std::optional<double>(negative ? -*result : *result);
  }

  const Source &source;
  const Variables &variables;
};
} // namespace

LogicalResult resolveExpressions(pb::Message &message, const Tree *tree, const Source &source,
                                 const Variables &variables) {
  return Resolver(source, variables).run(message, tree);
}

} // namespace convoy::frontend
