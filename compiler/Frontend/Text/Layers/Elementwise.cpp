#include "compiler/Frontend/Text/Layers/LayerBuilder.h"
#include "compiler/Frontend/Text/Suggest.h"

using namespace mlir;

namespace convoy::frontend {

/// Functions with parameters that nearly everybody leaves as they are, and names of their own for others.
static std::pair<StringRef, SmallVector<double>> complete(StringRef function, ArrayRef<double> given) {
  if (function == "relu6" && given.empty())
    return {"clip", {0, 6}};
  if (function == "silu" && given.empty())
    return {"swish", {1}};
  if (!given.empty())
    return {function, SmallVector<double>(given)};
  SmallVector<double> standard = llvm::StringSwitch<SmallVector<double>>(function)
                                     .Case("leaky_relu", {0.01})
                                     .Cases({"elu", "celu", "swish", "thresholded_relu"}, {1})
                                     .Case("selu", {1.67326319217681884765625, 1.05070102214813232421875})
                                     .Case("hard_sigmoid", {1.0 / 6, 0.5})
                                     .Default({});
  return {function, standard};
}

static std::vector<std::string> knownFunctions() {
  std::vector<std::string> names{"relu6", "silu"};
  for (const cnn::ElementwiseFunction &function : cnn::elementwiseFunctions())
    names.push_back(function.name.str());
  return names;
}

Value buildElementwise(LayerBuilder &b, const text::Elementwise &settings) {
  auto [name, parameters] =
      complete(settings.function(), ArrayRef(settings.parameters().data(), settings.parameters().size()));
  const cnn::ElementwiseFunction *function = cnn::findElementwise(name);
  if (!function) {
    b.error("function") << "there is no function '" << settings.function() << "'"
                        << suggest(settings.function(), knownFunctions());
    return {};
  }
  if (function->operands != b.inputs.size()) {
    b.error("function") << "'" << settings.function() << "' takes " << function->operands << " inputs, it has "
                        << b.inputs.size();
    return {};
  }
  if (function->parameters != parameters.size()) {
    b.error("parameters") << "'" << settings.function() << "' takes " << function->parameters << " parameters, it has "
                          << parameters.size();
    return {};
  }
  return b.elementwise(name, b.inputs, parameters);
}

Value buildPrelu(LayerBuilder &b) {
  if (!b.requireRank(2))
    return {};
  int64_t channels = b.knownExtent(1);
  return b.elementwise("prelu", {b.input(), b.alongChannels(b.tensor("weight", channels))});
}

Value buildChain(LayerBuilder &b, StringRef function) {
  Value result = b.input();
  for (Value operand : b.inputs.drop_front())
    result = b.elementwise(function, {result, operand});
  return result;
}

} // namespace convoy::frontend
