/// Instructions whose results depend on their operands alone.
#include "test/runtime/cuda/driver/ptx.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace standin {

namespace {

using Table = std::map<std::string, Pure>;

template <typename T> T get(uint64_t value) {
  T result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

template <typename T> uint64_t put(T value) {
  uint64_t result = 0;
  std::memcpy(&result, &value, sizeof value);
  return result;
}

template <typename T> const char *nameOf() {
  if constexpr (std::is_same_v<T, float>)
    return "f32";
  else if constexpr (std::is_same_v<T, double>)
    return "f64";
  else if constexpr (std::is_signed_v<T>)
    return sizeof(T) == 2 ? "s16" : sizeof(T) == 4 ? "s32" : sizeof(T) == 1 ? "s8" : "s64";
  else
    return sizeof(T) == 2 ? "u16" : sizeof(T) == 4 ? "u32" : sizeof(T) == 1 ? "u8" : "u64";
}

template <typename T, typename F> void unary(uint64_t *r, const Instruction &i) {
  r[i.to[0]] = put(F()(get<T>(r[i.from[0]])));
}
template <typename T, typename F> void binary(uint64_t *r, const Instruction &i) {
  r[i.to[0]] = put(F()(get<T>(r[i.from[0]]), get<T>(r[i.from[1]])));
}
template <typename T, typename F> void ternary(uint64_t *r, const Instruction &i) {
  r[i.to[0]] = put(F()(get<T>(r[i.from[0]]), get<T>(r[i.from[1]]), get<T>(r[i.from[2]])));
}
/// The second operand counts bits.
template <typename T, typename F> void shift(uint64_t *r, const Instruction &i) {
  r[i.to[0]] = put(F()(get<T>(r[i.from[0]]), get<uint32_t>(r[i.from[1]])));
}

template <typename F, typename... T> void addUnary(Table &table, const std::string &op) {
  ((table[op + "." + nameOf<T>()] = unary<T, F>), ...);
}
template <typename F, typename... T> void addBinary(Table &table, const std::string &op) {
  ((table[op + "." + nameOf<T>()] = binary<T, F>), ...);
}
template <typename F, typename... T> void addTernary(Table &table, const std::string &op) {
  ((table[op + "." + nameOf<T>()] = ternary<T, F>), ...);
}

#define WORDS int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t
#define FLOATS float, double

/// All bits for a division by zero; the least number by -1 is itself.
template <typename T> T quotient(T a, T b) {
  if (b == 0)
    return T(-1);
  return std::is_signed_v<T> && b == T(-1) ? T(-uint64_t(a)) : T(a / b);
}

/// Low bits of sums and products are the same for signed numbers, and unsigned ones may wrap.
void addArithmetic(Table &table) {
  addBinary<decltype([](auto a, auto b) { return decltype(a)(uint64_t(a) + uint64_t(b)); }), WORDS>(table, "add");
  addBinary<decltype([](auto a, auto b) { return decltype(a)(uint64_t(a) - uint64_t(b)); }), WORDS>(table, "sub");
  addBinary<decltype([](auto a, auto b) { return decltype(a)(uint64_t(a) * uint64_t(b)); }), WORDS>(table, "mul.lo");
  addTernary<decltype([](auto a, auto b, auto c) { return decltype(a)(uint64_t(a) * uint64_t(b) + uint64_t(c)); }),
             WORDS>(table, "mad.lo");
  addBinary<decltype([](auto a, auto b) { return quotient(a, b); }), WORDS>(table, "div");
  addBinary<decltype([](auto a, auto b) { return decltype(a)(uint64_t(a) - uint64_t(quotient(a, b)) * uint64_t(b)); }),
            WORDS>(table, "rem");
  addBinary<decltype([](auto a, auto b) { return a < b ? a : b; }), WORDS>(table, "min");
  addBinary<decltype([](auto a, auto b) { return a > b ? a : b; }), WORDS>(table, "max");
  addUnary<decltype([](auto a) { return decltype(a)(-uint64_t(a)); }), int16_t, int32_t, int64_t>(table, "neg");
  addUnary<decltype([](auto a) { return a < 0 ? decltype(a)(-uint64_t(a)) : a; }), int16_t, int32_t, int64_t>(table,
                                                                                                              "abs");
  table["mul.wide.s32"] = binary<int32_t, decltype([](int64_t a, int64_t b) { return a * b; })>;
  table["mul.wide.u32"] = binary<uint32_t, decltype([](uint64_t a, uint64_t b) { return a * b; })>;
  table["mul.wide.s16"] = binary<int16_t, decltype([](int32_t a, int32_t b) { return a * b; })>;
  table["mul.wide.u16"] = binary<uint16_t, decltype([](uint32_t a, uint32_t b) { return a * b; })>;
  table["mul.hi.s32"] = binary<int32_t, decltype([](int64_t a, int64_t b) { return int32_t((a * b) >> 32); })>;
  table["mul.hi.u32"] = binary<uint32_t, decltype([](uint64_t a, uint64_t b) { return uint32_t((a * b) >> 32); })>;
}

/// Four products of the bytes of two words, added to a third. Weights, the second, are signed.
template <typename Byte> uint32_t dotOfBytes(uint32_t a, uint32_t b, uint32_t sum) {
  for (int at = 0; at < 32; at += 8)
    sum += uint32_t(int32_t(Byte(a >> at)) * int32_t(int8_t(b >> at)));
  return sum;
}

void addDots(Table &table) {
  table["dp4a.s32.s32"] = ternary<uint32_t, decltype([](auto... a) { return dotOfBytes<int8_t>(a...); })>;
  table["dp4a.u32.s32"] = ternary<uint32_t, decltype([](auto... a) { return dotOfBytes<uint8_t>(a...); })>;
}

void addFloats(Table &table) {
  addBinary<decltype([](auto a, auto b) { return a + b; }), FLOATS>(table, "add");
  addBinary<decltype([](auto a, auto b) { return a - b; }), FLOATS>(table, "sub");
  addBinary<decltype([](auto a, auto b) { return a * b; }), FLOATS>(table, "mul");
  addBinary<decltype([](auto a, auto b) { return a / b; }), FLOATS>(table, "div");
  addBinary<decltype([](auto a, auto b) { return std::fmin(a, b); }), FLOATS>(table, "min");
  addBinary<decltype([](auto a, auto b) { return std::fmax(a, b); }), FLOATS>(table, "max");
  addBinary<decltype([](auto sign, auto value) { return std::copysign(value, sign); }), FLOATS>(table, "copysign");
  addTernary<decltype([](auto a, auto b, auto c) { return std::fma(a, b, c); }), FLOATS>(table, "fma");
  addUnary<decltype([](auto a) { return -a; }), FLOATS>(table, "neg");
  addUnary<decltype([](auto a) { return std::fabs(a); }), FLOATS>(table, "abs");
  addUnary<decltype([](auto a) { return std::sqrt(a); }), FLOATS>(table, "sqrt");
  addUnary<decltype([](auto a) { return 1 / a; }), FLOATS>(table, "rcp");
}

void addBits(Table &table) {
  auto both = [&](const std::string &op, Pure p16, Pure p32, Pure p64) {
    table[op + ".b16"] = p16;
    table[op + ".b32"] = p32;
    table[op + ".b64"] = p64;
    table[op + ".pred"] = p32;
  };
  using And = decltype([](auto a, auto b) { return decltype(a)(a & b); });
  using Or = decltype([](auto a, auto b) { return decltype(a)(a | b); });
  using Xor = decltype([](auto a, auto b) { return decltype(a)(a ^ b); });
  using Not = decltype([](auto a) { return decltype(a)(~a); });
  both("and", binary<uint16_t, And>, binary<uint32_t, And>, binary<uint64_t, And>);
  both("or", binary<uint16_t, Or>, binary<uint32_t, Or>, binary<uint64_t, Or>);
  both("xor", binary<uint16_t, Xor>, binary<uint32_t, Xor>, binary<uint64_t, Xor>);
  both("not", unary<uint16_t, Not>, unary<uint32_t, Not>, unary<uint64_t, Not>);
  table["not.pred"] = unary<uint32_t, decltype([](uint32_t a) { return uint32_t(!a); })>;
  using Left = decltype([](auto a, uint32_t n) { return n < 8 * sizeof a ? decltype(a)(a << n) : decltype(a)(0); });
  using Right = decltype([](auto a, uint32_t n) {
    return decltype(a)(a >> (n < 8 * sizeof a                ? n
                             : std::is_signed_v<decltype(a)> ? 8 * sizeof a - 1
                                                             : 0)) *
           decltype(a)(n < 8 * sizeof a || std::is_signed_v<decltype(a)>);
  });
  table["shl.b16"] = shift<uint16_t, Left>;
  table["shl.b32"] = shift<uint32_t, Left>;
  table["shl.b64"] = shift<uint64_t, Left>;
  table["shr.u16"] = table["shr.b16"] =
      shift<uint16_t, decltype([](uint16_t a, uint32_t n) { return uint16_t(n < 16 ? a >> n : 0); })>;
  table["shr.s16"] = shift<int16_t, decltype([](int16_t a, uint32_t n) { return int16_t(a >> (n < 16 ? n : 15)); })>;
  table["shr.u32"] = table["shr.b32"] = shift<uint32_t, Right>;
  table["shr.s32"] = shift<int32_t, Right>;
  table["shr.u64"] = table["shr.b64"] = shift<uint64_t, Right>;
  table["shr.s64"] = shift<int64_t, Right>;
  table["bfe.u32"] = ternary<uint32_t, decltype([](uint32_t a, uint32_t from, uint32_t count) {
                               uint64_t mask = (uint64_t(1) << std::min(count & 255, 32u)) - 1;
                               return from < 32 ? uint32_t((a >> from) & mask) : 0u;
                             })>;
  table["bfe.s32"] =
      ternary<uint32_t, decltype([](uint32_t a, uint32_t from, uint32_t count) {
                from &= 255, count &= 255;
                uint64_t wide = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(a)));
                uint64_t part = wide >> std::min(from, 32u); // its sign goes on above
                unsigned unused = 64 - std::min(count, 64u);
                return count ? static_cast<uint32_t>(static_cast<int64_t>(part << unused) >> unused) : 0u;
              })>;
  // Byte `n` of the eight of both words, or (bit 3) its sign eight times.
  table["prmt.b32"] = ternary<uint32_t, decltype([](uint32_t a, uint32_t b, uint32_t choice) {
                                const uint64_t bytes = uint64_t(b) << 32 | a;
                                uint32_t result = 0;
                                for (int at = 0; at < 4; ++at) {
                                  const uint32_t n = choice >> (4 * at) & 15;
                                  const uint8_t byte = uint8_t(bytes >> (8 * (n & 7)));
                                  result |= uint32_t(n & 8 ? (byte & 128 ? 255 : 0) : byte) << (8 * at);
                                }
                                return result;
                              })>;
  table["popc.b32"] = unary<uint32_t, decltype([](uint32_t a) { return uint32_t(std::popcount(a)); })>;
  table["clz.b32"] = unary<uint32_t, decltype([](uint32_t a) { return uint32_t(std::countl_zero(a)); })>;
}

