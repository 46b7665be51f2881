#include "test/schedules/conv/KernelData.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

struct MatmulSpec {
  std::vector<int64_t> lhs, rhs; ///< Shapes as stored.
  bool transposeLhs = false, transposeRhs = false;
  bool packed = true;    ///< The right side is a weight: it is laid out as wanted.
  bool symbolic = false; ///< Rows are not known when compiled.
  std::string target = "host";
  proto::DataType type = proto::F32; ///< Of the left side.
};

int64_t rowsOf(const MatmulSpec &spec) { return spec.lhs[spec.lhs.size() - (spec.transposeLhs ? 1 : 2)]; }
int64_t depthOf(const MatmulSpec &spec) { return spec.lhs[spec.lhs.size() - (spec.transposeLhs ? 2 : 1)]; }
int64_t columnsOf(const MatmulSpec &spec) { return spec.rhs[spec.rhs.size() - (spec.transposeRhs ? 2 : 1)]; }

std::vector<int64_t> resultShape(const MatmulSpec &spec) {
  std::vector<int64_t> shape = spec.lhs.size() >= spec.rhs.size() ? spec.lhs : spec.rhs;
  shape[shape.size() - 2] = rowsOf(spec);
  shape[shape.size() - 1] = columnsOf(spec);
  return shape;
}

proto::Tensor tensorOf(const std::vector<int64_t> &shape, int symbolic, proto::DataType type) {
  proto::Tensor tensor;
  tensor.set_type(type);
  for (size_t dim = 0; dim < shape.size(); ++dim)
    if (int(dim) == symbolic)
      tensor.add_dims()->set_symbol(1);
    else
      tensor.add_dims()->set_extent(shape[dim]);
  return tensor;
}

Result<proto::Kernel> matmulKernel(const MatmulSpec &spec) {
  proto::Kernel kernel;
  auto target = schedules::parseTarget(spec.target);
  if (!target)
    return Error{target.error()};
  *kernel.mutable_target() = *target;
  const std::vector<int64_t> result = resultShape(spec);
  const int rowDim = int(spec.lhs.size()) - (spec.transposeLhs ? 1 : 2);
  const bool integers = spec.type == proto::U8 || spec.type == proto::I8;
  *kernel.add_tensors() = tensorOf(spec.lhs, spec.symbolic ? rowDim : -1, spec.type);
  *kernel.add_tensors() = tensorOf(spec.rhs, -1, integers ? proto::I8 : spec.type);
  *kernel.add_tensors() =
      tensorOf(result, spec.symbolic ? int(result.size()) - 2 : -1, integers ? proto::I32 : proto::F32);
  kernel.add_inputs(0), kernel.add_inputs(1), kernel.add_outputs(2);
  proto::Op &op = *kernel.add_ops();
  op.set_kind("matmul");
  op.add_inputs(0), op.add_inputs(1), op.add_outputs(2);
  (*op.mutable_attributes())["transpose_lhs"].add_ints(spec.transposeLhs);
  (*op.mutable_attributes())["transpose_rhs"].add_ints(spec.transposeRhs);
  auto scheduled = schedules::withSchedule(kernel);
  if (!scheduled || !spec.packed)
    return scheduled;
  auto wanted = schedules::wantedLayout(*scheduled, 1);
  if (!wanted)
    return Error{wanted.error()};
  *scheduled->mutable_tensors(1)->mutable_layout() = *wanted;
  return scheduled;
}

