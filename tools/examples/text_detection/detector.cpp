#include "detector.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace {

/// The detector was trained on pictures whose shorter side has this many pixels at least.
constexpr int leastSide = 736;

int roundTo32(double side) { return std::max(static_cast<int>(std::lround(side / 32)) * 32, 32); }

/// One output position's two input positions and the second's share.
struct Mix {
  int first, second;
  float share;
};

Mix mixAt(int at, int from, int to) {
  float position = (static_cast<float>(at) + 0.5f) * static_cast<float>(from) / static_cast<float>(to) - 0.5f;
  position = std::clamp(position, 0.0f, static_cast<float>(from - 1));
  int first = static_cast<int>(position);
  return {first, std::min(first + 1, from - 1), position - static_cast<float>(first)};
}

/// Bilinear, from 0..255 to -1..1, blue before green before red, one plane each.
std::vector<float> toInput(const Picture &picture, int width, int height) {
  std::vector<float> input(size_t(3) * width * height);
  for (int y = 0; y < height; ++y) {
    Mix my = mixAt(y, picture.height, height);
    for (int x = 0; x < width; ++x) {
      Mix mx = mixAt(x, picture.width, width);
      for (int c = 0; c < 3; ++c) {
        auto pixel = [&](int row, int column) {
          return static_cast<float>(picture.pixels[3 * (size_t(row) * picture.width + column) + 2 - c]);
        };
        float above = pixel(my.first, mx.first) * (1 - mx.share) + pixel(my.first, mx.second) * mx.share;
        float below = pixel(my.second, mx.first) * (1 - mx.share) + pixel(my.second, mx.second) * mx.share;
        float value = above * (1 - my.share) + below * my.share;
        input[(size_t(c) * height + y) * width + x] = (value / 255 - 0.5f) / 0.5f;
      }
    }
  }
  return input;
}

} // namespace

Detector::Detector(const std::string &modulePath) {
  convoy_error error = {};
  convoy_library *opened = nullptr;
  if (convoy_library_open(modulePath.c_str(), &opened, &error))
    throw std::runtime_error(error.message);
  library.reset(opened);
  const convoy_module *module = convoy_library_module(opened);
  if (module->input_count != 1 || module->output_count != 1 || module->inputs[0].rank != 4 ||
      module->inputs[0].type != CONVOY_F32 || module->inputs[0].dims[1] != 3)
    throw std::runtime_error(modulePath + " is no text detector");
  convoy_session *made = nullptr;
  if (convoy_session_create(module, nullptr, &made, &error))
    throw std::runtime_error(error.message);
  session.reset(made);
}

ProbabilityMap Detector::run(const Picture &picture) {
  double scale = std::max(1.0, static_cast<double>(leastSide) / std::min(picture.width, picture.height));
  int width = roundTo32(picture.width * scale), height = roundTo32(picture.height * scale);
  std::vector<float> pixels = toInput(picture, width, height);

  convoy_tensor input = {pixels.data(), {1, 3, height, width}, {}, 4, CONVOY_F32, CONVOY_HOST};
  convoy_tensor output = {}; // the session provides the memory
  convoy_error error = {};
  if (convoy_session_run(session.get(), &input, &output, &error))
    throw std::runtime_error(error.message);
  if (output.rank != 4)
    throw std::runtime_error("the network's output is no map");

  const float *values = static_cast<const float *>(output.data);
  ProbabilityMap map;
  map.height = static_cast<int>(output.dims[2]);
  map.width = static_cast<int>(output.dims[3]);
  map.values.assign(values, values + size_t(map.width) * map.height);
  return map;
}

std::vector<Outline> Detector::detect(const Picture &picture) {
  ProbabilityMap map = run(picture);
  float toX = float(picture.width) / float(map.width), toY = float(picture.height) / float(map.height);
  std::vector<Outline> outlines;
  for (const Box &box : findBoxes(map, {})) {
    Outline outline = {box.rectangle.corners(), box.score};
    for (Point &corner : outline.corners)
      corner = {std::clamp(corner.x * toX, 0.0f, float(picture.width - 1)),
                std::clamp(corner.y * toY, 0.0f, float(picture.height - 1))};
    outlines.push_back(outline);
  }
  return outlines;
}
