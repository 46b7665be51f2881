#pragma once

#include "schedules/core/Template.h"

namespace convoy::schedules {

/// Sums of products of narrow numbers by instructions that multiply `depth` neighbouring inputs of one element with as
/// many weights and add all products to a 32-bit sum: vpdpbusd takes four of 8 bits, vdpbf16ps two of bfloat16;
/// vpmaddwd, of every AVX2 machine, two of 8 bits that were widened to 16 (vpmaddubsw would saturate).
///
/// Weights lie in blocks of one vector of channels, [O / lanes][window][I][lanes]: a load brings `depth` inputs of a
/// vector of channels, one permutation turns them to [lanes][depth]. Measured: as fast as weights that lie so already.
/// Inputs are rounded up to `depth`; the weights of those that don't exist are taken for zero (and of floats they
/// themselves), so that what lies beside the channels of an image does not matter.

/// Inputs that one instruction of the target sums for operands of these types; 1 if it has none.
int64_t dotDepth(const proto::Target &target, proto::DataType data, proto::DataType weight);

/// Registers that stay taken besides a tile's: to shift signed data, for the permutation, for products.
int64_t dotRegisters(proto::DataType data, int64_t depth);

/// What instructions want of a data operand: signed bytes shifted to unsigned ones by `shift`.
struct DotOperand {
  Halide::Expr value;
  int32_t shift = 0;
};
DotOperand dotOperand(Halide::Expr value, int64_t depth);

/// The product that the instruction sums, in the type of the sum.
Halide::Expr dotProduct(const Halide::Expr &data, const Halide::Expr &weight, int64_t depth);

/// `value` if `input` is one of `inputs` and not one that only fills up `depth`; else zero.
Halide::Expr filledUp(Halide::Expr value, const Halide::Expr &input, int64_t inputs, int64_t depth);

} // namespace convoy::schedules
