#pragma once

#include "compiler/Emit/Program/Geometry.h"
#include "compiler/Emit/Program/LlvmBuilder.h"
#include "compiler/Plan/program.pb.h"

#include <string>

namespace convoy::compiler {

/// What `plan` and `run` begin with: checked inputs, evaluated sizes, described outputs.
class Entry {
public:
  Entry(LlvmBuilder &builder, const proto::Program &program, std::string moduleSymbol)
      : sizes(builder, program), b(builder), program(program), moduleSymbol(std::move(moduleSymbol)) {}

  /// Checks `inputs`, evaluates the sizes and checks that tensors of these sizes exist. Leaves the function with the
  /// status of what is wrong.
  void enter(mlir::Value context, mlir::Value inputs, bool needsData);
  /// Writes everything but `data` of the tensors at `outputs`; `device` only if asked to.
  void describeOutputs(mlir::Value outputs, bool setDevice = true);
  /// Leaves the function with `status` unless it is 0.
  void leaveUnlessOk(mlir::Value status);
  mlir::Value moduleAddress() { return b.addressOf(moduleSymbol); }

  Sizes sizes;

private:
  /// Refuses extents for which the network is not made.
  void checkSizes(mlir::Value context);
  void checkRequirements(mlir::Value context, mlir::Value values);
  void checkExtents(mlir::Value context, mlir::Value values);

  LlvmBuilder &b;
  const proto::Program &program;
  std::string moduleSymbol;
};

/// Writes `supported` and `plan` of the module.
void writeSupported(LlvmBuilder &builder, const proto::Program &program);
void writePlan(LlvmBuilder &builder, const proto::Program &program, const std::string &moduleSymbol);
/// Writes `run`: each step in order, buffers described on the stack.
void writeRun(LlvmBuilder &builder, const proto::Program &program, const std::string &moduleSymbol);
/// Writes `prepare`, if the program has steps that run once.
void writePrepare(LlvmBuilder &builder, const proto::Program &program, const std::string &moduleSymbol);

} // namespace convoy::compiler
