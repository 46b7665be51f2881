// Each function of the lit tests beside this file gives the same numbers before and after the phase `network`, on
// random inputs and weights. The reference evaluator, which knows nothing of the passes, runs both.
#include "compiler/Evaluate/Evaluate.h"
#include "compiler/Network/Passes.h"
#include "compiler/Weights/WeightWriter.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace convoy;
using compiler::HostValue;

namespace {

struct Case {
  std::string file, function;

  friend void PrintTo(const Case &one, std::ostream *stream) { *stream << one.file << " " << one.function; }
};

std::string folder() { return CONVOY_SOURCE_DIR "/test/compiler/Network"; }

OwningOpRef<ModuleOp> parse(MLIRContext &context, const std::string &file) {
  return parseSourceFile<ModuleOp>(folder() + "/" + file, &context);
}

DialectRegistry dialects() {
  DialectRegistry registry;
  registerDialects(registry);
  return registry;
}

std::vector<Case> cases() {
  MLIRContext context(dialects());
  std::vector<Case> result;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator i(folder(), error), end; i != end && !error; i.increment(error)) {
    std::string file = llvm::sys::path::filename(i->path()).str();
    if (!StringRef(file).ends_with(".mlir"))
      continue;
    OwningOpRef<ModuleOp> module = parse(context, file);
    for (auto function : module->getOps<func::FuncOp>())
      result.push_back({file, function.getName().str()});
  }
  llvm::sort(result,
             [](const Case &a, const Case &b) { return std::tie(a.file, a.function) < std::tie(b.file, b.function); });
  return result;
}

class Semantics : public testing::TestWithParam<Case> {
protected:
  Semantics() : context(dialects()) {
    context.loadAllAvailableDialects();
    module = parse(context, GetParam().file);
    // The other cases go; names of weights are unique within one.
    for (auto other : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
      if (other.getName() != GetParam().function)
        other.erase();
    writeWeights();
  }
  ~Semantics() override { llvm::sys::fs::remove(path); }

  func::FuncOp function() { return *module->getOps<func::FuncOp>().begin(); }

  /// Numbers away from zero, since some are divisors.
  std::vector<float> randomFloats(int64_t count, float least, float most) {
    std::uniform_real_distribution<float> distribution(least, most);
    std::vector<float> values(count);
    for (float &value : values)
      value = distribution(random) * (random() % 2 ? 1 : -1);
    return values;
  }

  void writeWeights() {
    llvm::SmallString<128> file;
    ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("semantics", "safetensors", file));
    path = file.str().str();
    weights::WeightWriter writer(path);
    function().walk([&](cnn::WeightOp op) {
      std::vector<float> values = randomFloats(op.getType().getNumElements(), 0.5F, 1.5F);
      ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
      uint64_t hash = writer.add(op.getValue().getName(), proto::F32, op.getType().getShape(), bytes);
      op.setValueAttr(cnn::WeightAttr::get(&context, op.getValue().getName(), hash));
    });
    ASSERT_TRUE(writer.finish());
    auto opened = weights::WeightFile::openSafetensors(path);
    ASSERT_TRUE(opened) << opened.error();
    weightFile = std::move(*opened);
  }

  std::vector<HostValue> randomInputs() {
    std::vector<HostValue> inputs;
    for (Type type : function().getArgumentTypes()) {
      auto tensor = cast<RankedTensorType>(type);
      SmallVector<int64_t> dims(tensor.getShape());
      for (int64_t &dim : dims)
        dim = ShapedType::isDynamic(dim) ? 4 : dim;
      proto::DataType element = weights::dataTypeOf(tensor.getElementType());
      auto [value, bytes] = HostValue::make(element, dims);
      if (element == proto::F32)
        llvm::copy(randomFloats(value.elements(), 0, 4), reinterpret_cast<float *>(bytes));
      else if (element == proto::I64)
        std::generate_n(reinterpret_cast<int64_t *>(bytes), value.elements(), [&] { return int64_t(random() % 5); });
      else
        ADD_FAILURE() << "no random numbers of this type";
      inputs.push_back(value);
    }
    return inputs;
  }

  std::vector<HostValue> evaluate(ArrayRef<HostValue> inputs) {
    auto results = compiler::evaluateNetwork(function(), inputs, weightFile.get(), {});
    if (failed(results)) {
      ADD_FAILURE() << "can't be evaluated";
      return {};
    }
    return std::move(*results);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::mt19937 random{7};
  std::string path;
  std::unique_ptr<weights::WeightFile> weightFile;
};

void expectNear(const HostValue &value, const HostValue &wanted) {
  ASSERT_EQ(value.type, wanted.type);
  ASSERT_EQ(value.dims, wanted.dims);
  if (wanted.type != proto::F32) {
    EXPECT_EQ(memcmp(value.data, wanted.data, wanted.bytes()), 0);
    return;
  }
  ArrayRef<float> got(reinterpret_cast<const float *>(value.data), value.elements());
  ArrayRef<float> want(reinterpret_cast<const float *>(wanted.data), wanted.elements());
  float largest = 0;
  for (float element : want)
    largest = std::max(largest, std::abs(element));
  for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(got, want))) {
    auto [a, b] = pair;
    ASSERT_TRUE((std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-5F * largest)
        << "element " << i << " is " << a << ", not " << b;
  }
}

TEST_P(Semantics, Stay) {
  std::vector<HostValue> inputs = randomInputs();
  std::vector<HostValue> wanted = evaluate(inputs);
  PassManager manager(&context);
  compiler::buildNetworkPipeline(manager);
  ASSERT_TRUE(succeeded(manager.run(*module)));
  std::vector<HostValue> results = evaluate(inputs);
  ASSERT_EQ(results.size(), wanted.size());
  for (auto [result, expected] : llvm::zip_equal(results, wanted))
    expectNear(result, expected);
}

INSTANTIATE_TEST_SUITE_P(LitCases, Semantics, testing::ValuesIn(cases()), [](const auto &info) {
  std::string name = info.param.file + "_" + info.param.function;
  for (char &c : name)
    if (!isalnum(static_cast<unsigned char>(c)))
      c = '_';
  return name;
});

} // namespace
