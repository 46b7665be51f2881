#pragma once

#include "boxes.h"
#include "picture.h"

#include <convoy/runtime.h>

#include <memory>
#include <string>

/// A line of text in pixels of the picture.
struct Outline {
  std::array<Point, 4> corners;
  float score;
};

/// The compiled text detector: PP-OCRv4's, whose input x is [n, 3, height, width] with sides that are multiples of 32.
class Detector {
public:
  /// Throws std::runtime_error if the module is no such network.
  explicit Detector(const std::string &modulePath);

  std::vector<Outline> detect(const Picture &picture);

private:
  ProbabilityMap run(const Picture &picture);

  struct Close {
    void operator()(convoy_library *library) const { convoy_library_close(library); }
    void operator()(convoy_session *session) const { convoy_session_destroy(session); }
  };

  std::unique_ptr<convoy_library, Close> library;
  std::unique_ptr<convoy_session, Close> session; // gone before the library
};
