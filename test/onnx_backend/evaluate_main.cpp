// onnx-evaluate FOLDER...: imports model.onnx of each folder, evaluates it on input_0.pb, input_1.pb, ... and compares
// with output_0.pb, ... A line for each: "passed FOLDER", or "failed FOLDER: why", or "refused FOLDER: the diagnostic".
#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Frontend/Onnx/Model.h"
#include "compiler/Frontend/Onnx/Onnx.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstring>

using namespace convoy;
using namespace mlir;

namespace {

/// The backend suite's own, and a share of the largest value.
constexpr double relativeTolerance = 1e-3, absoluteTolerance = 1e-5;

struct Case {
  std::string folder;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  frontend::Model decoder;
  std::string diagnostic;

  explicit Case(std::string path) : folder(std::move(path)) {
    context.getDiagEngine().registerHandler([this](Diagnostic &message) {
      if (diagnostic.empty()) {
        llvm::raw_string_ostream stream(diagnostic);
        stream << message.getLocation() << ": " << message;
      }
      return success();
    });
  }

  std::vector<frontend::Tensor> readTensors(const std::string &stem) {
    std::vector<frontend::Tensor> tensors;
    for (int i = 0;; ++i) {
      auto file = llvm::MemoryBuffer::getFile(folder + "/" + stem + "_" + std::to_string(i) + ".pb");
      if (!file)
        return tensors;
      onnx::TensorProto proto;
      proto.ParseFromString((*file)->getBuffer().str());
      auto tensor = decoder.decode(proto, UnknownLoc::get(&context));
      if (failed(tensor))
        return tensors;
      if (!tensor->owned) // The message goes away.
        *tensor = frontend::Tensor::make(tensor->element, tensor->dims, {tensor->bytes.begin(), tensor->bytes.end()});
      tensors.push_back(std::move(*tensor));
    }
  }

  std::string run();
};

compiler::HostValue hostValue(const frontend::Tensor &tensor) {
  auto [value, bytes] = compiler::HostValue::make(weights::dataTypeOf(tensor.element), tensor.dims);
  if (!tensor.bytes.empty())
    std::memcpy(bytes, tensor.bytes.data(), tensor.bytes.size());
  return value;
}

std::string compare(const compiler::HostValue &got, const frontend::Tensor &expected, MLIRContext *context) {
  if (ArrayRef<int64_t>(got.dims) != ArrayRef<int64_t>(expected.dims))
    return "another shape";
  auto actual = frontend::Tensor::make(weights::elementTypeOf(context, got.type), got.dims,
                                       std::vector<char>(got.data, got.data + got.bytes()));
  if (actual.element != expected.element)
    return "another element type";
  auto left = *actual.numbers(), right = *expected.numbers();
  double largest = 0;
  for (double b : right)
    largest = std::isfinite(b) ? std::max(largest, std::fabs(b)) : largest;
  for (auto [a, b] : llvm::zip(left, right)) {
    bool same = a == b || (std::isnan(a) && std::isnan(b)) ||
                std::fabs(a - b) <= absoluteTolerance * largest + relativeTolerance * std::fabs(b);
    if (!same)
      return std::to_string(a) + " where " + std::to_string(b) + " is expected";
  }
  return "";
}

std::string Case::run() {
  frontend::OnnxImportOptions options;
  options.path = folder + "/model.onnx";
  options.weightsPath = folder + "/weights.safetensors";
  auto module = frontend::importOnnx(context, options);
  if (failed(module))
    return "refused " + folder + ": " + diagnostic;
  auto weights = weights::WeightFile::openSafetensors(options.weightsPath);
  if (!weights)
    return "failed " + folder + ": " + weights.error();
  std::vector<compiler::HostValue> inputs;
  for (const frontend::Tensor &tensor : readTensors("input"))
    inputs.push_back(hostValue(tensor));
  auto network = *(*module)->getOps<func::FuncOp>().begin();
  if (inputs.size() != network.getNumArguments())
    return "failed " + folder + ": " + std::to_string(inputs.size()) + " inputs given";
  auto outputs = compiler::evaluateNetwork(network, inputs, weights->get(), nullptr);
  if (failed(outputs))
    return "failed " + folder + ": " + diagnostic;
  auto expected = readTensors("output");
  if (expected.size() != outputs->size())
    return "failed " + folder + ": another number of outputs";
  for (auto [i, got, wanted] : llvm::enumerate(*outputs, expected))
    if (std::string difference = compare(got, wanted, &context); !difference.empty())
      return "failed " + folder + ": output " + std::to_string(i) + ": " + difference;
  return "passed " + folder;
}

} // namespace

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    Case test(argv[i]);
    llvm::outs() << test.run() << "\n";
    llvm::outs().flush();
  }
}
