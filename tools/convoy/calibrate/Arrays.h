#pragma once

#include "tools/convoy/io/Module.h"

#include <string>
#include <utility>
#include <vector>

namespace convoy::tools {

/// The arrays of a .npz archive by name.
Result<std::vector<std::pair<std::string, HostTensor>>> readNpz(const std::string &path);

Result<HostTensor> readNpyFile(const std::string &path);

/// An error if an element is NaN or infinite.
Status checkFinite(const convoy_tensor &tensor, const std::string &path);

} // namespace convoy::tools
