#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules {

bool OpContext::has(int operand) const { return operand < op.inputs_size() && op.inputs(operand) >= 0; }

Func OpContext::input(int operand) const {
  if (!has(operand))
    throw CompileError("op " + std::to_string(position) + " (" + op.kind() + ") lacks operand " +
                       std::to_string(operand));
  return graph.values[op.inputs(operand)];
}

const proto::Tensor &OpContext::inputTensor(int operand) const { return graph.tensorOf(op.inputs(operand)); }
const proto::Tensor &OpContext::outputTensor() const { return graph.tensorOf(op.outputs(0)); }
Type OpContext::inputType(int operand) const { return halideType(inputTensor(operand).type()); }
Type OpContext::outputType() const { return halideType(outputTensor().type()); }

std::optional<double> OpContext::constant(int operand) const {
  for (const proto::Op &other : graph.kernel->ops()) {
    auto value = other.attributes().find("value");
    if (other.kind() != "constant" || other.outputs(0) != op.inputs(operand) || value == other.attributes().end())
      continue;
    if (value->second.ints_size() > 0)
      return double(value->second.ints(0));
    if (value->second.floats_size() > 0)
      return value->second.floats(0);
  }
  return std::nullopt;
}

Type OpContext::sumType(Type type) const {
  if (!type.is_float())
    return type;
  return type.bits() == 64 || graph.wide ? Float(64) : Float(32);
}

namespace {
const proto::Value *find(const proto::Op &op, const std::string &name) {
  auto found = op.attributes().find(name);
  return found == op.attributes().end() ? nullptr : &found->second;
}
} // namespace

std::vector<int64_t> OpContext::ints(const std::string &name) const {
  const proto::Value *value = find(op, name);
  return value ? std::vector<int64_t>(value->ints().begin(), value->ints().end()) : std::vector<int64_t>();
}

int64_t OpContext::integer(const std::string &name, int64_t absent) const {
  const proto::Value *value = find(op, name);
  return value && value->ints_size() > 0 ? value->ints(0) : absent;
}

std::vector<double> OpContext::floats(const std::string &name) const {
  const proto::Value *value = find(op, name);
  return value ? std::vector<double>(value->floats().begin(), value->floats().end()) : std::vector<double>();
}

double OpContext::number(const std::string &name, double absent) const {
  const proto::Value *value = find(op, name);
  return value && value->floats_size() > 0 ? value->floats(0) : absent;
}

std::string OpContext::text(const std::string &name, const std::string &absent) const {
  const proto::Value *value = find(op, name);
  return value && !value->text().empty() ? value->text() : absent;
}

std::vector<Var> OpContext::vars() const { return {graph.vars.begin(), graph.vars.begin() + rankOf(outputTensor())}; }

std::vector<Expr> OpContext::arguments() const {
  return {graph.vars.begin(), graph.vars.begin() + rankOf(outputTensor())};
}

Expr OpContext::inputExtent(int operand, int dim) const { return graph.extent(inputTensor(operand), dim); }
Expr OpContext::outputExtent(int dim) const { return graph.extent(outputTensor(), dim); }

std::vector<Expr> OpContext::broadcast(int operand, const std::vector<Expr> &arguments) const {
  const proto::Tensor &tensor = inputTensor(operand), &result = outputTensor();
  const int rank = rankOf(tensor), resultRank = rankOf(result);
  std::vector<Expr> read(arguments.begin(), arguments.begin() + rank);
  for (int dim = 0; dim < rank; ++dim) {
    const proto::Dim &own = tensor.dims(dim), &of = result.dims(dim + resultRank - rank);
    const bool equal =
        own.has_symbol() == of.has_symbol() && own.symbol() == of.symbol() && own.extent() == of.extent();
    Expr &at = read[argument(rank, dim)];
    if (own.has_extent() && own.extent() == 1)
      at = 0;
    else if (!equal) // A symbol that is 1 or the result's extent.
      at = min(at, graph.extent(tensor, dim) - 1);
  }
  return read;
}

Func OpContext::func(const std::string &stage) const {
  return Func(op.kind() + std::to_string(position) + (stage.empty() ? "" : "_" + stage));
}

Func OpContext::helper(const std::string &stage) const {
  Func made = func(stage);
  addHelper(made);
  return made;
}

void OpContext::addHelper(Func func) const { graph.helpers[position].push_back(func); }

namespace {
Expr fillValue(Type type, proto::Layout::Fill fill, int64_t value) {
  if (fill == proto::Layout::VALUE)
    return Internal::make_const(type, value);
  if (fill == proto::Layout::LOWEST)
    return type.is_float() ? cast(type, -Expr(std::numeric_limits<float>::infinity())) : type.min();
  return cast(type, 0);
}
} // namespace

Func OpContext::padded(int operand, const std::vector<int64_t> &pads, proto::Layout::Fill fill, int64_t filled) const {
  const proto::Tensor &tensor = inputTensor(operand);
  Func value = input(operand);
  const bool stored = graph.inputOf(op.inputs(operand)) >= 0;
  const bool inside = std::all_of(pads.begin(), pads.end(), [](int64_t pad) { return pad <= 0; });
  if (inside || (stored && grantsHalo(tensor, pads, fill, filled)))
    return value;
  const int rank = rankOf(tensor), spatial = int(pads.size()) / 2;
  std::vector<Expr> arguments(graph.vars.begin(), graph.vars.begin() + rank), clamped = arguments;
  Expr within = Internal::const_true();
  for (int i = 0; i < spatial; ++i) {
    if (pads[i] <= 0 && pads[spatial + i] <= 0)
      continue;
    const int dim = rank - spatial + i, at = argument(rank, dim);
    Expr extent = inputExtent(operand, dim);
    clamped[at] = clamp(likely(arguments[at]), 0, extent - 1);
    within = within && arguments[at] >= 0 && arguments[at] < extent;
  }
  Func guarded = func("padded" + std::to_string(operand));
  guarded(arguments) = select(likely(within), value(clamped), fillValue(inputType(operand), fill, filled));
  return guarded;
}

} // namespace convoy::schedules
