#pragma once

#include "schedules/core/Result.h"

#include <string>
#include <vector>

namespace convoy::tools {

/// Names of classes: one a line, or torchvision's models/_meta.py, whose list _IMAGENET_CATEGORIES is taken.
Result<std::vector<std::string>> readLabels(const std::string &path);

} // namespace convoy::tools
