#include "tools/convoy/calibrate/Networks.h"

#include "compiler/Pipeline/TemporaryFolder.h"
#include "tools/convoy/io/Prepared.h"

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
  file.close();
  failed = file.error();
  file.clear_error(); // Else a full disk would end the process.
  return failed ? fail(*network.getContext(), path + ": " + failed.message()) : success();
}

LogicalResult compileNetwork(ModuleOp network, const std::string &output, const KernelOptions &kernels) {
  compiler::CompileOptions options;
  options.winograd = kernels.winograd;
  options.cacheFolder = kernels.cacheFolder;
  options.useCache = kernels.useCache;
  options.workers = kernels.workers;
  options.model = output + ".mlir";
  options.output = output;
  return success(succeeded(write(network, options.model)) &&
                 succeeded(compiler::compileModel(*network.getContext(), options)));
}

static HostValue viewOf(const convoy_tensor &tensor) {
  HostValue value;
  value.type = static_cast<proto::DataType>(tensor.type);
  value.dims.assign(tensor.dims, tensor.dims + tensor.rank);
  value.data = static_cast<const char *>(tensor.data);
  return value;
}

LogicalResult runSession(MLIRContext &context, convoy_session *session, const std::vector<HostTensor> &inputs,
                         size_t count, const std::string &sample, compiler::NetworkRunner::Visitor visit) {
  std::vector<convoy_tensor> outputs(count);
  convoy_error error = {};
  if (convoy_session_run(session, viewsOf(inputs).data(), outputs.data(), &error))
    return fail(context, sample + ": " + error.message);
  std::vector<HostValue> results;
  for (const convoy_tensor &output : outputs)
    results.push_back(viewOf(output));
  return visit(sample, results);
}

LogicalResult RandomRunner::run(ModuleOp network, Visitor visit) {
  MLIRContext &context = *network.getContext();
  compiler::TemporaryFolder temporary;
  if (std::error_code error = temporary.make())
    return fail(context, "no folder for temporary files: " + error.message());
  std::string path = temporary.file("random.so");
  if (failed(compileNetwork(network, path, kernels)))
    return failure();
  auto prepared = Prepared::open(path, {});
  if (!prepared)
    return fail(context, prepared.error());
  return runSession(context, prepared->session.get(), prepared->inputs, prepared->outputs.size(), "random input",
                    visit);
}

} // namespace convoy::tools
