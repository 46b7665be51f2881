#include "boxes.h"

#include <algorithm>
#include <cmath>

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

/// Takes the group of pixels around (x, y) out of the mask and returns what encloses it. The score is that of the group's
/// pixels alone: a line of text that is bent or tilted fills little of its box.
Box takeGroup(const ProbabilityMap &map, Mask &mask, int x, int y) {
  int width = map.width, height = map.height, count = 0;
  double sum = 0;
  int left = x, right = x, top = y, bottom = y;
  std::vector<int> open = {y * width + x};
  mask[open.back()] = 0;
  while (!open.empty()) {
    int at = open.back(), px = at % width, py = at / width;
    open.pop_back();
    sum += map.values[at];
    ++count;
    left = std::min(left, px), right = std::max(right, px);
    top = std::min(top, py), bottom = std::max(bottom, py);
    for (int ny = std::max(py - 1, 0); ny <= std::min(py + 1, height - 1); ++ny)
      for (int nx = std::max(px - 1, 0); nx <= std::min(px + 1, width - 1); ++nx)
        if (char &likely = mask[ny * width + nx]) {
          likely = 0;
          open.push_back(ny * width + nx);
        }
  }
  return {float(left), float(top), float(right + 1), float(bottom + 1), float(sum / count)};
}

void grow(Box &box, float unclip, const ProbabilityMap &map) {
  float width = box.right - box.left, height = box.bottom - box.top;
  float distance = width * height * unclip / (2 * (width + height));
  box.left = std::max(box.left - distance, 0.0f);
  box.top = std::max(box.top - distance, 0.0f);
  box.right = std::min(box.right + distance, float(map.width));
  box.bottom = std::min(box.bottom + distance, float(map.height));
}

} // namespace

std::vector<Box> findBoxes(const ProbabilityMap &map, const BoxOptions &options) {
  Mask mask = likelyPixels(map, options.pixelThreshold);
  std::vector<Box> boxes;
  for (int y = 0; y < map.height; ++y)
    for (int x = 0; x < map.width; ++x) {
      if (!mask[y * map.width + x])
        continue;
      Box box = takeGroup(map, mask, x, y);
      if (std::min(box.right - box.left, box.bottom - box.top) < options.leastSide || box.score < options.boxThreshold)
        continue;
      grow(box, options.unclip, map);
      boxes.push_back(box);
    }
  return boxes;
}

void draw(Picture &picture, const Box &box) {
  auto clamp = [](float value, int size) { return std::clamp(int(std::lround(value)), 0, size - 1); };
  int left = clamp(box.left, picture.width), right = clamp(box.right, picture.width);
  int top = clamp(box.top, picture.height), bottom = clamp(box.bottom, picture.height);
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x)
      if (std::min(x - left, right - x) < 2 || std::min(y - top, bottom - y) < 2) {
        uint8_t *pixel = &picture.pixels[3 * (y * picture.width + x)];
        pixel[0] = 220, pixel[1] = 30, pixel[2] = 30;
      }
}
