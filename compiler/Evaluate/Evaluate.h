#pragma once

#include "compiler/Evaluate/HostValue.h"
#include "compiler/Weights/WeightFile.h"
#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <functional>
#include <vector>

namespace convoy::compiler {

/// Sees the results of each op of the network's own body (kernel calls as a whole) as soon as they are known. May put
/// others in their place, of the same type and shape, with which the evaluation goes on.
using Observer = std::function<mlir::LogicalResult(mlir::Operation *op, llvm::MutableArrayRef<HostValue> results)>;

/// The reference: runs the network op by op, each as a kernel of its own with the plainest schedule, strict floats and
/// wide sums; kernels are taken apart into their ops, layouts play no part. It judges schedules, not meaning. `network`
/// is left as it was. Weights are those of the module.
mlir::FailureOr<std::vector<HostValue>> evaluateNetwork(mlir::func::FuncOp network, llvm::ArrayRef<HostValue> inputs,
                                                        const weights::WeightFile *weights, const Observer &observer);

/// What the region yields, as the layouts of its results' types allocate it.
mlir::FailureOr<std::vector<std::vector<char>>> evaluatePrepare(kernel::PrepareOp prepare,
                                                                const weights::WeightFile *weights);

} // namespace convoy::compiler
