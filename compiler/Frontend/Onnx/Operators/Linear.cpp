#include "compiler/Frontend/Onnx/Operators/Operators.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace convoy::frontend {

static Results importGemm(Node &n) {
  double alpha = n.number("alpha", 1), beta = n.number("beta", 1);
  bool transposeA = n.flag("transA"), transposeB = n.flag("transB");
  n.ignore("broadcast");
  Value a = n.input(0), b = n.input(1), c = n.input(2);
  if (n.hasFailed())
    return {};
  if (n.rankOf(a) != 2 || n.rankOf(b) != 2) {
    n.error() << "both factors must have 2 dimensions, they have " << n.rankOf(a) << " and " << n.rankOf(b);
    return {};
  }
  Value result = n.matmul(a, b, transposeA, transposeB);
  if (alpha != 1)
    result = n.withScalar("mul", result, alpha);
  if (!c || beta == 0)
    return result;
  return n.elementwise("add", {result, beta == 1 ? c : n.withScalar("mul", c, beta)});
}

/// Vectors are matrices with one row (left) or one column (right), which the result then drops.
Value matrixProduct(Node &n, Value lhs, Value rhs) {
  if (n.hasFailed() || n.rankOf(lhs) == 0 || n.rankOf(rhs) == 0) {
    if (!n.hasFailed())
      n.error() << "scalars have no matrix product";
    return {};
  }
  bool isRow = n.rankOf(lhs) == 1, isColumn = n.rankOf(rhs) == 1;
  if (isRow)
    lhs = n.reshapeTo(lhs, {n.ints({1}), n.extent(lhs, 0)});
  if (isColumn)
    rhs = n.reshapeTo(rhs, {n.extent(rhs, 0), n.ints({1})});
  Value result = n.matmul(lhs, rhs);
  if (!isRow && !isColumn)
    return result;
  int64_t rank = n.rankOf(result);
  SmallVector<Value> pieces;
  for (int64_t dim = 0; dim < rank; ++dim)
    if ((dim != rank - 2 || !isRow) && (dim != rank - 1 || !isColumn))
      pieces.push_back(n.extent(result, dim));
  return pieces.empty() ? n.toScalar(result) : n.reshapeTo(result, pieces);
}

static Results importMatMul(Node &n) { return matrixProduct(n, n.input(0), n.input(1)); }

//===-- Einsum ----------------------------------------------------------------------------------===//

namespace {
/// A tensor whose dimensions have letters.
struct Lettered {
  Value value;
  std::string letters;
};

class Einsum {
public:
  explicit Einsum(Node &n) : n(n) {}

  Value run() {
    std::string equation;
    for (char letter : n.text("equation", ""))
      if (letter != ' ')
        equation += letter;
    auto [left, right] = StringRef(equation).split("->");
    SmallVector<StringRef> terms;
    left.split(terms, ',');
    SmallVector<Value> inputs = n.inputs();
    if (n.hasFailed() || !check(terms, inputs))
      return {};
    output = StringRef(equation).contains("->") ? right.str() : implicitOutput(left);
    if (llvm::any_of(output, [&](char letter) { return !left.contains(letter); }) || !isPlain(output))
      return fail("the output has a letter that no input has, or one twice");
    Lettered result = dropUnshared({inputs[0], terms[0].str()}, terms.size() > 1 ? terms[1] : "");
    if (terms.size() > 1)
      result = product(result, dropUnshared({inputs[1], terms[1].str()}, result.letters));
    return ordered(result, output).value;
  }

private:
  Value fail(StringRef reason) {
    if (!n.hasFailed())
      n.error() << "equation '" << n.text("equation", "") << "' isn't supported: " << reason;
    return {};
  }

  static bool isPlain(StringRef term) {
    for (size_t i = 0; i < term.size(); ++i)
      if (!llvm::isAlpha(term[i]) || term.drop_front(i + 1).contains(term[i]))
        return false;
    return true;
  }

