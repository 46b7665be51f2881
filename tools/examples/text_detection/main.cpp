// Finds text in a picture: text_detection MODULE PICTURE.png RESULT.png
//
// Prints a line for each box (left, top, right, bottom, score) and writes the picture with the boxes drawn.
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
    std::vector<Box> boxes = detector.detect(picture);
    double milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    for (const Box &box : boxes) {
      std::printf("%4.0f %4.0f %4.0f %4.0f  %.2f\n", box.left, box.top, box.right, box.bottom, box.score);
      draw(picture, box);
    }
    writePng(arguments[3], picture);
    std::fprintf(stderr, "%zu boxes in %.0f ms, drawn in %s\n", boxes.size(), milliseconds, arguments[3]);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "text_detection: %s\n", error.what());
    return 1;
  }
  return 0;
}
