#include "tools/convoy/calibrate/ModuleRunner.h"

#include "compiler/Pipeline/TemporaryFolder.h"
#include "tools/convoy/Progress.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace convoy::tools {

static LogicalResult fail(MLIRContext &context, const std::string &message) {
  return emitError(UnknownLoc::get(&context)) << message;
}

LogicalResult ModuleRunner::run(ModuleOp network, Visitor visit) {
  MLIRContext &context = *network.getContext();
  compiler::TemporaryFolder temporary;
  if (std::error_code error = temporary.make())
    return fail(context, "no folder for temporary files: " + error.message());
  std::string path = temporary.file("calibration.so");
  return success(succeeded(compileNetwork(network, path, kernels)) && succeeded(runModule(context, path, visit)));
}

LogicalResult ModuleRunner::runModule(MLIRContext &context, const std::string &path, Visitor visit) {
  auto module = Module::open(path);
  if (!module)
    return fail(context, module.error());
  if (!samples) {
    auto opened = Samples::open(folder, preprocess, **module);
    if (!opened)
      return fail(context, opened.error());
    samples = std::move(*opened);
  }
  auto session = module->createSession({});
  if (!session)
    return fail(context, session.error());
  Progress progress(globals, "calibration", static_cast<int64_t>(samples->runs()));
  for (size_t run = 0; run < samples->runs(); ++run) {
    auto inputs = samples->read(run, **module);
    if (!inputs)
      return fail(context, inputs.error());
    if (failed(runSession(context, session->get(), *inputs, static_cast<size_t>((*module)->output_count),
                          samples->name(run), visit)))
      return failure();
    progress.advance(static_cast<int64_t>(run) + 1);
  }
  return success();
}

} // namespace convoy::tools
