// Finds text in a picture: text_detection MODULE PICTURE.png RESULT.png
//
// Prints a line for each box (its corners and score) and writes the picture with the boxes drawn.
#include "detector.h"

#include <chrono>
#include <cstdio>
#include <exception>

int main(int count, char **arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: text_detection MODULE PICTURE.png RESULT.png\n");
    return 1;
  }
  try {
    Picture picture = readPng(arguments[2]);
    Detector detector(arguments[1]);
    auto start = std::chrono::steady_clock::now();
    std::vector<Outline> outlines = detector.detect(picture);
    double milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    for (const Outline &outline : outlines) {
      for (size_t i = 0; i < 4; ++i) {
        Point from = outline.corners[i], to = outline.corners[(i + 1) % 4];
        std::printf("(%.0f, %.0f) ", from.x, from.y);
        drawLine(picture, from.x, from.y, to.x, to.y);
      }
      std::printf(" %.2f\n", outline.score);
    }
    writePng(arguments[3], picture);
    std::fprintf(stderr, "%zu boxes in %.0f ms, drawn in %s\n", outlines.size(), milliseconds, arguments[3]);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "text_detection: %s\n", error.what());
    return 1;
  }
  return 0;
}
