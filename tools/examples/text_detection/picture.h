#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Red, green, blue, row by row.
struct Picture {
  int width = 0, height = 0;
  std::vector<uint8_t> pixels;
};

/// Throws std::runtime_error.
Picture readPng(const std::string &path);
void writePng(const std::string &path, const Picture &picture);

/// A red line two pixels wide between two places in the picture.
void drawLine(Picture &picture, float fromX, float fromY, float toX, float toY);
