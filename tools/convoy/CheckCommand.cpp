#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Plan/Storage.h"
#include "schedules/core/Schedules.h"
#include "tools/convoy/Commands.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/io/Device.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"

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
  std::string model, target = "host", weights, ptxas;
  std::vector<std::string> shapes;
  TypeFlags types;
  double tolerance = 1e-4;
  int seed = 1, threads = 0;
};

/// What is rounded to bf16 may round to the next number of 8 bits.
constexpr double stepOfBf16 = 1.0 / 128;

/// Extent that a dimension gets which the model leaves open: one picture, and an image that is neither tiny nor large.
constexpr int64_t openBatch = 1, openExtent = 64;

/// How far a layer is from the reference.
struct Deviation {
  double largest = 0; ///< Of the reference, absolute.
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

/// A dense copy of what the module wrote.
HostValue copyOf(const convoy_tensor &tensor) {
  auto type = static_cast<proto::DataType>(tensor.type);
  auto [value, bytes] = HostValue::make(type, ArrayRef<int64_t>(tensor.dims, tensor.rank));
  int64_t size = weights::sizeOf(type);
  bool isDense = std::all_of(tensor.strides, tensor.strides + tensor.rank, [](int64_t stride) { return stride == 0; });
  std::vector<int64_t> strides(tensor.strides, tensor.strides + tensor.rank), index(tensor.rank, 0);
  if (isDense)
    for (int64_t dim = tensor.rank - 1, stride = 1; dim >= 0; stride *= tensor.dims[dim--])
      strides[dim] = stride;
  for (int64_t element = 0; element < value.elements(); ++element) {
    int64_t offset = 0;
    for (int32_t dim = 0; dim < tensor.rank; ++dim)
      offset += index[dim] * strides[dim];
    std::memcpy(bytes + element * size, static_cast<const char *>(tensor.data) + offset * size, size);
    for (int32_t dim = tensor.rank; dim-- > 0;) {
      if (++index[dim] < tensor.dims[dim])
        break;
      index[dim] = 0;
    }
  }
  return value;
}

Deviation compare(const HostValue &reference, const HostValue &got) {
  Deviation deviation;
  deviation.sameShape = got.dims == reference.dims && got.type == reference.type;
  for (int64_t element = 0; deviation.sameShape && element < reference.elements(); ++element) {
    double wanted = elementAt(reference.data, reference.type, element);
    double value = elementAt(got.data, got.type, element);
    deviation.largest = std::max(deviation.largest, std::isfinite(wanted) ? std::fabs(wanted) : 0);
    bool same = value == wanted || (std::isnan(value) && std::isnan(wanted));
    double difference = same ? 0 : std::fabs(value - wanted);
    deviation.difference = std::isnan(difference) ? INFINITY : std::max(deviation.difference, difference);
  }
  return deviation;
}

/// Compiles the model, runs the module on random inputs, and lets the reference compute each launch again from what the
/// launches before it wrote: an error is seen where it arises, and rounding does not add up over the layers.
class Check {
public:
  Check(const Flags &flags, Globals &globals) : flags(flags), globals(globals) {}

  void run() {
    DialectRegistry registry;
    compiler::registerDialects(registry);
    owner = std::make_unique<MLIRContext>(registry);
    MLIRContext &context = *owner;
    DiagnosticPrinter printer(context, globals);
    if (!hasDevice() || !makeFolder(folder, globals))
      return;
    if (failed(compile(context)) || failed(readNetwork(context))) {
      globals.exitCode = exitUserError;
      return;
    }
    if (!runModule())
      return;
    if (failed(evaluate()))
      globals.exitCode = exitUserError;
    else
      conclude();
  }

private:
  /// Whether there is a GPU, if the target has one: better asked before minutes of compiling.
  bool hasDevice() {
    auto target = schedules::parseTarget(flags.target);
    if (!target || !target->has_gpu())
      return true; // A wrong target is the compiler's to tell.
    int32_t count = 0;
    convoy_error error = {};
    if (convoy_cuda_count(&count, &error))
      return globals.fail("--target=" + flags.target + ": no GPU can be used: " + error.message), false;
    return true;
  }