/// Comparisons: whatever is unordered fails those without `u`, but for `ne`.
void addComparisons(Table &table) {
#define COMPARE(name, expression)                                                                                      \
  addBinary<decltype([](auto a, auto b) { return uint32_t(expression); }), WORDS, FLOATS>(table, "setp." name);
  COMPARE("eq", a == b)
  COMPARE("ne", a < b || a > b)
  COMPARE("lt", a < b)
  COMPARE("le", a <= b)
  COMPARE("gt", a > b)
  COMPARE("ge", a >= b)
  COMPARE("equ", !(a < b || a > b))
  COMPARE("neu", a != b)
  COMPARE("ltu", !(a >= b))
  COMPARE("leu", !(a > b))
  COMPARE("gtu", !(a <= b))
  COMPARE("geu", !(a < b))
  COMPARE("nan", a != a || b != b)
  COMPARE("num", a == a && b == b)
#undef COMPARE
  for (const char *op : {"eq", "ne"})
    for (const char *bits : {"16", "32", "64"})
      table[std::string("setp.") + op + ".b" + bits] = table[std::string("setp.") + op + ".u" + bits];
}

/// Nearest for floats; a float that no integer holds becomes the nearest one, NaN becomes 0.
template <typename To, typename From> To convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(value))
      return 0;
    double least = static_cast<double>(std::numeric_limits<To>::min());
    double most = static_cast<double>(std::numeric_limits<To>::max());
    return value <= least ? std::numeric_limits<To>::min() : value >= most ? std::numeric_limits<To>::max() : To(value);
  } else {
    return static_cast<To>(value);
  }
}

