#pragma once

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace convoy {

/// Every dialect that border files hold, every pass of the compiler, and MLIR's own clean-up passes.
void registerEverything(mlir::DialectRegistry &registry);

} // namespace convoy
