#pragma once

#include "schedules/core/Result.h"

#include <convoy/runtime.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace convoy::tools {

using Shapes = std::map<std::string, std::vector<int64_t>>;

/// From the arguments of --shape: "NAME=1x3x224x224".
Result<Shapes> parseShapes(const std::vector<std::string> &arguments);

/// "1x3x224x224"; a scalar is "scalar".
std::string describeDims(const int64_t *dims, int32_t rank);

/// The same for a module's input or output, with symbols by name.
std::string describeValue(const convoy_module &module, const convoy_value &value);

/// "f32 1x3x224x224".
std::string describeTensor(const convoy_tensor &tensor);

/// Extents for an input that nothing was given for: `shapes` where it names the input, else 1 for a symbolic first
/// dimension, 224 for a symbolic height or width of a picture and 16 for others. Equal symbols get equal extents.
Result<std::vector<int64_t>> chooseDims(const convoy_module &module, int32_t input, const Shapes &shapes);

} // namespace convoy::tools
