// Every mistake has its place, the layer, and the likely fix.
#include "test/compiler/Text/Importing.h"

#include "gtest/gtest.h"

namespace convoy::frontend::test {

class Errors : public testing::Test {
protected:
  /// The description is refused with a message that starts so and has `part` in it.
  void expect(const std::string &description, const std::string &place, const std::string &part) {
    Imported imported = import(context, {description, "", {}});
    EXPECT_EQ(imported.messages.substr(0, place.size() + 1), place + ":") << imported.messages;
    EXPECT_NE(imported.messages.find(part), std::string::npos) << imported.messages;
  }
  mlir::MLIRContext context;
};

static const std::string input = "input { name: 'x' shape: '1, 3, 8, 8' }\n";

TEST_F(Errors, Grammar) {
  expect(input + "layer { name: 'c' convolution { fliters: 3 } }", "2:33",
         "Convolution has no field 'fliters'; did you mean 'filters'?");
  expect(input + "layer { name: 'c' convolutoin { filters: 3 } }", "2:19",
         "Layer has no field 'convolutoin'; did you mean 'convolution'?");
  expect(input + "layer { pool { kernel: 2 auto_padding: SAM } }", "2:40",
         "'SAM' is no value of 'auto_padding'; did you mean 'SAME'?");
  expect(input + "layer { pool { kernel: } }", "2:24", "Expected integer");
  expect(input + "layer { pool { kernel: 2 } softmax {} }", "2:36", "oneof");
  expect(input + "layer {", "2:8", "Expected");
  expect("\xff\xfe", "1:1", "");
  expect("", "1:1", "no layers");
}

TEST_F(Errors, Expressions) {
  std::string prefix = input + "layer { pool { kernel: ${";
  expect(prefix + "1 + } } }", "2:16", "a value is missing at its end");
  expect(prefix + "wdith} } }", "2:16", "'wdith' isn't known here");
  expect(prefix + "1 / 2} } }", "2:16", "'kernel' must be an integer, the expression gives 0.5");
  expect(prefix + "1 / 0} } }", "2:16", "divides by 0");
  expect(prefix + "'a'} } }", "2:16", "must be a number");
  expect(prefix + "1 \n } } }", "2:24", "'${' isn't closed");
  expect(input + "layer { name: 'a${i}' pool { kernel: 2 } }", "2:9", "'i' isn't known here");
  expect(input + "layer { pool { kernel: 2 ceil_mode: ${1} } }", "2:37", "can stand in place of a number");
  expect(input + "layer { when: \"'a' < 1\" pool { kernel: 2 } }", "2:9", "can't be compared");
}

TEST_F(Errors, Names) {
  expect(input + "layer { name: 'a' softmax {} }\nlayer { name: 'a' softmax {} }", "3:9", "two layers of the name 'a'");
  expect(input + "layer { name: 'a' repeat: 2 softmax {} }", "2:9", "give each repetition its own: \"a${i}\"");
  expect(input + "layer { name: 'pool1' softmax {} }\nlayer { input: 'pol1' softmax {} }", "3:9",
         "no layer or input 'pol1' before it; did you mean 'pool1'?");
  expect(input + "layer { name: 'a' softmax {} }\noutput: 'b'", "3:1", "there is no layer 'b'");
  expect(input + "layer { name: 'a' softmax {} }\nlayer { name: 'b' input: 'x' softmax {} }", "2:9",
         "layer 'a': no output depends on it");
  expect(input + "input { name: 'y' shape: '1' }\nlayer { name: 'a' softmax {} }", "3:9", "not exactly one input");
  expect(input + "input { name: 'y' shape: '1' }\nlayer { input: 'x' softmax {} }", "2:1", "depends on input 'y'");
  expect(input + input + "layer { softmax {} }", "2:1", "two inputs of the name 'x'");
  expect(input + "layer { name: 'a' }", "2:9", "says nothing of what it does");
}

TEST_F(Errors, Blocks) {
  std::string block =
      input + "block { name: 'b' parameter: ['k', 'act = \\'relu\\''] layer { pool { kernel: ${k} } } }\n";
  expect(block + "layer { use { block: 'c' } }", "3:9", "there is no block 'c'");
  expect(block + "layer { use { block: 'b' } }", "3:9", "needs a value for 'k'");
  expect(block + "layer { use { block: 'b' with: 'k = 2, kk = 3' } }", "3:9", "no parameter 'kk'; did you mean 'k'?");
  expect(block + "layer { use { block: 'b' with: 'k' } }", "3:9", "isn't NAME = VALUE");
  expect(block + "layer { use { block: 'b' with: 'k = 2, k = 3' } }", "3:9", "sets 'k' twice");
  expect(block + "layer { input: ['x', 'x'] use { block: 'b' with: 'k = 2' } }", "3:27", "takes 1 inputs");
  expect(input + "block { name: 'b' layer { use { block: 'b' } } }\nlayer { use { block: 'b' } }", "2:27",
         "uses itself");
  expect(input + "block { name: 'b' output: 'z' layer { softmax {} } }\nlayer { use { block: 'b' } }", "3:9",
         "has no layer 'z'");
  expect(input + "layer { name: 'a${i}' repeat: 1000000000 softmax {} }", "2:23", "can't be repeated");
  expect(input + "block { name: 'b' layer { repeat: 9999 when: '0' softmax {} } }\n"
                 "layer { name: 'a${i}' repeat: 9999 use { block: 'b' } }",
         "3:9", "too many layers");
}

TEST_F(Errors, Layers) {
  auto layer = [](const std::string &kind) { return input + "layer { name: 'a' " + kind + " }"; };
  expect(layer("convolution { kernel: 3 }"), "2:19", "layer 'a': 'filters' must be positive");
  expect(layer("convolution { filters: 4 }"), "2:19", "needs a kernel");
  expect(layer("convolution { filters: 4 kernel: [3, 3, 3] }"), "2:44", "3 numbers for 2 spatial dimensions");
  expect(layer("convolution { filters: 4 kernel: 0 }"), "2:44", "'kernel' must be positive");
  expect(layer("convolution { filters: 4 kernel: 3 groups: 2 }"), "2:54", "doesn't divide the 3 input channels");
  expect(layer("convolution { filters: 4 kernel: 3 groups: 3 }"), "2:33", "isn't a multiple of the 3 groups");
  expect(layer("depthwise { kernel: 3 groups: 3 }"), "2:41", "leave 'groups' out");
  expect(layer("pool { kernel: 3 padding: 1 auto_padding: SAME }"), "2:36", "exclude each other");
  expect(layer("pool { kernel: 30 }"), "2:9", "pool_c4");
  expect(layer("activation { function: 'rleu' }"), "2:32", "no function 'rleu'; did you mean 'relu'?");
  expect(layer("activation { function: 'add' }"), "2:32", "takes 2 inputs, it has 1");
  expect(layer("activation { function: 'clip' }"), "2:19", "takes 2 parameters, it has 0");
  expect(layer("dense { units: 3 }"), "2:19", "flatten it first");
  expect(layer("add {}"), "2:19", "it has 1 inputs, it takes at least 2; name them all");
  expect(layer("input: ['x', 'x'] softmax {}"), "2:37", "it has 2 inputs, it takes 1");
  expect(layer("softmax { axis: 4 }"), "2:29", "no dimension 4");
  expect(layer("reshape { shape: [7, -1] }"), "2:9", "");
  expect(layer("resize {}"), "2:19", "exactly one of");
  expect("input { name: 'x' shape: '1, N' }\nlayer { name: 'a' dense { units: 3 } }", "2:19", "must be known here");
  expect("input { name: 'x' shape: '1, -3' }\nlayer { softmax {} }", "1:19", "neither an extent nor a name");
  expect("input { name: 'x' shape: '1' type: 'f33' }\nlayer { softmax {} }", "1:30",
         "no element type 'f33'; did you mean 'f32'?");
}

TEST_F(Errors, Tensors) {
  std::string net = "input { name: 'x' shape: '1, 2' }\nlayer { name: 'fc' dense { units: 1 bias: false } }\n";
  expect(net, "2:9", "layer 'fc' needs tensor 'fc.weight' (1x2); no weight file is given");
  expect(net + "tensor { name: 'fc.weight' shape: '2' values: [1, 2] }", "2:9", "is 2 f32, the layer needs 1x2");
  expect(net + "tensor { name: 'fc.weight' shape: '1, 2' values: [1] }", "3:1", "has 1 values");
  expect(net + "tensor { name: 'fc.weight' shape: '1, 2' values: [1, 300] type: 'ui8' }", "3:1", "a value is no 'ui8'");
  expect(net + "tensor { name: 'fc.weight' shape: '1, 2' values: [1, 3] }\ntensor { name: 'z' shape: '' values: 1 }",
         "1:1", "no layer uses tensor 'z'");
  expect(net + "weights { file: 'absent.pth' }", "3:11", "absent.pth: can't be read");
  expect(net + "weights { file: 'net.textproto' }", "3:11", "holds no weights");
}

TEST_F(Errors, NamesOfTensorsAreSuggested) {
  std::string file = std::string(CONVOY_SOURCE_DIR) + "/test/compiler/Weights/data/model.zip.pth";
  Imported imported = import(context, {"input { name: 'x' shape: '1, 2, 8, 8' }\n"
                                       "layer { name: 'o' convolution { filters: 3 kernel: 3 } }\n",
                                       file,
                                       {}});
  EXPECT_NE(imported.messages.find("has none of that name; did you mean '0.weight'?"), std::string::npos)
      << imported.messages;
  imported = import(context, {"input { name: 'x' shape: '1, 2, 8, 8' }\n"
                              "layer { name: '0' convolution { filters: 3 kernel: 3 } }\n",
                              file,
                              {}});
  EXPECT_NE(imported.messages.find("no layer uses tensor '1."), std::string::npos) << imported.messages;
  EXPECT_NE(imported.messages.find("ignore:"), std::string::npos) << imported.messages;
  imported = import(context, {"input { name: 'x' shape: '1, 2, 8, 8' }\n"
                              "layer { name: 'stem.conv' convolution { filters: 3 kernel: 3 } }\n"
                              "weights { rename { from: 'stem' to: '1' } rename { from: 'stem.conv' to: '0' } "
                              "ignore: '1.' }",
                              file,
                              {}});
  EXPECT_EQ(imported.messages, "");
}

TEST_F(Errors, ShapesOfTheCommandLine) {
  std::string net = input + "layer { softmax {} }";
  Imported imported = import(context, {net, "", {{"y", {1}}}});
  EXPECT_NE(imported.messages.find("--shape names 'y'"), std::string::npos) << imported.messages;
  imported = import(context, {net, "", {{"x", {1}}}});
  EXPECT_NE(imported.messages.find("it has 4"), std::string::npos) << imported.messages;
}

} // namespace convoy::frontend::test
