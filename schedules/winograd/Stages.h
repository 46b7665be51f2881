#pragma once

#include "schedules/conv/ConvShape.h"
#include "schedules/core/Template.h"
#include "schedules/winograd/Matrices.h"

namespace convoy::schedules {

/// The Funcs of a Winograd convolution. `x` and `y` count tiles, `i` and `j` points of the transform (vertical,
/// horizontal), `c` output channels within a block of `block`, `b` blocks, `k` input channels, `n` images. Where input
/// channels are cut, `k` counts those of a part of the transformed input, and `part` stands before `n`.
struct WinogradStages {
  Halide::Var c{"c"}, b{"b"}, k{"k"}, x{"x"}, y{"y"}, i{"i"}, j{"j"}, part{"part"}, n{"n"};
  Halide::RDom sum; ///< Input channels; where they are cut, those of a part, and parts.

  Halide::Func weightRows; ///< (c, k, b, i, column): weights after the vertical transform.
  Halide::Func weights;    ///< (c, k, b, i, j)
  Halide::Func inputRows;  ///< (k, column, y, i, n): input after the vertical transform.
  Halide::Func input;      ///< (k, x, y, i, j, n)
  Halide::Func tile;       ///< (c, x, y, i, j, b, n): products summed over k, in registers.
  Halide::Func product;    ///< The same, stored.
  Halide::Func outputRows; ///< (channel, x, y, row, j, n): after the vertical transform back.
  Halide::Func result;     ///< Arguments of the graph: takes the anchor's place.
};

struct WinogradTiles {
  int outputs = 4;
  int64_t block = 32;                 ///< Output channels.
  int64_t chunk = 0;                  ///< Input channels of a part, a divisor of all; 0: they are not cut.
  bool roundedUp[2] = {false, false}; ///< Whether there are more rows, columns of tiles than the output needs.
};

/// Builds the stages and puts `result` in the place of the graph's anchor.
WinogradStages buildWinograd(Graph &graph, const ConvShape &shape, const WinogradTiles &tiles);

} // namespace convoy::schedules
