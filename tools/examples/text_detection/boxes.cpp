#include "boxes.h"

#include <algorithm>

namespace {

using Mask = std::vector<char>;

/// Likely pixels, each widened to its right and lower neighbour, so that letters of one word hang together.
Mask likelyPixels(const ProbabilityMap &map, float threshold) {
  Mask mask(map.values.size());
  for (int y = 0; y < map.height; ++y)
    for (int x = 0; x < map.width; ++x) {
      if (map.values[y * map.width + x] <= threshold)
        continue;
      for (int dy = 0; dy < 2 && y + dy < map.height; ++dy)
        for (int dx = 0; dx < 2 && x + dx < map.width; ++dx)
          mask[(y + dy) * map.width + x + dx] = 1;
    }
  return mask;
}

/// Takes the group of connected pixels that holds `start` out of the mask.
std::vector<int> takeGroup(Mask &mask, int width, int height, int start) {
  std::vector<int> group = {start};
  mask[start] = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    int x = group[i] % width, y = group[i] / width;
    for (int ny = std::max(y - 1, 0); ny <= std::min(y + 1, height - 1); ++ny)
      for (int nx = std::max(x - 1, 0); nx <= std::min(x + 1, width - 1); ++nx)
        if (char &likely = mask[ny * width + nx]) {
          likely = 0;
          group.push_back(ny * width + nx);
        }
  }
  return group;
}

Box boxAround(const ProbabilityMap &map, const std::vector<int> &group, const BoxOptions &options) {
  std::vector<Point> points;
  double sum = 0;
  for (int pixel : group) {
    points.push_back({float(pixel % map.width), float(pixel / map.width)});
    sum += map.values[pixel];
  }
  Box box = {smallestRectangle(std::move(points)), float(sum / double(group.size()))};
  Rectangle &r = box.rectangle;
  if (2 * r.halfHeight < options.leastSide)
    box.score = 0;
  float distance = options.unclip * r.halfLength * r.halfHeight / (r.halfLength + r.halfHeight);
  r.halfLength += distance;
  r.halfHeight += distance;
  return box;
}

} // namespace

std::vector<Box> findBoxes(const ProbabilityMap &map, const BoxOptions &options) {
  Mask mask = likelyPixels(map, options.pixelThreshold);
  std::vector<Box> boxes;
  for (int start = 0; start < map.width * map.height; ++start) {
    if (!mask[start])
      continue;
    Box box = boxAround(map, takeGroup(mask, map.width, map.height, start), options);
    if (box.score >= options.boxThreshold)
      boxes.push_back(box);
  }
  return boxes;
}
