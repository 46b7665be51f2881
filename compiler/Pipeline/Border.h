#pragma once

#include "compiler/Emit/Emit.h"
#include "compiler/Pipeline/TemporaryFolder.h"
#include "compiler/Plan/program.pb.h"
#include "compiler/Weights/WeightFile.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>

namespace convoy::compiler {

/// The files that stand between phases: where weights lie beside them, how they are read back and written whole. What
/// is temporary goes with the object.
class Border {
public:
  /// `output` is what the compilation writes in the end.
  explicit Border(std::string output) : output(std::move(output)) {}
  Border(const Border &) = delete;
  Border &operator=(const Border &) = delete;

  /// Makes the folder of temporary files; the output can be written where it is to stand.
  mlir::LogicalResult open(mlir::MLIRContext &context);

  /// The output's file name without folder and extension.
  std::string moduleName() const;

  std::string weightsOfModule() const;  ///< Weight file that an import writes.
  std::string weightsOfProgram() const; ///< Weight section that the plan writes, or that was read with the program.

  void setWeights(mlir::ModuleOp module, const std::string &path);
  const weights::WeightFile *weights() const { return opened.get(); } ///< Null if the network has none.
  mlir::LogicalResult openWeights(mlir::MLIRContext &context);

  mlir::OwningOpRef<mlir::ModuleOp> readModule(mlir::MLIRContext &context, const std::string &path);
  mlir::LogicalResult writeModule(mlir::ModuleOp module, const std::string &path);

  mlir::LogicalResult readProgram(mlir::MLIRContext &context, const std::string &path, proto::Program &program);
  mlir::LogicalResult writeProgram(mlir::MLIRContext &context, proto::Program program, const std::string &path);

  mlir::LogicalResult readObjects(mlir::MLIRContext &context, const std::string &folder, proto::Program &program,
                                  ObjectSet &objects);
  mlir::LogicalResult writeObjects(mlir::MLIRContext &context, const proto::Program &program, const ObjectSet &objects,
                                   const std::string &folder);

private:
  std::string output;
  TemporaryFolder temporary;
  std::string weightsPath;    ///< Of the .mlir.
  std::string programWeights; ///< Of the program; empty: temporary.
  std::unique_ptr<weights::WeightFile> opened;
};

} // namespace convoy::compiler
