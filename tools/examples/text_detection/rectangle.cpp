#include "rectangle.h"

#include <algorithm>
#include <cmath>

namespace {

/// Positive if a, b, c turn left.
float turn(Point a, Point b, Point c) { return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x); }

/// Andrew's monotone chain: the points that enclose all others, in order.
std::vector<Point> convexHull(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), [](Point a, Point b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  std::vector<Point> hull;
  for (int pass = 0; pass < 2; ++pass) {
    size_t first = hull.size();
    for (Point point : points) {
      while (hull.size() >= first + 2 && turn(hull[hull.size() - 2], hull.back(), point) <= 0)
        hull.pop_back();
      hull.push_back(point);
    }
    if (hull.size() > 1)
      hull.pop_back(); // the other half begins with it
    std::reverse(points.begin(), points.end());
  }
  return hull;
}

/// The rectangle around the points with one side along a unit vector.
Rectangle rectangleAlong(const std::vector<Point> &points, float cosine, float sine) {
  float left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
  for (Point p : points) {
    float along = p.x * cosine + p.y * sine, across = p.y * cosine - p.x * sine;
    left = std::min(left, along), right = std::max(right, along);
    top = std::min(top, across), bottom = std::max(bottom, across);
  }
  float along = (left + right) / 2, across = (top + bottom) / 2;
  return {{along * cosine - across * sine, along * sine + across * cosine},
          cosine,
          sine,
          (right - left) / 2,
          (bottom - top) / 2};
}

} // namespace

std::array<Point, 4> Rectangle::corners() const {
  std::array<Point, 4> points;
  const float signs[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
  for (int i = 0; i < 4; ++i) {
    float along = signs[i][0] * halfLength, across = signs[i][1] * halfHeight;
    points[i] = {centre.x + along * cosine - across * sine, centre.y + along * sine + across * cosine};
  }
  return points;
}

Rectangle smallestRectangle(std::vector<Point> points) {
  std::vector<Point> hull = convexHull(std::move(points));
  Rectangle best = rectangleAlong(hull, 1, 0);
  // One side of the smallest rectangle lies on a side of the hull.
  for (size_t i = 0; i < hull.size(); ++i) {
    Point a = hull[i], b = hull[(i + 1) % hull.size()];
    float length = std::hypot(b.x - a.x, b.y - a.y);
    if (length == 0)
      continue;
    Rectangle r = rectangleAlong(hull, (b.x - a.x) / length, (b.y - a.y) / length);
    if (r.halfLength * r.halfHeight < best.halfLength * best.halfHeight)
      best = r;
  }
  if (best.halfLength < best.halfHeight)
    best = {best.centre, -best.sine, best.cosine, best.halfHeight, best.halfLength};
  return best;
}