double productAt(const MatmulSpec &spec, Storage &lhs, Storage &rhs, const std::vector<int64_t> &at) {
  auto read = [&](const std::vector<int64_t> &shape, int64_t outer, int64_t inner) {
    std::vector<int64_t> index(at.end() - long(shape.size()), at.end());
    for (size_t dim = 0; dim + 2 < shape.size(); ++dim)
      index[dim] = shape[dim] == 1 ? 0 : index[dim];
    index[shape.size() - 2] = outer, index[shape.size() - 1] = inner;
    return index;
  };
  const int64_t row = at[at.size() - 2], column = at.back();
  double sum = 0;
  for (int64_t k = 0; k < depthOf(spec); ++k)
    sum += double(lhs.value(spec.transposeLhs ? read(spec.lhs, k, row) : read(spec.lhs, row, k))) *
           double(rhs.value(spec.transposeRhs ? read(spec.rhs, column, k) : read(spec.rhs, k, column)));
  return sum;
}

void expectProduct(const MatmulSpec &spec) {
  auto kernel = matmulKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  EXPECT_EQ(kernel->schedule().template_name(), "matmul_tiled");
  auto loaded = schedules::load(*kernel);
  ASSERT_TRUE(bool(loaded)) << loaded.error();
  std::mt19937 random(3);
  Storage lhs(kernel->tensors(0), spec.lhs), rhs(kernel->tensors(1), spec.rhs),
      out(kernel->tensors(2), resultShape(spec));
  lhs.fillRandom(random), rhs.fillRandom(random);
  auto ran = (*loaded)->run({lhs.host(), rhs.host()}, {out.host()});
  ASSERT_TRUE(bool(ran)) << ran.error();
  double worst = 0;
  out.eachIndex([&](const std::vector<int64_t> &at) {
    const double distance = std::abs(out.value(at) - productAt(spec, lhs, rhs, at));
    worst = std::isnan(distance) ? HUGE_VAL : std::max(worst, distance);
  });
  EXPECT_LE(worst, spec.type == proto::U8 || spec.type == proto::I8 ? 0 : 1e-5 * double(depthOf(spec)))
      << kernel->schedule().ShortDebugString();
  EXPECT_EQ(out.strayWrites(false), 0);
}

} // namespace

TEST(MatmulTiled, FullyConnected) {
  expectProduct({{1, 64}, {64, 1000}});
  expectProduct({{5, 40}, {40, 10}});
  expectProduct({{33, 70}, {50, 70}, false, true});
}

TEST(MatmulTiled, RowsOfAnImage) { expectProduct({{2, 7, 9, 24}, {24, 96}}); }

TEST(MatmulTiled, Batched) {
  expectProduct({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
  expectProduct({{2, 3, 20, 32}, {2, 3, 36, 32}, false, true, false});
  expectProduct({{4, 6, 5}, {4, 5, 7}, false, false, false});
  expectProduct({{4, 6, 5}, {4, 7, 5}, false, true, false});
  expectProduct({{4, 6, 5}, {1, 6, 40}, true, false, false});
}

TEST(MatmulTiled, SymbolicRows) {
  for (int64_t rows : {1, 13, 40})
    expectProduct({{rows, 48}, {48, 64}, false, false, true, true});
}

TEST(MatmulTiled, Integers) {
  for (proto::DataType type : {proto::U8, proto::I8}) {
    auto expect = [&](MatmulSpec spec) {
      spec.type = type;
      expectProduct(spec);
    };
    expect({{1, 64}, {64, 1000}});
    expect({{5, 40}, {40, 10}});
    expect({{9, 22}, {22, 48}}); // No whole number of groups of four.
    expect({{33, 72}, {50, 72}, false, true});
    expect({{2, 7, 9, 24}, {24, 96}});
    expect({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
    expect({{13, 48}, {48, 64}, false, false, true, true});
  }
}

TEST(MatmulTiled, HalfFloats) {
  auto expect = [&](MatmulSpec spec) {
    spec.type = proto::BF16;
    expectProduct(spec);
  };
  expect({{1, 64}, {64, 1000}});
  expect({{9, 23}, {23, 48}});
  expect({{33, 72}, {50, 72}, false, true});
  expect({{2, 3, 20, 32}, {2, 3, 32, 36}, false, false, false});
}

} // namespace convoy::test
