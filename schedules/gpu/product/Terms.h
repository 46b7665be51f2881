#pragma once

#include "schedules/core/Template.h"

#include <functional>

namespace convoy::schedules::gpu {

/// What one step of a product's sum multiplies, by the types of the anchor: two floats (halves are widened where they
/// are staged), or two words of four bytes each, whose four products one instruction adds. All have 32 bits.
class Terms {
public:
  explicit Terms(const proto::Kernel &kernel);

  bool areWords() const { return words; }
  /// Elements of one step.
  int64_t each() const { return words ? 4 : 1; }
  /// Steps of a sum over `depth` elements.
  int64_t steps(int64_t depth) const { return (depth + each() - 1) / each(); }

  /// A staged operand of which each element is `value`.
  Halide::Expr filled(int64_t value) const;
  Halide::Type sumType() const { return words ? Halide::Int(32) : Halide::Float(32); }
  Halide::Expr plus(const Halide::Expr &sum, const Halide::Expr &left, const Halide::Expr &right) const;

  /// What a step of an operand stages: `at` reads the element of a number, from `first` on. `together`: the elements
  /// are neighbours in memory, and the first lies at a multiple of their number.
  using Read = std::function<Halide::Expr(const Halide::Expr &element)>;
  Halide::Expr staged(const Halide::Expr &first, const Read &at, bool together) const;

private:
  bool words, isSigned, hasInstruction;
};

/// Whether the elements of each step along dimension `dim` of a tensor, of which a sum takes `depth`, lie together; so
/// do four steps; and those that fill up the last step are zero.
struct StepsInMemory {
  bool together, vectors, zeros;
};
StepsInMemory stepsInMemory(const proto::Kernel &kernel, int tensor, int dim, int64_t depth);

/// Layout of constant operands whose elements along `dim` are summed: those of a step innermost, then `channel`, padded
/// for blocks of `block`, then `outer` from the outermost.
struct SummedLayout {
  std::vector<int> outer;
  int dim, channel;
  int64_t channels, block;
};
proto::Layout summedLayout(const Terms &terms, const SummedLayout &wanted);

} // namespace convoy::schedules::gpu
