#pragma once

#include "tools/convoy/Globals.h"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace convoy::compiler {
struct CompileOptions;
}

namespace convoy::tools {

/// In which numbers layers compute, as the user wrote it; the same for every command that takes a model.
struct TypeFlags {
  std::string type = "f32", calibrate, calibration, biasCorrection, preprocess;
  std::vector<std::string> keepF32;
  std::optional<double> errorBudget;

  bool areGiven() const { return type != "f32" || !calibrate.empty(); }

  /// "--calibration", of those that go with samples; empty if none is given.
  std::string sampleFlag() const {
    return !calibration.empty() ? "--calibration" : !biasCorrection.empty() ? "--bias-correction" : "";
  }
};

/// Leaves out --preprocess where the command has it already, for the same string.
void addTypeFlags(CLI::App &command, TypeFlags &flags);

/// Called last: what is measured is compiled as the other options say. False after a diagnostic.
bool fillTypes(const TypeFlags &flags, compiler::CompileOptions &options, Globals &globals);

} // namespace convoy::tools
