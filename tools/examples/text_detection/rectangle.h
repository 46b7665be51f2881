#pragma once

#include <array>
#include <vector>

struct Point {
  float x, y;
};

/// A rectangle at any angle: its centre, half of each side along (cosine, sine) and across.
struct Rectangle {
  Point centre;
  float cosine, sine;
  float halfLength, halfHeight;

  /// In order around it.
  std::array<Point, 4> corners() const;
};

/// The rectangle of least area around at least one point; its length is not below its height.
Rectangle smallestRectangle(std::vector<Point> points);
