#pragma once

#include "compiler/Weights/WeightFile.h"

#include <optional>
#include <string>

namespace convoy::weights::test {

/// The bytes of a file; nothing if it isn't there.
std::optional<std::string> readFile(const std::string &path);
/// A file of this folder's data/, which has to be there.
std::string sample(const std::string &name);

/// A path in the folder of public models; CONVOY_SHARED says where it is, by default beside the project.
std::string sharedModel(const std::string &path);

/// A path in the folder of what `tools/setup demo` fetches.
std::string demoModel(const std::string &name);

Result<std::unique_ptr<WeightFile>> parse(const std::string &bytes);
/// What is wrong with the bytes; empty if nothing is.
std::string errorOf(const std::string &bytes);

/// A safetensors file with this header and this many bytes of data.
std::string safetensors(const std::string &header, size_t dataBytes);
/// A file of the older format of torch.save whose state dictionary is this pickle, with what follows it.
std::string legacyFile(const std::string &pickle, const std::string &rest = "");

} // namespace convoy::weights::test