  bool check(ArrayRef<StringRef> terms, ArrayRef<Value> inputs) {
    if (terms.size() != inputs.size())
      return fail("it has another number of terms than the node has inputs") != Value();
    if (terms.size() > 2)
      return fail("it has more than two factors") != Value();
    for (auto [term, input] : llvm::zip(terms, inputs)) {
      if (!isPlain(term))
        return fail("'...' and letters that repeat within a term aren't") != Value();
      if (static_cast<int64_t>(term.size()) != n.rankOf(input))
        return fail("a term has another number of letters than the input has dimensions") != Value();
    }
    return true;
  }

  /// Without '->' the output has the letters that occur once, in alphabetical order.
  static std::string implicitOutput(StringRef left) {
    std::string result;
    for (char letter : left)
      if (letter != ',' && left.count(letter) == 1)
        result += letter;
    llvm::sort(result);
    return result;
  }

  /// Sums over dimensions that neither the other factor nor the output has.
  Lettered dropUnshared(Lettered tensor, StringRef other) {
    SmallVector<int64_t> axes;
    std::string kept;
    for (auto [dim, letter] : llvm::enumerate(tensor.letters))
      if (StringRef(output).contains(letter) || other.contains(letter))
        kept += letter;
      else
        axes.push_back(static_cast<int64_t>(dim));
    if (axes.empty())
      return tensor;
    return {n.reduce(cnn::ReduceKind::Sum, tensor.value, axes, /*keepDims=*/false), kept};
  }

  Lettered ordered(const Lettered &tensor, const std::string &letters) {
    SmallVector<int64_t> permutation;
    for (char letter : letters)
      permutation.push_back(static_cast<int64_t>(tensor.letters.find(letter)));
    return {n.transpose(tensor.value, permutation), letters};
  }

  /// The matrix product of [batch, own, summed] and [batch, summed, own].
  Lettered product(Lettered lhs, Lettered rhs) {
    std::string batch, summed, leftOwn, rightOwn;
    for (char letter : lhs.letters)
      (!StringRef(rhs.letters).contains(letter) ? leftOwn
       : StringRef(output).contains(letter)     ? batch
                                                : summed) += letter;
    for (char letter : rhs.letters)
      if (!StringRef(lhs.letters).contains(letter))
        rightOwn += letter;
    lhs = ordered(lhs, batch + leftOwn + summed);
    rhs = ordered(rhs, batch + summed + rightOwn);
    Value left = grouped(lhs, batch.size(), leftOwn.size()), right = grouped(rhs, batch.size(), summed.size());
    SmallVector<Value> pieces;
    for (size_t i = 0; i < batch.size() + leftOwn.size(); ++i)
      pieces.push_back(n.extent(lhs.value, static_cast<int64_t>(i)));
    for (size_t i = 0; i < rightOwn.size(); ++i)
      pieces.push_back(n.extent(rhs.value, static_cast<int64_t>(batch.size() + summed.size() + i)));
    Value result = n.matmul(left, right);
    return {pieces.empty() ? n.toScalar(result) : n.reshapeTo(result, pieces), batch + leftOwn + rightOwn};
  }

  /// Joins the dimensions after the batch into two.
  Value grouped(const Lettered &tensor, size_t batch, size_t first) {
    SmallVector<Value> pieces, group[2];
    for (size_t dim = 0; dim < tensor.letters.size(); ++dim) {
      Value piece = n.extent(tensor.value, static_cast<int64_t>(dim));
      (dim < batch ? pieces : group[dim >= batch + first]).push_back(piece);
    }
    if (group[0].size() == 1 && group[1].size() == 1)
      return tensor.value;
    pieces.push_back(n.product(group[0]));
    pieces.push_back(n.product(group[1]));
    return n.reshapeTo(tensor.value, pieces);
  }

  Node &n;
  std::string output;
};
} // namespace

static Results importEinsum(Node &n) { return Einsum(n).run(); }

ArrayRef<Operator> linearOperators() {
  static const Operator table[] = {
      {"Einsum", 12, 1, -1, importEinsum},
      {"Gemm", 6, 2, 3, importGemm},
      {"MatMul", 6, 2, 2, importMatMul},
  };
  return table;
}

} // namespace convoy::frontend
