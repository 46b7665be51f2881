#pragma once

#include "schedules/core/Template.h"
#include "schedules/gpu/Model.h"

#include <cstdint>
#include <vector>

namespace convoy::schedules::gpu {

/// What a block of threads computes of a product: each thread `vectors * lanes` channels of `pixels` neighbours along
/// the first axis in each of `rows` rows. Terms of the sum are staged in shared memory, `chunk` at once.
struct ProductTile {
  int64_t lanes = 4;  ///< Neighbouring channels of a thread: 4, or 1 where groups forbid it.
  int64_t phases = 1; ///< Of a transposed convolution: results of a thread per pixel, each from taps of its own.
  int64_t vectors = 1, pixels = 1, rows = 1;
  int64_t threadsC = 16, threadsX = 1, threadsY = 1;
  int64_t chunk = 16;
  int64_t split = 1; ///< Parts of the sum; a kernel of its own adds them up.

  int64_t blockC() const { return lanes * vectors * threadsC; }
  int64_t blockX() const { return pixels * threadsX; }
  int64_t blockY() const { return rows * threadsY; }
  int64_t threads() const { return threadsC * threadsX * threadsY; }
  int64_t sums() const { return lanes * phases * vectors * pixels * rows; }
};

/// One spatial axis of a product: term `tap` of position `x` is read at `x * step + tap * tapStep`.
struct ProductAxis {
  int64_t extent = 1, taps = 1, step = 1, tapStep = 1;
  int64_t more = 0; ///< Positions that a patch has beyond these.
};

/// What the model needs to know.
struct ProductProblem {
  Device device;
  int64_t lanes = 4, phases = 1; ///< See ProductTile.
  bool transposed = false;
  int64_t channels = 1; ///< Of one group.
  int64_t groups = 1;   ///< Blocks hold channels of one group, or whole groups.
  int64_t depth = 1;    ///< Terms of the sum, taps not counted.
  ProductAxis x, y;
  int64_t outerTaps = 1;  ///< Of axes beyond these two.
  double outer = 1;       ///< Product of all other extents.
  double memoryBytes = 0; ///< That must be moved once.
  bool splits = true;     ///< The sum may be split: sizes are known.
  double functions = 0;   ///< Like exp, per result.
  int64_t taps() const { return x.taps * y.taps * outerTaps; }
};

/// Whether the patch of the input that a window covers is staged once for all taps; else each tap stages its own.
bool stagesPatch(const ProductProblem &problem, const ProductTile &tile);

/// What a block copies to shared memory at once, in elements: of the input, and of the weights.
struct StagedElements {
  int64_t left, right;
};
StagedElements stagedElements(const ProductProblem &problem, const ProductTile &tile);

/// Distance of two positions of the left side in shared memory. Threads that read several positions at once, for few
/// channels lie in a warp, meet in one bank where it is a power of two.
inline int64_t leftStride(const ProductTile &tile) { return tile.chunk + (tile.threadsC < 8 ? 4 : 0); }

/// Bytes of shared memory of a block.
int64_t sharedBytes(const ProductProblem &problem, const ProductTile &tile);

double estimateProduct(const ProductProblem &problem, const ProductTile &tile);

/// Best first.
std::vector<ProductTile> rankProducts(const ProductProblem &problem, size_t most);

/// Knobs of templates that compute products.
std::vector<Knob> productKnobs();
ProductTile tileOf(const proto::Schedule &schedule, int64_t lanes, int64_t phases = 1);
void setKnobs(proto::Schedule &schedule, const ProductTile &tile);

} // namespace convoy::schedules::gpu
