#include "picture.h"

#include <cstring>
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
