#include "runtime/ops/ops.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace {

template <typename T> constexpr convoy_type typeOf = CONVOY_F32;
template <> constexpr convoy_type typeOf<int64_t> = CONVOY_I64;
template <> constexpr convoy_type typeOf<uint8_t> = CONVOY_U8;
template <> constexpr convoy_type typeOf<int8_t> = CONVOY_I8;
template <> constexpr convoy_type typeOf<double> = CONVOY_F64;
template <> constexpr convoy_type typeOf<char> = CONVOY_BOOL;

template <typename T> convoy_tensor tensor(std::vector<T> &data, std::initializer_list<int64_t> dims) {
  convoy_tensor t = {};
  t.data = data.data();
  t.type = typeOf<T>;
  for (int64_t dim : dims)
    t.dims[t.rank++] = dim;
  return t;
}

/// With scratch for `bytes`, none when 0.
struct Context : convoy_context {
  std::vector<uint64_t> memory;
  explicit Context(size_t bytes) : convoy_context{}, memory(bytes / 8) {
    scratch = bytes ? memory.data() : nullptr;
    scratch_bytes = bytes;
  }
};

template <typename T> void checkTopK(std::vector<T> x, int64_t k, bool largest, size_t scratch) {
  int64_t n = static_cast<int64_t>(x.size()) / 2;
  // Rows lie one element apart: axis 1 has stride 2.
  std::vector<T> values(2 * k);
  std::vector<int64_t> indices(2 * k);
  convoy_tensor in[2] = {tensor(x, {2, n})};
  in[0].strides[0] = 1, in[0].strides[1] = 2;
  convoy_tensor out[2] = {tensor(values, {2, k}), tensor(indices, {2, k})};
  const int64_t options[] = {1, largest, 1};
  Context context(scratch);
  ASSERT_EQ(convoy_top_k(&context, in, out, options), CONVOY_OK);
  for (int64_t row = 0; row < 2; ++row) {
    std::vector<int64_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      T first = x[2 * a + row], second = x[2 * b + row];
      if (first == second)
        return a < b;
      return largest ? first > second : first < second;
    });
    for (int64_t i = 0; i < k; ++i) {
      ASSERT_EQ(indices[row * k + i], order[i]) << "row " << row << " place " << i;
      ASSERT_EQ(values[row * k + i], x[2 * order[i] + row]);
    }
  }
}

template <typename T> void checkTopKOf(std::vector<T> x) {
  int64_t n = static_cast<int64_t>(x.size()) / 2;
  for (int64_t k : {int64_t(0), int64_t(1), int64_t(5), n})
    for (bool largest : {true, false})
      for (size_t scratch : {size_t(0), size_t(1600), size_t(1) << 20})
        checkTopK(x, k, largest, scratch);
}

TEST(TopK, AgreesWithASort) {
  std::mt19937 random(1);
  std::vector<float> floats(2 * 700);
  std::vector<int64_t> longs(2 * 300);
  std::vector<uint8_t> bytes(2 * 300);
  std::vector<double> doubles(2 * 10);
  for (auto &v : floats)
    v = static_cast<float>(static_cast<int>(random() % 200) - 100) / 4;
  for (auto &v : longs)
    v = static_cast<int64_t>((uint64_t(random()) << 32) | random());
  for (auto &v : bytes)
    v = static_cast<uint8_t>(random());
  for (auto &v : doubles)
    v = static_cast<double>(random()) - 2e9;
  checkTopKOf(floats);
  checkTopKOf(longs);
  checkTopKOf(bytes);
  checkTopKOf(doubles);
}

TEST(TopK, ZerosAreEqualAndNaNIsLargest) {
  float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x = {-0.0f, 0.0f, -nan, 3, -std::numeric_limits<float>::infinity()}, values(5);
  std::vector<int64_t> indices(5);
  convoy_tensor in[2] = {tensor(x, {5})}, out[2] = {tensor(values, {5}), tensor(indices, {5})};
  const int64_t options[] = {0, 1, 1};
  Context context(0);
  ASSERT_EQ(convoy_top_k(&context, in, out, options), CONVOY_OK);
  EXPECT_EQ(indices, (std::vector<int64_t>{2, 3, 0, 1, 4}));
}

