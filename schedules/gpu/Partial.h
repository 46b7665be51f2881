#pragma once

#include "schedules/core/Template.h"

#include <functional>

namespace convoy::schedules::gpu {

/// How a block of threads shares a reduction: each result is cut into `parts` partial ones, one a thread, which go
/// through shared memory and are joined in a fixed order, so that the same input gives the same bits.
struct PartialSums {
  Halide::Func consumer;
  Halide::Var block;         ///< The block loop of `consumer`, in which the partial results are computed.
  int parts = 1;             ///< Threads of a result.
  int unroll = 1;            ///< Elements that a thread loads before it waits for the first.
  int argument = -1;         ///< Of the helper: the one along which a block has several results; -1: it has one.
  int results = 1;           ///< Of a block, at most.
  bool resultsAlongX = true; ///< Neighbouring threads take neighbouring results; else neighbouring parts.
};

/// Cuts the update of `helper`, which Halide can prove associative, along its loop `domain`. What remains of `helper`
/// joins at most 32 numbers, and is still to be placed by the caller.
void cutIntoParts(Halide::Func helper, const Halide::RVar &domain, const PartialSums &sums);

/// How two partial results become one.
using Join = std::function<Halide::Expr(Halide::Expr, Halide::Expr)>;

/// The same for an update that Halide can't prove associative: `join` says how its results are joined. What the result,
/// which takes the helper's place in the graph, leaves to be placed is as above.
Halide::Func cutByHand(Graph &graph, Halide::Func helper, const Join &join, const PartialSums &sums);

/// The loops of a reduction as one, innermost first.
Halide::RVar joinedDomain(Halide::Func helper, const std::vector<Halide::VarOrRVar> &loops);

} // namespace convoy::schedules::gpu
