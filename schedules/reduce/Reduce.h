#pragma once

#include "schedules/core/Registry.h"

namespace convoy::schedules {

/// Reduction over dimensions. Helper `sum` (or `best`, `highest`) has one update over an RDom of the reduced
/// dimensions, the last logical one first.
Halide::Func reduce(const OpContext &context);
/// Running sum along one dimension.
Halide::Func scan(const OpContext &context);

/// What the partial results of a helper of a reduction are, when its update is cut into parts.
enum class Partials { Sums, Least, Greatest, FirstPlace, LastPlace };
/// Of each helper, in their order. Halide joins sums (and products) by itself; extrema, of which a NaN is one, and
/// places, numbers that are -1 or the count where there is none, are joined by hand.
std::vector<Partials> partialsOf(const proto::Op &op);

/// Whether the op's sums may be cut into parts in any way: Halide can prove it.
bool isAssociative(const proto::Op &op);
/// Whether the operand's neighbours in memory are summed up, by the anchor.
bool reducesInnermost(const proto::Kernel &kernel);
/// The RDom's loops of a helper of the anchor, innermost in memory first; in their own order where Halide can't prove
/// that it does not matter.
std::vector<Halide::VarOrRVar> domainInMemoryOrder(const Graph &graph, const Halide::Func &helper);

void registerReduce(Registry &registry);

} // namespace convoy::schedules
