#pragma once

#include "rectangle.h"

#include <vector>

/// How likely each pixel belongs to text.
struct ProbabilityMap {
  int width = 0, height = 0;
  std::vector<float> values;
};

struct Box {
  Rectangle rectangle;
  float score; ///< mean probability of its pixels
};

struct BoxOptions {
  float pixelThreshold = 0.3f;
  float boxThreshold = 0.5f;
  float unclip = 1.6f; ///< the network shrinks lines of text; boxes grow by area * unclip / perimeter
  float leastSide = 3;
};

/// A box around each connected group of likely pixels, in pixels of the map; from top to bottom.
std::vector<Box> findBoxes(const ProbabilityMap &map, const BoxOptions &options);