TEST(TopK, RefusesMoreThanThereIs) {
  std::vector<float> x(3), values(4);
  std::vector<int64_t> indices(4);
  convoy_tensor in[2] = {tensor(x, {3})}, out[2] = {tensor(values, {4}), tensor(indices, {4})};
  const int64_t options[] = {0, 1, 1};
  Context context(0);
  EXPECT_EQ(convoy_top_k(&context, in, out, options), CONVOY_INVALID_ARGUMENT);
}

TEST(TopK, KOfAnInputIsLessThanThePlansBound) {
  std::vector<float> x = {1, 5, 3, 2, 9, 4}, values(6);
  std::vector<int64_t> k = {2}, indices(6);
  convoy_tensor in[2] = {tensor(x, {2, 3}), tensor(k, {1})};
  convoy_tensor out[2] = {tensor(values, {2, 3}), tensor(indices, {2, 3})};
  const int64_t options[] = {1, 1, 1};
  Context context(0);
  ASSERT_EQ(convoy_top_k(&context, in, out, options), CONVOY_OK);
  EXPECT_EQ(out[0].dims[1], 2);
  EXPECT_EQ(out[1].dims[1], 2);
  values.resize(4);
  EXPECT_EQ(values, (std::vector<float>{5, 3, 9, 4}));
  k[0] = 4;
  EXPECT_EQ(convoy_top_k(&context, in, out, options), CONVOY_INVALID_ARGUMENT);
  k[0] = -1;
  EXPECT_EQ(convoy_top_k(&context, in, out, options), CONVOY_INVALID_ARGUMENT);
}

struct Suppression {
  std::vector<float> boxes, scores;
  std::vector<int64_t> most = {10};
  std::vector<float> overlap = {0.5f}, score = {0.0f};
  int64_t batches = 1, classes = 1;
  int64_t center = 0;

  std::vector<int64_t> run(size_t scratch = 0) {
    int64_t n = static_cast<int64_t>(boxes.size()) / 4 / batches;
    std::vector<int64_t> selected(batches * classes * n * 3, -1);
    convoy_tensor in[5] = {tensor(boxes, {batches, n, 4}), tensor(scores, {batches, classes, n}), tensor(most, {1}),
                           tensor(overlap, {1}), tensor(score, {1})};
    convoy_tensor out = tensor(selected, {batches * classes * n, 3});
    Context context(scratch);
    EXPECT_EQ(convoy_non_max_suppression(&context, in, &out, &center), CONVOY_OK);
    selected.resize(out.dims[0] * 3);
    return selected;
  }
};

// The examples of the operator's description in ONNX.
const std::vector<float> sixBoxes = {0, 0,    1, 1,    0, 0.1f,  1, 1.1f,  0, -0.1f, 1, 0.9f,
                                     0, 10.f, 1, 11.f, 0, 10.1f, 1, 11.1f, 0, 100,   1, 101};
const std::vector<float> sixScores = {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f};

TEST(NonMaxSuppression, SuppressesByOverlap) {
  Suppression s{sixBoxes, sixScores};
  s.most = {3};
  EXPECT_EQ(s.run(), (std::vector<int64_t>{0, 0, 3, 0, 0, 0, 0, 0, 5}));
}

TEST(NonMaxSuppression, SuppressesByScores) {
  Suppression s{sixBoxes, sixScores};
  s.most = {3};
  s.score = {0.4f};
  EXPECT_EQ(s.run(), (std::vector<int64_t>{0, 0, 3, 0, 0, 0}));
}

TEST(NonMaxSuppression, FlippedAndCentredBoxes) {
  Suppression s{sixBoxes, sixScores};
  s.most = {3};
  std::swap(s.boxes[0], s.boxes[2]);
  std::swap(s.boxes[13], s.boxes[15]);
  EXPECT_EQ(s.run(), (std::vector<int64_t>{0, 0, 3, 0, 0, 0, 0, 0, 5}));
  s.boxes = {0.5f, 0.5f,  1, 1, 0.5f, 0.6f,  1, 1, 0.5f, 0.4f,   1, 1,
             0.5f, 10.5f, 1, 1, 0.5f, 10.6f, 1, 1, 0.5f, 100.5f, 1, 1};
  s.center = 1;
  EXPECT_EQ(s.run(), (std::vector<int64_t>{0, 0, 3, 0, 0, 0, 0, 0, 5}));
}

