// What networks in words become.
#include "test/compiler/Text/Importing.h"
#include "test/compiler/Weights/Samples.h"

#include "dialects/cnn/Cnn.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace convoy::frontend::test {

class Import : public testing::Test {
protected:
  Imported run(const std::string &description) { return import(context, {description, "", {}}); }
  void expectText(const std::string &description, const std::string &part) {
    Imported imported = run(description);
    EXPECT_EQ(imported.messages, "");
    EXPECT_NE(imported.text.find(part), std::string::npos) << "'" << part << "' isn't in\n" << imported.text;
  }
  MLIRContext context;
};

static std::string tool(const std::string &name) {
  return *weights::test::readFile(std::string(CONVOY_SOURCE_DIR) + "/tools/networks/" + name);
}

static size_t countOf(ModuleOp module, StringRef op) {
  size_t count = 0;
  module.walk([&](Operation *inner) { count += inner->getName().stripDialect() == op; });
  return count;
}

TEST_F(Import, Cross) {
  Imported cross = run(tool("cross.textproto"));
  EXPECT_EQ(cross.messages, "");
  EXPECT_NE(cross.text.find("tensor<1x1x5x5xf32>"), std::string::npos);
  EXPECT_NE(cross.text.find("cnn.weight <\"cross.weight\""), std::string::npos);
  EXPECT_NE(cross.text.find("-> (tensor<1x1x3x3xf32> {cnn.name = \"cross\"})"), std::string::npos) << cross.text;
}

TEST_F(Import, EfficientNetLite0) {
  std::string file = weights::test::demoModel("efficientnet_lite0.pth");
  if (!llvm::sys::fs::exists(file))
    GTEST_SKIP() << file << " isn't here; tools/setup demo fetches it";
  Imported lite0 = import(context, {tool("efficientnet_lite0.textproto"), file, {}});
  EXPECT_EQ(lite0.messages, "");
  ASSERT_TRUE(lite0.module);
  EXPECT_EQ(countOf(*lite0.module, "convolution"), 49u);
  EXPECT_EQ(countOf(*lite0.module, "weight"), 247u);
  EXPECT_NE(lite0.text.find("-> (tensor<1x1000xf32> {cnn.name = \"_fc\"})"), std::string::npos);
}

TEST_F(Import, SamePaddingIsTensorFlows) {
  std::string net = "input { name: 'x' shape: '1, 4, 7, 8' } "
                    "layer { name: 'c' pool { kernel: [2, 3] stride: 2 auto_padding: ";
  expectText(net + "SAME } }", "pads = array<i64: 0, 0, 1, 1>");
  expectText(net + "SAME_LOWER } }", "pads = array<i64: 1, 1, 0, 0>");
}

TEST_F(Import, ExpressionsAndRepetitions) {
  std::string net = "input { name: 'x' shape: '1, 4, 8, 8' } "
                    "layer { name: 'p${i}' repeat: ${1 + 1} when: 'i < 2' pool { kernel: ${i + 2} stride: 1 } }";
  expectText(net, "window = array<i64: 2, 2>");
  expectText(net, "window = array<i64: 3, 3>");
  expectText(net, "cnn.name = \"p1\"");
}

TEST_F(Import, LeftOutLayersHandTheirInputOn) {
  std::string net = "input { name: 'x' shape: '1, 4' } layer { name: 'a' activation { function: 'relu' } } "
                    "layer { name: 'b' when: '1 == 2' activation { function: 'sigmoid' } } "
                    "layer { name: 'c' input: 'b' activation { function: 'tanh' } }";
  Imported imported = run(net);
  EXPECT_EQ(countOf(*imported.module, "elementwise"), 2u);
}

TEST_F(Import, BlocksHaveTheirOwnNames) {
  std::string net = "input { name: 'x' shape: '1, 4' } "
                    "block { name: 'twice' input: ['a', 'b'] output: 'sum' "
                    "  layer { name: 'sum' input: ['a', 'b'] add {} } "
                    "  layer { name: 'side' activation { function: 'relu' } } } "
                    "layer { name: 'one' input: ['x', 'x'] use { block: 'twice' } } "
                    "layer { name: 'two' input: ['one', 'one.side'] use { block: 'twice' } } "
                    "output: ['two', 'two.side']";
  Imported imported = run(net);
  EXPECT_EQ(imported.messages, "");
  EXPECT_NE(imported.text.find("{cnn.name = \"two.side\"}"), std::string::npos);
}

TEST_F(Import, SymbolicShapes) {
  std::string net = "input { name: 'x' shape: 'N, 3, H, W' } input { name: 'y' shape: 'N, 3, H, W' } "
                    "layer { input: ['x', 'y'] add {} } layer { name: 'p' pool { kernel: 2 } }";
  expectText(net, "cnn.dims = [\"N\", \"\", \"H\", \"W\"]");
  Imported fixed = import(context, {net, "", {{"x", {1, 3, 8, -1}}}});
  EXPECT_EQ(fixed.messages, "");
  // A name that --shape gives an extent has it everywhere.
  EXPECT_NE(fixed.text.find("%arg1: tensor<1x3x8x?xf32>"), std::string::npos) << fixed.text;
}

TEST_F(Import, EveryKind) {
  std::string net = R"(
    input { name: "x" shape: "2, 8, 6, 6" }
    layer { name: "shuffle" channel_shuffle { groups: 2 } }
    layer { name: "up" resize { scale: 2 mode: LINEAR } }
    layer { name: "pad" pad { pads: [1, 1, 0, 0] value: 0.5 } }
    layer { name: "cut" slice { axis: 2 start: 1 end: 9 step: 2 } }
    layer { name: "gn" group_norm { groups: 4 affine: false } }
    layer { name: "ln" layer_norm { affine: false } }
    layer { name: "lrelu" activation { function: "leaky_relu" } }
    layer { name: "six" activation { function: "relu6" } }
    layer { name: "t" transpose { permutation: [0, 2, 3, 1] } }
    layer { name: "m" matmul { transpose_rhs: true } input: ["t", "t"] }
    layer { name: "r" reduce { kind: MAXIMUM axes: [-1] } }
    layer { name: "re" reshape { shape: [0, -1] } }
    layer { name: "cat" input: ["re", "re"] concat {} }
    layer { name: "s" softmax { log: true } }
    layer { name: "g" input: "x" global_pool { kind: MAX keep_dims: false } }
    layer { name: "f" input: "x" flatten {} }
    output: ["s", "g", "f"])";
  Imported imported = run(net);
  EXPECT_EQ(imported.messages, "");
  EXPECT_NE(imported.text.find("-> (tensor<2x104xf32> {cnn.name = \"s\"}, tensor<2x8xf32> {cnn.name = \"g\"}, "
                               "tensor<2x288xf32> {cnn.name = \"f\"})"),
            std::string::npos)
      << imported.text;
}

} // namespace convoy::frontend::test
