#pragma once

#include "schedules/gpu/product/Tile.h"

#include <optional>

namespace convoy::schedules::gpu {

/// Along which of its arguments a staged operand lies in memory.
enum class Neighbours { First, Second, FirstVectors };

/// A product whose terms blocks stage in shared memory: `sum` has one update, of which each term is
/// `left(term, pixel, ...) * right(channel, term, ...)`.
struct StagedProduct {
  Halide::Func left, right, sum;
  Neighbours leftNeighbours = Neighbours::FirstVectors;  ///< First: the terms; Second: the pixels.
  Neighbours rightNeighbours = Neighbours::FirstVectors; ///< First: the channels; Second: the terms.
  /// Loops of the update from the innermost: four terms, fours of a chunk, then those of a thread.
  std::vector<Halide::RVar> inThread;
  std::vector<Halide::RVar> inBlock; ///< Then those of a block.
  size_t rightAt = 0, leftAt = 0;    ///< In which of `inBlock` the operands are staged.
  Halide::Var channel, pixel;        ///< Arguments of `sum`.
  std::optional<Halide::Var> row;
  std::vector<Halide::Var> phases; ///< Arguments of `sum` that a thread runs through.
  StagedElements elements{};       ///< That are staged at once.
};

/// Loops of the Func that stores the sums.
struct ProductStore {
  Halide::Func func;
  Halide::Var channel, pixel;
  std::optional<Halide::Var> row;
  std::vector<Halide::Var> phases; ///< Loops inside of a thread.
  std::vector<Halide::Var> others; ///< All other loops.
  bool vectors = true;             ///< Channels are a multiple of `lanes` and may be stored as vectors.
};

/// Blocks, threads and the tiles of threads of a Func that stores what they computed.
void scheduleStore(ProductStore &store, const ProductTile &tile, const proto::Target &target);

/// The innermost loop over threads of that Func.
Halide::Var threadLoop();

void scheduleProduct(StagedProduct &product, ProductStore &store, const ProductTile &tile, const proto::Target &target);

} // namespace convoy::schedules::gpu
