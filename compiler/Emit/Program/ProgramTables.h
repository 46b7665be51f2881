#pragma once

#include "compiler/Emit/Program/LlvmBuilder.h"
#include "compiler/Plan/program.pb.h"

#include <string>

namespace convoy::compiler {

/// Names inside a module. The weights lie in an object of their own.
constexpr const char *weightsSymbol = "convoy_weights";
constexpr const char *planFunction = "convoy_plan";
constexpr const char *runFunction = "convoy_run";
constexpr const char *prepareFunction = "convoy_prepare";
constexpr const char *supportedFunction = "convoy_supported";

/// Layers for messages: joined with " + ".
std::string joinLayers(const google::protobuf::RepeatedPtrField<std::string> &layers);

/// Scratch of a thread: what the kernels need, and room for library functions.
int64_t scratchBytes(const proto::Program &program);

/// Writes the constant tables of module.h; the module itself as `symbol`.
void writeTables(LlvmBuilder &builder, const proto::Program &program, const std::string &symbol);

} // namespace convoy::compiler
