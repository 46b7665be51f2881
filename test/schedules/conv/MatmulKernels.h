#pragma once

#include "test/schedules/conv/KernelData.h"

#include <map>

namespace convoy::test {

/// A product of two stored tensors under broadcast.
struct MatmulSpec {
  std::vector<int64_t> lhs, rhs; ///< Shapes as stored.
  bool transposeLhs = false, transposeRhs = false;
  bool packed = true;    ///< The right side is a weight: it is laid out as wanted.
  bool symbolic = false; ///< Rows are not known when compiled.
  std::string target = "host";
  proto::DataType type = proto::F32; ///< Of the left side.
  bool relu = false;                 ///< Behind it.
  std::string templateName = {};     ///< Whose knobs these are; empty: the model chooses.
  std::map<std::string, int64_t> knobs = {};
};

/// Steps of each sum.
int64_t depthOf(const MatmulSpec &spec);
std::vector<int64_t> resultShape(const MatmulSpec &spec);

/// The kernel with its schedule, weights laid out as it wants them. Tensors: left, right, product and, with `relu`,
/// what is behind it; the last is the output.
Result<proto::Kernel> matmulKernel(const MatmulSpec &spec);

/// Fails the running test if the product is computed by another template (empty: any) or is not the formula's: sums of
/// integers exact, of floats within 1e-5 a step.
void expectProduct(const MatmulSpec &spec, const std::string &wantedTemplate, unsigned seed);

/// The product (without `relu`) at an index of the result, summed in double.
double productAt(const MatmulSpec &spec, const Storage &lhs, const Storage &rhs, const std::vector<int64_t> &at);

} // namespace convoy::test
