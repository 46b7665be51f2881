#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Pipeline/Pipeline.h"
#include "tools/convoy/Commands.h"
#include "tools/convoy/TemporaryFolder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Path.h"

#include <CLI/CLI.hpp>
#include <convoy/runtime.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <memory>
#include <random>

using namespace mlir;
using convoy::compiler::HostValue;

namespace convoy::tools {

namespace {

struct Flags {
  std::string model, target = "host", weights;
  std::vector<std::string> shapes;
  double tolerance = 1e-4;
  int seed = 1, threads = 0;
};

/// Extent that a dimension gets which the model leaves open: one picture, and an image that is neither tiny nor large.
constexpr int64_t openBatch = 1, openExtent = 64;

/// How far a layer is from the reference.
struct Deviation {
  double largest = 0;   ///< Of the reference, absolute.
  double difference = 0;
  bool sameShape = true;
  double relative() const { return largest > 0 ? difference / largest : difference; }
};

double elementAt(const char *data, proto::DataType type, int64_t index) {
  auto read = [&](auto zero) {
    std::memcpy(&zero, data + index * static_cast<int64_t>(sizeof zero), sizeof zero);
    return static_cast<double>(zero);
  };
  switch (type) {
  case proto::F32:
    return read(float());
  case proto::F64:
    return read(double());
  case proto::I64:
    return read(int64_t());
  case proto::U64:
    return read(uint64_t());
  case proto::I32:
    return read(int32_t());
  case proto::U32:
    return read(uint32_t());
  case proto::I16:
    return read(int16_t());
  case proto::U16:
    return read(uint16_t());
  case proto::I8:
    return read(int8_t());
  case proto::F16:
    return read(_Float16());
  case proto::BF16: {
    uint32_t bits = static_cast<uint32_t>(read(uint16_t())) << 16;
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  default:
    return read(uint8_t());
  }
}

/// Walks a strided tensor beside the dense reference.
Deviation compare(const HostValue &reference, const convoy_tensor &got) {
  Deviation deviation;
  deviation.sameShape = got.rank == static_cast<int32_t>(reference.dims.size()) &&
                        std::equal(reference.dims.begin(), reference.dims.end(), got.dims);
  if (!deviation.sameShape)
    return deviation;
  bool isDense = std::all_of(got.strides, got.strides + got.rank, [](int64_t stride) { return stride == 0; });
  std::vector<int64_t> strides(got.strides, got.strides + got.rank), index(got.rank, 0);
  if (isDense)
    for (int64_t dim = got.rank - 1, stride = 1; dim >= 0; stride *= got.dims[dim--])
      strides[dim] = stride;
  for (int64_t element = 0; element < reference.elements(); ++element) {
    int64_t offset = 0;
    for (int32_t dim = 0; dim < got.rank; ++dim)
      offset += index[dim] * strides[dim];
    double wanted = elementAt(reference.data, reference.type, element);
    double value = elementAt(static_cast<const char *>(got.data), reference.type, offset);
    deviation.largest = std::max(deviation.largest, std::isfinite(wanted) ? std::fabs(wanted) : 0);
    bool same = value == wanted || (std::isnan(value) && std::isnan(wanted));
    double difference = same ? 0 : std::fabs(value - wanted);
    deviation.difference = std::isnan(difference) ? INFINITY : std::max(deviation.difference, difference);
    for (int32_t dim = got.rank; dim-- > 0;) {
      if (++index[dim] < got.dims[dim])
        break;
      index[dim] = 0;
    }
  }
  return deviation;
}

/// Compiles the model, runs the module and the reference on the same random inputs, and compares launch by launch.
class Check {
public:
  Check(const Flags &flags, Globals &globals) : flags(flags), globals(globals) {}

  void run() {
    DialectRegistry registry;
    compiler::registerDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context, globals);
    if (!folder.make(globals))
      return;
    if (failed(compile(context)) || failed(evaluate(context)))
      globals.exitCode = exitUserError;
    else
      runModule();
  }

private:
  LogicalResult compile(MLIRContext &context) {
    compiler::CompileOptions options;
    options.model = flags.model;
    options.weights = flags.weights;
    options.target = flags.target;
    for (const std::string &shape : flags.shapes)
      if (!parseShape(shape, options.shapes)) {
        globals.fail("--shape " + shape + ": write NAME=1x3x224x224");
        return failure();
      }
    options.output = folder.file("network.mlir");
    options.stopAfter = compiler::Phase::Kernels;
    if (failed(compiler::compileModel(context, options)))
      return failure();
    options.model = options.output;
    options.output = folder.file("module.so");
    options.stopAfter = compiler::Phase::Package;
    return compiler::compileModel(context, options);
  }

  HostValue randomInput(BlockArgument argument) {
    auto type = cast<RankedTensorType>(argument.getType());
    SmallVector<int64_t> dims(type.getShape());
    for (auto [position, extent] : llvm::enumerate(dims))
      if (ShapedType::isDynamic(extent))
        extent = position == 0 ? openBatch : openExtent;
    proto::DataType element = weights::dataTypeOf(type.getElementType());
    auto [value, bytes] = HostValue::make(element, dims);
    std::normal_distribution<float> normal;
    for (int64_t index = 0; index < value.elements(); ++index) {
      if (element == proto::F32) {
        float number = normal(random);
        std::memcpy(bytes + index * 4, &number, 4);
      } else {
        bytes[index * weights::sizeOf(element)] = static_cast<char>(random() % 2);
      }
    }
    return value;
  }

  LogicalResult evaluate(MLIRContext &context) {
    auto module = parseSourceFile<ModuleOp>(folder.file("network.mlir"), ParserConfig(&context));
    if (!module)
      return failure();
    std::unique_ptr<weights::WeightFile> file;
    std::string path = folder.file("network.safetensors");
    if (llvm::sys::fs::exists(path)) {
      auto opened = weights::WeightFile::openSafetensors(path);
      if (!opened)
        return globals.fail(opened.error()), failure();
      file = std::move(*opened);
    }
    auto network = *module->getOps<func::FuncOp>().begin();
    for (BlockArgument argument : network.getArguments())
      inputs.push_back(randomInput(argument));
    return compiler::evaluateNetwork(network, inputs, file.get(), [&](Operation *op, ArrayRef<HostValue> results) {
      if (isa<kernel::CallOp, cnn::LibraryCallOp>(op))
        reference.push_back(results.front());
      return success();
    });
  }

  void runModule() {
    convoy_error error = {};
    convoy_library *library = nullptr;
    if (convoy_library_open(folder.file("module.so").c_str(), &library, &error))
      return globals.fail(error.message);
    module = convoy_library_module(library);
    convoy_session_options options = {};
    options.size = sizeof options;
    options.threads = flags.threads;
    options.user = this;
    options.observe = [](void *user, int32_t launch, const convoy_tensor *result) {
      static_cast<Check *>(user)->observe(launch, *result);
    };
    convoy_session *session = nullptr;
    if (convoy_session_create(module, &options, &session, &error)) {
      globals.fail(error.message);
    } else {
      std::vector<convoy_tensor> arguments, outputs(static_cast<size_t>(module->output_count));
      for (const HostValue &input : inputs) {
        convoy_tensor tensor = {};
        tensor.data = const_cast<char *>(input.data);
        tensor.rank = static_cast<int32_t>(input.dims.size());
        tensor.type = static_cast<convoy_type>(input.type);
        std::copy(input.dims.begin(), input.dims.end(), tensor.dims);
        arguments.push_back(tensor);
      }
      if (convoy_session_run(session, arguments.data(), outputs.data(), &error))
        globals.fail(error.message);
      else
        conclude();
    }
    convoy_session_destroy(session);
    convoy_library_close(library);
  }

  void observe(int32_t launch, const convoy_tensor &result) {
    ++seen;
    if (launch < 0 || static_cast<size_t>(launch) >= reference.size())
      return;
    Deviation deviation = compare(reference[static_cast<size_t>(launch)], result);
    bool passed = deviation.sameShape && deviation.relative() <= flags.tolerance;
    worst = std::max(worst, deviation.sameShape ? deviation.relative() : INFINITY);
    failures += passed ? 0 : 1;
    const convoy_launch &description = module->launches[launch];
    globals.event("layer", {{"layer", description.layer},
                            {"schedule", description.schedule},
                            {"largest", deviation.largest},
                            {"relative_difference", deviation.relative()},
                            {"passed", passed}});
    char line[512];
    std::snprintf(line, sizeof line, "%s  %9.2e of %9.3g  %s  [%s]%s", passed ? "ok  " : "FAIL", deviation.relative(),
                  deviation.largest, description.layer, description.schedule,
                  deviation.sameShape ? "" : "  another shape than the reference's");
    if (!passed || !globals.quiet)
      globals.result(line);
  }

  void conclude() {
    if (seen != static_cast<int>(reference.size()))
      globals.fail("the module ran " + std::to_string(seen) + " launches, the reference " +
                   std::to_string(reference.size()));
    char line[160];
    std::snprintf(line, sizeof line, "%zu launches, %d beyond %g of their largest value; worst %.2e", reference.size(),
                  failures, flags.tolerance, worst);
    globals.event("result", {{"launches", reference.size()}, {"failures", failures}, {"worst", worst}});
    globals.result(line);
    if (failures > 0)
      globals.exitCode = exitUserError;
  }

  const Flags &flags;
  Globals &globals;
  TemporaryFolder folder;
  std::mt19937 random{static_cast<uint32_t>(flags.seed)};
  std::vector<HostValue> inputs, reference; ///< One reference per launch.
  const convoy_module *module = nullptr;
  double worst = 0;
  int failures = 0, seen = 0;
};

} // namespace

void addCheckCommand(CLI::App &app, Globals &globals) {
  auto flags = std::make_shared<Flags>();
  CLI::App *command = app.add_subcommand("check", "Compare a compiled model with the reference, layer by layer");
  command->add_option("MODEL", flags->model, "ONNX model, text network or .mlir")->required();
  command->add_option("--target", flags->target, "host, or a Halide target string that this machine can run");
  command->add_option("--weights", flags->weights, "Weights of a text network");
  command->add_option("--shape", flags->shapes, "Shape of an input: NAME=1x3x224x224");
  command->add_option("--tolerance", flags->tolerance, "Largest difference, relative to a layer's largest value");
  command->add_option("--seed", flags->seed, "Of the random inputs");
  command->add_option("--threads", flags->threads, "Threads of the run (default: one per core)");
  command->callback([flags, &globals] { Check(*flags, globals).run(); });
}

} // namespace convoy::tools