/// With `.ftz`: what is too small to have all its bits is 0.
template <typename T> T flush(T value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(T(0), value) : value;
}

template <typename To, typename From> void addRounding(Table &table, const std::string &types) {
#define ROUND(name, function)                                                                                          \
  table["cvt." name "." + types] = unary<From, decltype([](From a) { return convert<To>(function(a)); })>;             \
  table["cvt." name ".ftz." + types] = unary<From, decltype([](From a) { return convert<To>(function(flush(a))); })>;
  ROUND("rzi", std::trunc)
  ROUND("rmi", std::floor)
  ROUND("rpi", std::ceil)
  ROUND("rni", std::nearbyint)
#undef ROUND
}

template <typename To, typename From> void addConversion(Table &table) {
  std::string types = std::string(nameOf<To>()) + "." + nameOf<From>();
  if constexpr (std::is_floating_point_v<From>)
    addRounding<To, From>(table, types);
  table["cvt." + types] = unary<From, decltype([](From a) { return convert<To>(a); })>;
}

template <typename From, typename... To> void addConversionsFrom(Table &table) {
  (addConversion<To, From>(table), ...);
}

template <typename... From> void addConversions(Table &table) {
  (addConversionsFrom<From, int8_t, uint8_t, WORDS, FLOATS>(table), ...);
}

