#include "test/gpu/conv/Device.h"

#include <cmath>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

struct Product {
  std::vector<int64_t> lhs, rhs; ///< Shapes as stored.
  bool transposeLhs = false, transposeRhs = false;
  bool packed = true;    ///< The right side is a weight: it is laid out as wanted.
  bool symbolic = false; ///< Rows are not known when compiled.
  std::map<std::string, int64_t> knobs = {};
};

std::vector<int64_t> resultOf(const Product &product) {
  std::vector<int64_t> shape = product.lhs.size() >= product.rhs.size() ? product.lhs : product.rhs;
  shape[shape.size() - 2] = product.lhs[product.lhs.size() - (product.transposeLhs ? 1 : 2)];
  shape.back() = product.rhs[product.rhs.size() - (product.transposeRhs ? 2 : 1)];
  return shape;
}

proto::Tensor tensorOf(const std::vector<int64_t> &shape, int symbolic) {
  proto::Tensor tensor;
  tensor.set_type(proto::F32);
  for (int dim = 0; dim < int(shape.size()); ++dim)
    dim == symbolic ? tensor.add_dims()->set_symbol(1) : tensor.add_dims()->set_extent(shape[size_t(dim)]);
  return tensor;
}

/// Product and relu behind it.
Result<proto::Kernel> kernelOf(const Product &product) {
  proto::Kernel kernel;
  auto target = schedules::parseTarget("opencl");
  if (!target)
    return Error{target.error()};
  *kernel.mutable_target() = *target;
  const std::vector<int64_t> result = resultOf(product);
  const int row = int(product.lhs.size()) - (product.transposeLhs ? 1 : 2);
  *kernel.add_tensors() = tensorOf(product.lhs, product.symbolic ? row : -1);
  *kernel.add_tensors() = tensorOf(product.rhs, -1);
  for (int i = 0; i < 2; ++i)
    *kernel.add_tensors() = tensorOf(result, product.symbolic ? int(result.size()) - 2 : -1);
  kernel.add_inputs(0), kernel.add_inputs(1), kernel.add_outputs(3);
  proto::Op &op = *kernel.add_ops();
  op.set_kind("matmul");
  op.add_inputs(0), op.add_inputs(1), op.add_outputs(2);
  (*op.mutable_attributes())["transpose_lhs"].add_ints(product.transposeLhs);
  (*op.mutable_attributes())["transpose_rhs"].add_ints(product.transposeRhs);
  proto::Op &relu = *kernel.add_ops();
  relu.set_kind("elementwise");
  relu.add_inputs(2), relu.add_outputs(3);
  (*relu.mutable_attributes())["function"].set_text("relu");
  if (!product.knobs.empty())
    kernel.mutable_schedule()->set_template_name("gpu_matmul");
  for (const auto &[name, value] : product.knobs)
    (*kernel.mutable_schedule()->mutable_knobs())[name] = value;
  auto scheduled = schedules::withSchedule(kernel);
  if (!scheduled || !product.packed)
    return scheduled;
  auto wanted = schedules::wantedLayout(*scheduled, 1);
  if (!wanted)
    return Error{wanted.error()};
  *scheduled->mutable_tensors(1)->mutable_layout() = *wanted;
  return scheduled;
}

double productAt(const Product &product, Storage &lhs, Storage &rhs, const std::vector<int64_t> &at) {
  auto read = [&](const std::vector<int64_t> &shape, int64_t outer, int64_t inner) {
    std::vector<int64_t> index(at.end() - long(shape.size()), at.end());
    for (size_t dim = 0; dim + 2 < shape.size(); ++dim)
      index[dim] = shape[dim] == 1 ? 0 : index[dim];
    index[shape.size() - 2] = outer, index[shape.size() - 1] = inner;
    return index;
  };
  const int64_t depth = product.lhs[product.lhs.size() - (product.transposeLhs ? 2 : 1)];
  const int64_t row = at[at.size() - 2], column = at.back();
  double sum = 0;
  for (int64_t k = 0; k < depth; ++k)
    sum += double(lhs.at(product.transposeLhs ? read(product.lhs, k, row) : read(product.lhs, row, k))) *
           double(rhs.at(product.transposeRhs ? read(product.rhs, column, k) : read(product.rhs, k, column)));
  return std::max(sum, 0.0);
}

void expectProduct(const Product &product) {
  if (!deviceMissing().empty())
    GTEST_SKIP() << deviceMissing();
  auto kernel = kernelOf(product);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_EQ(kernel->schedule().template_name(), "gpu_matmul");
  auto loaded = schedules::load(*kernel);
  ASSERT_TRUE(bool(loaded)) << loaded.error();
  std::mt19937 random(3);
  Storage lhs(kernel->tensors(0), product.lhs), rhs(kernel->tensors(1), product.rhs),
      out(kernel->tensors(3), resultOf(product));
  lhs.fillRandom(random), rhs.fillRandom(random);
  auto ran = (*loaded)->run({lhs.host(), rhs.host()}, {out.host()});
  ASSERT_TRUE(bool(ran)) << ran.error();
  double worst = 0, largest = 1e-3;
  out.each([&](const std::vector<int64_t> &at, float value) {
    const double expected = productAt(product, lhs, rhs, at), distance = std::abs(double(value) - expected);
    largest = std::max(largest, expected);
    worst = std::isnan(distance) ? HUGE_VAL : std::max(worst, distance);
  });
  EXPECT_LT(worst, 1e-5 * largest) << kernel->schedule().ShortDebugString();
  EXPECT_EQ(out.strayWrites(false), 0);
}

} // namespace

TEST(GpuMatmul, FullyConnected) {
  expectProduct({{1, 64}, {64, 1000}});
  expectProduct({{5, 40}, {40, 10}});
  expectProduct({{33, 70}, {50, 70}, false, true});
  expectProduct({{64, 96}, {96, 72}});
}

/// Classifiers of MobileNetV2 and ResNet-20.
TEST(GpuMatmul, Classifiers) {
  expectProduct({{1, 1280}, {1280, 1000}});
  expectProduct({{1, 1280}, {1000, 1280}, false, true});
  expectProduct({{1, 64}, {64, 10}, false, false, true, true});
}

TEST(GpuMatmul, Batched) {
  expectProduct({{2, 7, 9, 24}, {24, 96}});
  expectProduct({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
  expectProduct({{2, 3, 20, 32}, {2, 3, 36, 32}, false, true, false});
  expectProduct({{4, 6, 5}, {1, 6, 40}, true, false, false});
}

TEST(GpuMatmul, SplitSums) {
  expectProduct(
      {{6, 200}, {200, 36}, false, false, true, false, {{"pixels", 2}, {"threads_c", 8}, {"chunk", 16}, {"split", 5}}});
}

TEST(GpuMatmul, SymbolicRows) {
  for (int64_t rows : {1, 40})
    expectProduct({{rows, 48}, {48, 64}, false, false, true, true});
}

} // namespace convoy::test
