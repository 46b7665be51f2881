#pragma once

#include "compiler/Emit/Emit.h"
#include "compiler/Pipeline/Phases.h"
#include "compiler/Types/Types.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <functional>
#include <string>

namespace convoy::compiler {

struct CompileOptions {
  std::string model;  ///< ONNX, a text network, or the border file of a phase.
  std::string output; ///< What the last phase writes.
  Phase stopAfter = Phase::Package;
  std::string target = "host"; ///< Halide target string, or "host".
  std::string weights;         ///< Weight file of a text network; empty: what the network says.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
  std::string cacheFolder; ///< Of compiled kernels; empty: the user's cache.
  int64_t winograd = 4;    ///< Largest F(m, 3) that 3x3 convolutions may use: 0, 2 or 4.
  TypeChoice types = TypeChoice::F32;
  CalibrationRequest calibration;   ///< For I8 and Auto.
  TypeReport *typeReport = nullptr; ///< What becomes known of the types of layers; null: it isn't wanted.
  bool useCache = true;
  std::string assembler;  ///< ptxas for kernels for a GPU: a path, "off", or empty: one that is found.
  int workers = 0;        ///< Processes that compile kernels; 0: one per core.
  PackageOptions package; ///< What the phase `package` writes.
  std::function<void(Phase phase, double seconds)> onPhase;
  std::function<void(const EmitProgress &)> onKernels; ///< As kernels are compiled.
  std::function<void(const std::string &)> onWarning;
  std::function<void()> onCrash; ///< What goes wrong is the compiler's mistake.
};

/// Takes `model` from where it stands through the phases up to `stopAfter` and writes `output`, whole or not at all.
/// What is wrong is a diagnostic of the context.
mlir::LogicalResult compileModel(mlir::MLIRContext &context, const CompileOptions &options);

/// All dialects that border files hold.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace convoy::compiler