  LogicalResult compile(MLIRContext &context) {
    compiler::CompileOptions options;
    options.model = flags.model;
    options.weights = flags.weights;
    options.target = flags.target;
    options.assembler = flags.ptxas;
    for (const std::string &shape : flags.shapes)
      if (!parseShape(shape, options.shapes)) {
        globals.fail("--shape " + shape + ": write NAME=1x3x224x224");
        return failure();
      }
    if (!fillTypes(flags.types, options, globals))
      return failure();
    options.output = folder.file("network.mlir");
    options.stopAfter = compiler::Phase::Kernels;
    if (failed(compiler::compileModel(context, options)))
      return failure();
    options.types = compiler::TypeChoice::F32; // chosen by now
    options.calibration = {};
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

  LogicalResult readNetwork(MLIRContext &context) {
    network = parseSourceFile<ModuleOp>(folder.file("network.mlir"), ParserConfig(&context));
    if (!network)
      return failure();
    std::string path = folder.file("network.safetensors");
    if (llvm::sys::fs::exists(path)) {
      auto opened = weights::WeightFile::openSafetensors(path);
      if (!opened)
        return globals.fail(opened.error()), failure();
      weightFile = std::move(*opened);
    }
    for (BlockArgument argument : mainFunction().getArguments())
      inputs.push_back(randomInput(argument));
    return success();
  }

  func::FuncOp mainFunction() { return *network->getOps<func::FuncOp>().begin(); }

  bool runModule() {
    convoy_error error = {};
    convoy_library *library = nullptr;
    if (convoy_library_open(folder.file("module.so").c_str(), &library, &error))
      return globals.fail(error.message), false;
    const convoy_module *module = convoy_library_module(library);
    Result<Device> device = Device::openFor(*module, std::nullopt, globals);
    if (!device) {
      convoy_library_close(library);
      return globals.fail(device.error()), false;
    }
    for (int32_t launch = 0; launch < module->launch_count; ++launch)
      launches.push_back({module->launches[launch].layer, module->launches[launch].schedule, HostValue()});
    convoy_session_options options = {};
    options.size = sizeof options;
    options.threads = flags.threads;
    options.user = this;
    options.backend = device->backend();
    options.observe = [](void *user, int32_t launch, const convoy_tensor *result) {
      static_cast<Check *>(user)->launches.at(static_cast<size_t>(launch)).result = copyOf(*result);
    };
    convoy_session *session = nullptr;
    std::vector<convoy_tensor> arguments, outputs(static_cast<size_t>(module->output_count));
    for (const HostValue &input : inputs) {
      convoy_tensor tensor = {};
      tensor.data = const_cast<char *>(input.data);
      tensor.rank = static_cast<int32_t>(input.dims.size());
      tensor.type = static_cast<convoy_type>(input.type);
      std::copy(input.dims.begin(), input.dims.end(), tensor.dims);
      arguments.push_back(tensor);
    }
    bool ran = !convoy_session_create(module, &options, &session, &error) &&
               !convoy_session_run(session, arguments.data(), outputs.data(), &error);
    if (!ran)
      globals.fail(error.message);
    convoy_session_destroy(session);
    convoy_library_close(library);
    return ran;
  }

  LogicalResult evaluate() {
    compiler::StorageMap storage(mainFunction());
    auto observe = [&](Operation *op, MutableArrayRef<HostValue> results) {
      // What `prepare` computes is seen in the launches that read it.
      if (!compiler::isStep(op) || storage.runsAtPrepare(op))
        return success();
      if (seen < launches.size()) {
        judge(launches[seen], results.front());
        results.front() = launches[seen].result;
      }
      ++seen;
      return success();
    };
    return compiler::evaluateNetwork(mainFunction(), inputs, weightFile.get(), observe);
  }

  struct Launch {
    std::string layer, schedule;
    HostValue result;
  };

  void judge(const Launch &launch, const HostValue &reference) {
    Deviation deviation = compare(reference, launch.result);
    double allowed = reference.type == proto::BF16 ? std::max(flags.tolerance, stepOfBf16) : flags.tolerance;
    bool passed = deviation.sameShape && deviation.relative() <= allowed;
    worst = std::max(worst, deviation.sameShape ? deviation.relative() : INFINITY);
    failures += passed ? 0 : 1;
    globals.event("layer", {{"layer", launch.layer},
                            {"schedule", launch.schedule},
                            {"largest", deviation.largest},
                            {"relative_difference", deviation.relative()},
                            {"passed", passed}});
    if (!passed || !globals.quiet)
      globals.result(format("%s  %9.2e of %9.3g  %s  [%s]%s", passed ? "ok  " : "FAIL", deviation.relative(),
                            deviation.largest, launch.layer.c_str(), launch.schedule.c_str(),
                            deviation.sameShape ? "" : "  another shape or type than the reference's"));
  }

  void conclude() {
    if (seen != launches.size())
      globals.fail(format("the module has %zu launches, the reference %zu", launches.size(), seen));
    globals.event("result", {{"launches", launches.size()}, {"failures", failures}, {"worst", worst}});
    globals.result(format("%zu launches, %d beyond %g of their largest value; worst %.2e", launches.size(), failures,
                          flags.tolerance, worst));
    if (failures > 0)
      globals.exitCode = exitUserError;
  }

  const Flags &flags;
  Globals &globals;
  TemporaryFolder folder;
  std::unique_ptr<MLIRContext> owner; ///< Outlives the network.
  OwningOpRef<ModuleOp> network;
  std::unique_ptr<weights::WeightFile> weightFile;
  std::mt19937 random{static_cast<uint32_t>(flags.seed)};
  std::vector<HostValue> inputs;
  std::vector<Launch> launches; ///< With what the module wrote.
  double worst = 0;
  int failures = 0;
  size_t seen = 0; ///< Launches of the reference.
};

} // namespace

void addCheckCommand(CLI::App &app, Globals &globals) {
  auto flags = std::make_shared<Flags>();
  CLI::App *command = app.add_subcommand("check", "Compare a compiled model with the reference, layer by layer");
  command->add_option("MODEL", flags->model, "ONNX model, text network or .mlir")->required();
  command->add_option("--target", flags->target,
                      "host, cuda, cuda-sm_NN, or a Halide target string, of what this machine has");
  command->add_option("--ptxas", flags->ptxas, ptxasHelp);
  addTypeFlags(*command, flags->types);
  command->add_option("--weights", flags->weights, "Weights of a text network");
  command->add_option("--shape", flags->shapes, "Shape of an input: NAME=1x3x224x224")->allow_extra_args(false);
  command->add_option(
      "--tolerance", flags->tolerance,
      "Largest difference, relative to a layer's largest value (1e-4; where bf16 is stored, 1/128 at least)");
  command->add_option("--seed", flags->seed, "Of the random inputs");
  command->add_option("--threads", flags->threads, "Threads of the run (default: one per core)");
  command->callback([flags, &globals] { Check(*flags, globals).run(); });
}

} // namespace convoy::tools
