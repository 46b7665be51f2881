#include "tools/convoy/calibrate/ModuleRunner.h"

#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Pipeline/TemporaryFolder.h"
#include "tools/convoy/Progress.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using convoy::compiler::HostValue;

namespace convoy::tools {

static LogicalResult fail(MLIRContext &context, const std::string &message) {
  return emitError(UnknownLoc::get(&context)) << message;
}

/// Writes the network as the border file that it is.
static LogicalResult write(ModuleOp network, const std::string &path) {
  std::error_code failed;
  llvm::raw_fd_ostream file(path, failed);
  if (failed)
    return fail(*network.getContext(), path + ": " + failed.message());
  OpPrintingFlags flags;
  flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
  network->print(file, flags);
  file << "\n";
  return success();
}

static HostValue viewOf(const convoy_tensor &tensor) {
  HostValue value;
  value.type = static_cast<proto::DataType>(tensor.type);
  value.dims.assign(tensor.dims, tensor.dims + tensor.rank);
  value.data = static_cast<const char *>(tensor.data);
  return value;
}

LogicalResult ModuleRunner::run(ModuleOp network, Visitor visit) {
  MLIRContext &context = *network.getContext();
  compiler::TemporaryFolder temporary;
  if (std::error_code error = temporary.make())
    return fail(context, "no folder for temporary files: " + error.message());
  compiler::CompileOptions options;
  options.model = temporary.file("calibration.mlir");
  options.output = temporary.file("calibration.so");
  if (failed(write(network, options.model)) || failed(compiler::compileModel(context, options)))
    return failure();
  return runModule(context, options.output, visit);
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
    std::vector<convoy_tensor> outputs(static_cast<size_t>((*module)->output_count));
    convoy_error error = {};
    if (convoy_session_run(session->get(), viewsOf(*inputs).data(), outputs.data(), &error))
      return fail(context, samples->name(run) + ": " + error.message);
    std::vector<HostValue> results;
    for (const convoy_tensor &output : outputs)
      results.push_back(viewOf(output));
    if (failed(visit(samples->name(run), results)))
      return failure();
    progress.advance(static_cast<int64_t>(run) + 1);
  }
  return success();
}

} // namespace convoy::tools
