// The elementary functions against the C library's in a wider type, over many floats of every size.
#include "schedules/math/Math.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace Halide;
namespace math = convoy::schedules::math;

namespace {

/// Floats of all sizes up to `most`, of both signs, and the special ones.
template <typename T> std::vector<T> samples(double most) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<T> values{T(0),
                        T(-0.0),
                        T(1),
                        T(-1),
                        T(INFINITY),
                        T(-INFINITY),
                        T(NAN),
                        std::numeric_limits<T>::min(),
                        std::numeric_limits<T>::denorm_min(),
                        std::numeric_limits<T>::max(),
                        T(0.5),
                        T(-0.5)};
  for (int i = 0; i < 100000; ++i) {
    values.push_back(T(uniform(random) * most));
    values.push_back(T(uniform(random) * std::min(most, 2.0)));
    values.push_back(T(std::exp(uniform(random) * std::log(most) + (i % 3 - 1) * 4) * (i % 2 ? 1 : -1)));
  }
  values.resize(values.size() / 16 * 16);
  return values;
}

template <typename T> std::vector<T> evaluate(Expr (*function)(Expr), std::vector<T> &values) {
  Func f;
  Var x("x");
  Buffer<T> in(values.data(), int(values.size()));
  f(x) = function(in(x));
  f.vectorize(x, 16);
  Buffer<T> out = f.realize({int(values.size())});
  return std::vector<T>(out.data(), out.data() + values.size());
}

/// Units of the last place of `T` between a result and the exact value.
template <typename T> double distance(T got, long double exact) {
  if (std::isnan(exact))
    return std::isnan(got) ? 0 : INFINITY;
  const T rounded = T(exact);
  if (std::isinf(rounded) || std::isinf(got))
    return rounded == got || std::fabs(exact) > 0.999L * std::numeric_limits<T>::max() ? 0 : INFINITY;
  const T size = std::max(std::fabs(rounded), std::numeric_limits<T>::min());
  const long double unit = std::nextafter(size, T(INFINITY)) - size;
  return double(std::fabs((long double)got - exact) / unit);
}

struct Case {
  const char *name;
  Expr (*function)(Expr);
  long double (*exact)(long double);
  double most;        ///< Largest sample.
  double singleBound; ///< ulp
  double doubleBound; ///< ulp
};

void PrintTo(const Case &c, std::ostream *stream) { *stream << c.name; }

long double exactSigmoid(long double x) { return 1 / (1 + expl(-x)); }
long double exactSoftplus(long double x) { return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))); }
long double fromMinusOne(long double x) { return x < -1 ? (long double)NAN : log1pl(x); }

class Elementary : public testing::TestWithParam<Case> {};

template <typename T> void check(const Case &c, double bound) {
  std::vector<T> values = samples<T>(c.most);
  std::vector<T> results = evaluate<T>(c.function, values);
  double worst = 0;
  T at = 0, got = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::fabs(values[i]) > c.most && std::isfinite(values[i]) && c.most <= 1e5)
      continue;
    const double error = distance(results[i], c.exact(values[i]));
    if (error > worst) {
      worst = error;
      at = values[i];
      got = results[i];
    }
  }
  EXPECT_LE(worst, bound) << c.name << " of " << at << " gives " << got << ", exact is " << double(c.exact(at));
  std::cout << c.name << ": " << worst << " ulp\n";
}

TEST_P(Elementary, OfFloats) { check<float>(GetParam(), GetParam().singleBound); }
TEST_P(Elementary, OfDoubles) { check<double>(GetParam(), GetParam().doubleBound); }

const Case cases[] = {
    {"exp", math::exp, expl, 120, 2, 4},
    {"log", math::log, logl, 1e30, 2, 4},
    {"log1p", math::log1p, fromMinusOne, 1e6, 3, 6},
    {"sin", math::sin, sinl, 1e5, 2, 4},
    {"cos", math::cos, cosl, 1e5, 2, 4},
    {"tan", math::tan, tanl, 1e5, 4, 8},
    {"asin", math::asin, asinl, 1, 4, 8},
    {"acos", math::acos, acosl, 1, 4, 8},
    {"atan", math::atan, atanl, 1e6, 4, 8},
    {"sinh", math::sinh, sinhl, 80, 4, 8},
    {"cosh", math::cosh, coshl, 80, 3, 6},
    {"tanh", math::tanh, tanhl, 30, 4, 8},
    {"asinh", math::asinh, asinhl, 1e6, 4, 8},
    {"acosh", math::acosh, acoshl, 1e6, 4, 8},
    {"atanh", math::atanh, atanhl, 1, 4, 8},
    {"erf", math::erf, erfl, 10, 6, 8},
    {"sigmoid", math::sigmoid, exactSigmoid, 87, 4, 8},
    {"softplus", math::softplus, exactSoftplus, 100, 4, 8},
};

INSTANTIATE_TEST_SUITE_P(All, Elementary, testing::ValuesIn(cases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Power, OfFloats) {
  std::vector<float> bases = samples<float>(1e3), exponents = samples<float>(30);
  const float special[] = {0, -0.0f, 1, -1, 2, -2, 3, -3, 0.5f, -0.5f, INFINITY, -INFINITY, NAN};
  for (float x : special)
    for (float y : special) {
      bases.push_back(x);
      exponents.push_back(y);
    }
  while (exponents.size() > bases.size())
    exponents.erase(exponents.begin());
  bases.resize(bases.size() / 16 * 16);
  Func f;
  Var x("x");
  Buffer<float> base(bases.data(), int(bases.size())), exponent(exponents.data(), int(bases.size()));
  f(x) = math::pow(base(x), exponent(x));
  f.vectorize(x, 16);
  Buffer<float> out = f.realize({int(bases.size())});
  for (size_t i = 0; i < bases.size(); ++i)
    ASSERT_LE(distance(out(int(i)), powl(bases[i], exponents[i])), 1) << bases[i] << " ^ " << exponents[i];
}

TEST(Power, KnownExponents) {
  std::vector<float> values = samples<float>(1e3);
  for (double exponent : {-1.0, 0.5, 0.75, 1.0, 2.0, 3.0, 1.7}) {
    Func f;
    Var x("x");
    Buffer<float> in(values.data(), int(values.size()));
    f(x) = math::pow(in(x), exponent);
    f.vectorize(x, 16);
    Buffer<float> out = f.realize({int(values.size())});
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::fabs(values[i]) < 1e-12 && values[i] != 0) // Products of these are subnormal in between.
        continue;
      ASSERT_LE(distance(out(int(i)), powl(values[i], float(exponent))), 3) << values[i] << " ^ " << exponent;
    }
  }
}

TEST(Power, OfIntegers) {
  Func f;
  Var x("x"), y("y");
  f(x, y) = math::pow(x - 5, y - 2);
  Buffer<int> out = f.realize({11, 12});
  for (int i = 0; i < 11; ++i)
    for (int j = 0; j < 12; ++j)
      if (i != 5 || j >= 2) // 0 to a negative power is undefined.
        ASSERT_EQ(out(i, j), int(std::pow(double(i - 5), j - 2))) << i - 5 << " ^ " << j - 2;
}

} // namespace
