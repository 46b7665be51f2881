#pragma once

#include "tools/convoy/io/Module.h"

namespace convoy::tools {

/// What is done to a picture before a network sees it.
enum class Preprocess {
  ImageNet, ///< shorter side 256/224 of the input's, bicubic; centre; x/255, ImageNet's mean and deviation
  Unit,     ///< stretched to the input's size; x/255
  Tf,       ///< stretched; x/127.5 - 1
  Raw,      ///< stretched; 0..255
};

Result<Preprocess> parsePreprocess(const std::string &name);

/// Reads a picture as the given input of a module: f32 or u8, of rank 4, one or three channels behind or before height
/// and width. A symbolic height or width is 224 for ImageNet, otherwise the picture's own.
Result<HostTensor> readPicture(const std::string &path, Preprocess preprocess, const convoy_module &module,
                               int32_t input);

} // namespace convoy::tools
