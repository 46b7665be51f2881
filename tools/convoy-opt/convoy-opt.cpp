#include "tools/convoy-opt/Register.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

/// The options of LLVM's code generators, which come with its shared library, would bury our own in --help.
static void hideInheritedOptions() {
  for (auto &[name, option] : llvm::cl::getRegisteredOptions())
    if (name != "help" && name != "version")
      option->setHiddenFlag(llvm::cl::Hidden);
}

int main(int argc, char **argv) {
  hideInheritedOptions();
  mlir::DialectRegistry registry;
  convoy::registerEverything(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "convoy-opt: every pass on its own\n", registry));
}
