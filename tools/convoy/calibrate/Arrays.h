#pragma once

#include "tools/convoy/io/Module.h"

#include <string>
#include <utility>
#include <vector>

namespace convoy::tools {

/// Those arrays of a .npz archive, in that order, with their names; others (labels, say) are not looked at. An archive
/// with a single array gives that one, whatever it is called, if one is wanted.
Result<std::vector<std::pair<std::string, HostTensor>>> readNpz(const std::string &path,
                                                                const std::vector<std::string> &wanted);

Result<HostTensor> readNpyFile(const std::string &path);

/// An error if an element is NaN or infinite.
Status checkFinite(const convoy_tensor &tensor, const std::string &path);

} // namespace convoy::tools