TEST(NonMaxSuppression, IdenticalBoxesLeaveOne) {
  Suppression s;
  for (int i = 0; i < 10; ++i)
    s.boxes.insert(s.boxes.end(), {0, 0, 1, 1});
  s.scores.assign(10, 0.9f);
  EXPECT_EQ(s.run(), (std::vector<int64_t>{0, 0, 0}));
}

TEST(NonMaxSuppression, ClassesAndBatches) {
  Suppression s;
  for (int i = 0; i < 2; ++i) {
    s.boxes.insert(s.boxes.end(), sixBoxes.begin(), sixBoxes.end());
    for (int k = 0; k < 2; ++k)
      s.scores.insert(s.scores.end(), sixScores.begin(), sixScores.end());
  }
  s.batches = s.classes = 2;
  s.most = {2};
  EXPECT_EQ(s.run(), (std::vector<int64_t>{0, 0, 3, 0, 0, 0, 0, 1, 3, 0, 1, 0, 1, 0, 3, 1, 0, 0, 1, 1, 3, 1, 1, 0}));
}

TEST(NonMaxSuppression, ZeroMostSelectsNothing) {
  Suppression s{sixBoxes, sixScores};
  s.most = {0};
  EXPECT_TRUE(s.run().empty());
}

TEST(NonMaxSuppression, ScratchChangesNothing) {
  std::mt19937 random(3);
  Suppression s;
  for (int i = 0; i < 500; ++i) {
    float y = static_cast<float>(random() % 100), x = static_cast<float>(random() % 100);
    s.boxes.insert(s.boxes.end(), {y, x, y + 5 + static_cast<float>(random() % 9), x + 7});
    s.scores.push_back(static_cast<float>(random() % 1000) / 1000);
  }
  s.most = {400};
  s.score = {0.05f};
  auto slow = s.run(0), fast = s.run(1 << 16);
  EXPECT_GT(slow.size(), 3 * 70u);
  EXPECT_EQ(slow, fast);
}

TEST(NonZero, IndicesRowMajor) {
  std::vector<float> x = {0, 1, -0.0f, std::nanf(""), 0, 5};
  std::vector<int64_t> found(12, -1);
  convoy_tensor in = tensor(x, {2, 3}), out = tensor(found, {2, 6});
  Context context(0);
  ASSERT_EQ(convoy_non_zero(&context, &in, &out, nullptr), CONVOY_OK);
  EXPECT_EQ(out.dims[1], 3);
  found.resize(6);
  EXPECT_EQ(found, (std::vector<int64_t>{0, 1, 1, 1, 0, 2}));
}

TEST(NonZero, FollowsStrides) {
  std::vector<int8_t> x = {0, 3, 1, 0, 0, 2};
  std::vector<int64_t> found(12, -1);
  convoy_tensor in = tensor(x, {2, 3}), out = tensor(found, {2, 6});
  in.strides[0] = 1, in.strides[1] = 2; // columns of the transposed tensor
  Context context(0);
  ASSERT_EQ(convoy_non_zero(&context, &in, &out, nullptr), CONVOY_OK);
  found.resize(6);
  EXPECT_EQ(found, (std::vector<int64_t>{0, 1, 1, 1, 0, 2}));
}

TEST(NonZero, OfAScalarAndOfNothing) {
  std::vector<float> x = {2}, none;
  std::vector<int64_t> found(4);
  Context context(0);
  convoy_tensor in = tensor(x, {}), out = tensor(found, {0, 1});
  ASSERT_EQ(convoy_non_zero(&context, &in, &out, nullptr), CONVOY_OK);
  EXPECT_EQ(out.dims[1], 1);
  in = tensor(none, {0, 4});
  out = tensor(found, {2, 0});
  ASSERT_EQ(convoy_non_zero(&context, &in, &out, nullptr), CONVOY_OK);
  EXPECT_EQ(out.dims[1], 0);
}

