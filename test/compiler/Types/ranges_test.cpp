// Scales and ranges against the formulas, and against a search over the numbers themselves.
#include "compiler/Types/Quantise/Ranges.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace convoy::compiler::test {

using Floats = std::vector<float>;

/// Mean square error of the numbers as ui8 between two ends.
static double errorOf(const Floats &numbers, Range range) {
  double scale = (range.high - range.low) / 255, zero = std::nearbyint(-range.low / scale), sum = 0;
  for (float number : numbers) {
    double rounded = std::clamp(std::nearbyint(number / scale) + zero, 0.0, 255.0);
    sum += std::pow(number - (rounded - zero) * scale, 2);
  }
  return sum / static_cast<double>(numbers.size());
}

static Range endsOf(const Floats &numbers) {
  Range range;
  for (float number : numbers)
    range.include(number);
  return range;
}

static Range choose(const Floats &numbers, RangeMethod method) {
  Histogram histogram(endsOf(numbers));
  histogram.add(numbers);
  return histogram.choose(method);
}

/// Normal numbers with a few far out, cut off at zero or not.
static Floats tailed(bool positive, size_t count = 100000) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  Floats numbers;
  for (size_t i = 0; i < count; ++i) {
    float number = normal(random) * (i % 20000 == 7 ? 12.0F : 1.0F);
    numbers.push_back(positive ? std::max(number, 0.0F) : number);
  }
  return numbers;
}

TEST(Ranges, ScalesSpreadTheRangeOverAllNumbers) {
  Scale scale = scaleOf({-1, 3});
  EXPECT_FLOAT_EQ(scale.scale, 4.0F / 255);
  EXPECT_EQ(scale.zero, 64); // 63.75
  scale = scaleOf({0, 6});
  EXPECT_FLOAT_EQ(scale.scale, 6.0F / 255);
  EXPECT_EQ(scale.zero, 0);
  scale = scaleOf({-2, 0});
  EXPECT_EQ(scale.zero, 255);
}

TEST(Ranges, NothingButZerosHasTheScaleOne) {
  for (Range range : {Range{0, 0}, Range{-1e-45, 0}, Range{0, 1e-37}}) {
    EXPECT_EQ(scaleOf(range).scale, 1);
    EXPECT_EQ(scaleOf(range).zero, 0);
  }
  EXPECT_EQ(choose(Floats(100), RangeMethod::Mse).high, 0);
}

TEST(Ranges, ZeroIsAlwaysInside) {
  Range range = endsOf({3, 4});
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 4);
  EXPECT_EQ(choose({3, 4}, RangeMethod::Percentile).low, 0);
}

TEST(Ranges, TheLeastErrorIsNearThatOfAllPairsOfEnds) {
  for (bool positive : {false, true}) {
    Floats numbers = tailed(positive);
    Range all = endsOf(numbers), found = choose(numbers, RangeMethod::Mse);
    double least = errorOf(numbers, all);
    for (double low = 0.1; low <= 1; low += 0.1)
      for (double high = 0.1; high <= 1; high += 0.1)
        least = std::min(least, errorOf(numbers, {all.low * low, all.high * high}));
    EXPECT_LT(errorOf(numbers, found), 1.03 * least);
    EXPECT_LT(errorOf(numbers, found), 0.97 * errorOf(numbers, all));
  }
}

TEST(Ranges, WhatAFunctionTakesCountsByWhatItGives) {
  auto swish = [](double x) { return x / (1 + std::exp(-x)); };
  Floats numbers = tailed(/*positive=*/false);
  for (float &number : numbers)
    number = 3 * number - 4; // mostly where swish is flat
  Histogram histogram(endsOf(numbers));
  histogram.add(numbers);
  auto errorBehind = [&](Range range) {
    Scale scale = scaleOf(range);
    double sum = 0;
    for (float number : numbers) {
      double step = std::clamp(std::nearbyint(number / scale.scale) + static_cast<double>(scale.zero), 0.0, 255.0);
      sum += std::pow(swish(number) - swish((step - static_cast<double>(scale.zero)) * scale.scale), 2);
    }
    return sum;
  };
  Range aware = histogram.choose(RangeMethod::Mse, swish), other = histogram.choose(RangeMethod::Mse);
  EXPECT_LT(errorBehind(aware), 0.9 * errorBehind(other));
}

TEST(Ranges, APercentileLeavesTheOutermostOut) {
  Floats numbers(1000000, 0);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = i < 3 ? 100 : static_cast<float>(i % 1000) / 1000;
  Range range = choose(numbers, RangeMethod::Percentile); // ten may go
  EXPECT_NEAR(range.high, 1, 0.1);
  numbers.assign(1000, 0);
  numbers[0] = 100;
  EXPECT_NEAR(choose(numbers, RangeMethod::Percentile).high, 100, 0.1); // of a thousand none
}

TEST(Ranges, ManyZerosDontCount) {
  Floats numbers = tailed(/*positive=*/true, 5000);
  Range range = choose(numbers, RangeMethod::Mse);
  numbers.resize(50000); // zeros are exact: they change nothing
  EXPECT_DOUBLE_EQ(choose(numbers, RangeMethod::Mse).high, range.high);
}

} // namespace convoy::compiler::test
