#include "test/schedules/conv/MatmulKernels.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace convoy::test {

namespace {

int64_t rowsOf(const MatmulSpec &spec) { return spec.lhs[spec.lhs.size() - (spec.transposeLhs ? 1 : 2)]; }
int64_t columnsOf(const MatmulSpec &spec) { return spec.rhs[spec.rhs.size() - (spec.transposeRhs ? 2 : 1)]; }

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

void addRelu(const MatmulSpec &spec, proto::Kernel &kernel) {
  kernel.add_outputs(kernel.tensors_size() - 1 + spec.relu);
  if (!spec.relu)
    return;
  const proto::Tensor product = kernel.tensors(2);
  *kernel.add_tensors() = product;
  proto::Op &relu = *kernel.add_ops();
  relu.set_kind("elementwise");
  relu.add_inputs(2), relu.add_outputs(3);
  (*relu.mutable_attributes())["function"].set_text("relu");
}

} // namespace

int64_t depthOf(const MatmulSpec &spec) { return spec.lhs[spec.lhs.size() - (spec.transposeLhs ? 2 : 1)]; }

std::vector<int64_t> resultShape(const MatmulSpec &spec) {
  std::vector<int64_t> shape = spec.lhs.size() >= spec.rhs.size() ? spec.lhs : spec.rhs;
  shape[shape.size() - 2] = rowsOf(spec);
  shape[shape.size() - 1] = columnsOf(spec);
  return shape;
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
  kernel.add_inputs(0), kernel.add_inputs(1);
  proto::Op &op = *kernel.add_ops();
  op.set_kind("matmul");
  op.add_inputs(0), op.add_inputs(1), op.add_outputs(2);
  (*op.mutable_attributes())["transpose_lhs"].add_ints(spec.transposeLhs);
  (*op.mutable_attributes())["transpose_rhs"].add_ints(spec.transposeRhs);
  addRelu(spec, kernel);
  kernel.mutable_schedule()->set_template_name(spec.templateName);
  kernel.mutable_schedule()->mutable_knobs()->insert(spec.knobs.begin(), spec.knobs.end());
  auto scheduled = schedules::withSchedule(kernel);
  if (!scheduled || !spec.packed)
    return scheduled;
  auto wanted = schedules::wantedLayout(*scheduled, 1);
  if (!wanted)
    return Error{wanted.error()};
  *scheduled->mutable_tensors(1)->mutable_layout() = *wanted;
  return scheduled;
}

double productAt(const MatmulSpec &spec, const Storage &lhs, const Storage &rhs, const std::vector<int64_t> &at) {
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

void expectProduct(const MatmulSpec &spec, const std::string &wantedTemplate, unsigned seed) {
  auto kernel = matmulKernel(spec);
  ASSERT_TRUE(bool(kernel)) << kernel.error();
  if (!wantedTemplate.empty())
    EXPECT_EQ(kernel->schedule().template_name(), wantedTemplate);
  auto loaded = schedules::load(*kernel);
  ASSERT_TRUE(bool(loaded)) << loaded.error();
  std::mt19937 random(seed);
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
      << kernel->schedule().ShortDebugString() << "\n"
      << kernel->ShortDebugString();
  EXPECT_EQ(out.strayWrites(false), 0) << kernel->ShortDebugString();
}

} // namespace convoy::test