// The examples of the operators' descriptions in ONNX.
TEST(Compress, AlongAnAxisAndFlattened) {
  std::vector<float> x = {1, 2, 3, 4, 5, 6}, y(6);
  std::vector<char> condition = {0, 1, 1};
  convoy_tensor in[2] = {tensor(x, {3, 2}), tensor(condition, {3})}, out = tensor(y, {3, 2});
  Context context(0);
  int64_t axis = 0;
  ASSERT_EQ(convoy_compress(&context, in, &out, &axis), CONVOY_OK);
  EXPECT_EQ(out.dims[0], 2);
  y.resize(4);
  EXPECT_EQ(y, (std::vector<float>{3, 4, 5, 6}));
  axis = 1;
  condition = {0, 1};
  in[1] = tensor(condition, {2});
  y.resize(6);
  out = tensor(y, {3, 2});
  ASSERT_EQ(convoy_compress(&context, in, &out, &axis), CONVOY_OK);
  y.resize(3);
  EXPECT_EQ(y, (std::vector<float>{2, 4, 6}));
  axis = -1;
  condition = {0, 1, 0, 0, 1};
  in[1] = tensor(condition, {5});
  y.resize(6);
  out = tensor(y, {6});
  ASSERT_EQ(convoy_compress(&context, in, &out, &axis), CONVOY_OK);
  y.resize(2);
  EXPECT_EQ(out.dims[0], 2);
  EXPECT_EQ(y, (std::vector<float>{2, 5}));
}

struct Distinct {
  std::vector<float> x, values;
  std::vector<int64_t> first, inverse, counts, dims;

  Distinct(std::vector<float> data, std::initializer_list<int64_t> shape, int64_t axis, int64_t sorted) : x(data) {
    convoy_tensor in = tensor(x, shape);
    int64_t n = axis < 0 ? static_cast<int64_t>(x.size()) : in.dims[axis];
    values.resize(x.size());
    first.resize(n), inverse.resize(n), counts.resize(n);
    convoy_tensor out[4] = {axis < 0 ? tensor(values, {n}) : tensor(values, shape), tensor(first, {n}),
                            tensor(inverse, {n}), tensor(counts, {n})};
    const int64_t options[] = {axis, sorted};
    Context context(0);
    EXPECT_EQ(convoy_unique(&context, &in, out, options), CONVOY_OK);
    dims.assign(out[0].dims, out[0].dims + out[0].rank);
    int64_t size = 1;
    for (int64_t dim : dims)
      size *= dim;
    values.resize(size);
    first.resize(out[1].dims[0]), inverse.resize(out[2].dims[0]), counts.resize(out[3].dims[0]);
  }
};

TEST(Unique, SortedAndNot) {
  Distinct sorted({2, 1, 1, 3, 4, 3}, {6}, -1, 1), unsorted({2, 1, 1, 3, 4, 3}, {6}, -1, 0);
  EXPECT_EQ(sorted.values, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(sorted.first, (std::vector<int64_t>{1, 0, 3, 4}));
  EXPECT_EQ(sorted.inverse, (std::vector<int64_t>{1, 0, 0, 2, 3, 2}));
  EXPECT_EQ(sorted.counts, (std::vector<int64_t>{2, 1, 2, 1}));
  EXPECT_EQ(unsorted.values, (std::vector<float>{2, 1, 3, 4}));
  EXPECT_EQ(unsorted.first, (std::vector<int64_t>{0, 1, 3, 4}));
  EXPECT_EQ(unsorted.inverse, (std::vector<int64_t>{0, 1, 1, 2, 3, 2}));
  EXPECT_EQ(unsorted.counts, (std::vector<int64_t>{1, 2, 2, 1}));
}

TEST(Unique, Slices) {
  Distinct rows({1, 0, 0, 1, 0, 0, 2, 3, 4}, {3, 3}, 0, 1);
  EXPECT_EQ(rows.dims, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(rows.values, (std::vector<float>{1, 0, 0, 2, 3, 4}));
  EXPECT_EQ(rows.inverse, (std::vector<int64_t>{0, 0, 1}));
  EXPECT_EQ(rows.counts, (std::vector<int64_t>{2, 1}));
  Distinct columns({1, 1, 0, 1, 2, 1, 0, 1, 1, 1, 0, 1, 2, 1, 0, 1}, {2, 4, 2}, 1, 1);
  EXPECT_EQ(columns.dims, (std::vector<int64_t>{2, 3, 2}));
  EXPECT_EQ(columns.values, (std::vector<float>{0, 1, 1, 1, 2, 1, 0, 1, 1, 1, 2, 1}));
  EXPECT_EQ(columns.first, (std::vector<int64_t>{1, 0, 2}));
  EXPECT_EQ(columns.inverse, (std::vector<int64_t>{1, 0, 2, 0}));
}

TEST(Unique, OfNothing) {
  Distinct none({}, {0}, -1, 1);
  EXPECT_TRUE(none.values.empty());
  EXPECT_EQ(none.dims, std::vector<int64_t>{0});
}

} // namespace