/// Numbers of 16 bits are widened and narrowed, no more.
void addHalves(Table &table) {
  table["cvt.f16.f32"] = unary<float, decltype([](float a) { return static_cast<_Float16>(a); })>;
  table["cvt.f16.f64"] = unary<double, decltype([](double a) { return static_cast<_Float16>(a); })>;
  table["cvt.f32.f16"] = unary<_Float16, decltype([](_Float16 a) { return static_cast<float>(a); })>;
  table["cvt.f64.f16"] = unary<_Float16, decltype([](_Float16 a) { return static_cast<double>(a); })>;
}

void addMoves(Table &table) {
  Pure copy = [](uint64_t *r, const Instruction &i) { r[i.to[0]] = r[i.from[0]]; };
  Pure select = [](uint64_t *r, const Instruction &i) { r[i.to[0]] = r[r[i.from[2]] & 1 ? i.from[0] : i.from[1]]; };
  for (const char *type : {"b16", "b32", "b64", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "pred"}) {
    table[std::string("mov.") + type] = copy;
    table[std::string("selp.") + type] = select;
  }
  for (const char *name : {"cvta.to.global.u64", "cvta.to.shared.u64", "cvta.to.local.u64", "cvta.local.u64"})
    table[name] = copy;
}

} // namespace

Pure findPure(const std::string &name) {
  static const Table table = [] {
    Table all;
    addArithmetic(all);
    addDots(all);
    addFloats(all);
    addBits(all);
    addComparisons(all);
    addConversions<int8_t, uint8_t, WORDS, FLOATS>(all);
    addHalves(all);
    addMoves(all);
    return all;
  }();
  auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

} // namespace standin
