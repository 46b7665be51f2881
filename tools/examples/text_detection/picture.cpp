#include "picture.h"

#include <algorithm>
#include <cmath>
#include <png.h>
#include <stdexcept>

Picture readPng(const std::string &path) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&image, path.c_str()))
    throw std::runtime_error(path + ": " + image.message);
  image.format = PNG_FORMAT_RGB;
  if (image.width > 20000 || image.height > 20000) {
    png_image_free(&image);
    throw std::runtime_error(path + " is too large");
  }
  Picture picture;
  picture.width = static_cast<int>(image.width);
  picture.height = static_cast<int>(image.height);
  picture.pixels.resize(PNG_IMAGE_SIZE(image));
  png_color white = {255, 255, 255}; // behind what is transparent
  if (!png_image_finish_read(&image, &white, picture.pixels.data(), 0, nullptr))
    throw std::runtime_error(path + ": " + image.message);
  return picture;
}

void writePng(const std::string &path, const Picture &picture) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  if (!png_image_write_to_file(&image, path.c_str(), 0, picture.pixels.data(), 0, nullptr))
    throw std::runtime_error(path + ": " + image.message);
}

void drawLine(Picture &picture, float fromX, float fromY, float toX, float toY) {
  int steps = std::max(1, int(2 * std::hypot(toX - fromX, toY - fromY)));
  for (int step = 0; step <= steps; ++step) {
    float share = float(step) / float(steps);
    int x = int(fromX + share * (toX - fromX)), y = int(fromY + share * (toY - fromY));
    for (int py = std::max(y, 0); py <= std::min(y + 1, picture.height - 1); ++py)
      for (int px = std::max(x, 0); px <= std::min(x + 1, picture.width - 1); ++px) {
        uint8_t *pixel = &picture.pixels[3 * (size_t(py) * picture.width + px)];
        pixel[0] = 220, pixel[1] = 30, pixel[2] = 30;
      }
  }
}
