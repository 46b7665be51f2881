#pragma once

#include "boxes.h"

#include <convoy/runtime.h>

#include <memory>
#include <string>

/// The compiled text detector: PP-OCRv4's, whose input x is [n, 3, height, width] with sides that are multiples of 32.
class Detector {
public:
  /// Throws std::runtime_error if the module is no such network.
  explicit Detector(const std::string &modulePath);

  /// Boxes in pixels of the picture.
  std::vector<Box> detect(const Picture &picture);

private:
  struct Close {
    void operator()(convoy_library *library) const { convoy_library_close(library); }
    void operator()(convoy_session *session) const { convoy_session_destroy(session); }
  };

  std::unique_ptr<convoy_library, Close> library;
  std::unique_ptr<convoy_session, Close> session; // gone before the library
};
