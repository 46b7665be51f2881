// The face of schedules/: targets, canonical forms, candidates, errors; and what compiled kernels report.
#include "schedules/core/Schedules.h"
#include "tools/dev/kernel/Tensors.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

using namespace convoy;
using namespace convoy::schedules;

namespace {

proto::Kernel parse(const std::string &text) {
  proto::Kernel kernel;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &kernel));
  if (kernel.target().halide().empty())
    *kernel.mutable_target() = hostTarget();
  return kernel;
}

proto::Kernel relu(const std::string &dims, const std::string &more = "") {
  const std::string tensor = "tensors { type: F32 " + dims + " } ";
  return parse(tensor + tensor + R"(inputs: 0 outputs: 1 anchor: -1
    ops { kind: "elementwise" inputs: 0 outputs: 1 attributes { key: "function" value { text: "relu" } } } )" +
               more);
}

proto::Kernel softmax(const std::string &dims) {
  const std::string tensor = "tensors { type: F32 " + dims + " } ";
  return parse(tensor + tensor + R"(inputs: 0 outputs: 1 anchor: 0
    ops { kind: "softmax" inputs: 0 outputs: 1 attributes { key: "axis" value { ints: 1 } } } )");
}

TEST(Target, HostHasCachesAndCores) {
  const proto::Target target = hostTarget();
  EXPECT_GE(target.cores(), 1);
  EXPECT_GT(target.l1_bytes(), 4 << 10);
  EXPECT_GT(target.l2_bytes(), target.l1_bytes());
}

TEST(Target, ParsesHalideTargets) {
  Result<proto::Target> target = parseTarget("x86-64-linux-avx2-fma");
  ASSERT_TRUE(target) << target.error();
  EXPECT_NE(target->halide().find("avx2"), std::string::npos);
  EXPECT_TRUE(parseTarget("host"));
}

TEST(Target, RefusesWhatIsNone) {
  Result<proto::Target> target = parseTarget("pentium");
  ASSERT_FALSE(target);
  EXPECT_NE(target.error().find("pentium"), std::string::npos);
  EXPECT_FALSE(parseTarget("x86-32-linux"));
}

TEST(CanonicalForm, NumbersSymbolsAndForgetsNames) {
  proto::Kernel a =
      relu("dims { symbol: 7 } dims { extent: 3 } dims { symbol: 4 }", R"(debug { symbol: "k1" layers: "x" })");
  proto::Kernel b = relu("dims { symbol: 1 } dims { extent: 3 } dims { symbol: 2 }", R"(debug { symbol: "k2" })");
  proto::Kernel c = relu("dims { symbol: 1 } dims { extent: 3 } dims { symbol: 1 }");
  EXPECT_EQ(canonicalForm(a), canonicalForm(b));
  EXPECT_NE(canonicalForm(a), canonicalForm(c));
}

TEST(Candidates, PlainFitsLast) {
  Result<std::vector<proto::Schedule>> found = candidates(relu("dims { extent: 100 }"));
  ASSERT_TRUE(found) << found.error();
  ASSERT_GE(found->size(), 2u);
  EXPECT_EQ(found->front().template_name(), "stream");
  EXPECT_EQ(found->back().template_name(), "plain");
}

TEST(Verify, NamesWhatIsWrong) {
  auto message = [](const std::string &schedule) {
    Status status = verify(relu("dims { extent: 100 }", "schedule { " + schedule + " }"));
    return status ? std::string() : status.error();
  };
  EXPECT_EQ(message(R"(template_name: "stream" knobs { key: "tasks" value: 2 })"), "");
  EXPECT_NE(message(R"(template_name: "steam")").find("no template 'steam'"), std::string::npos);
  EXPECT_NE(message(R"(template_name: "stream" knobs { key: "speed" value: 2 })").find("no knob 'speed'"),
            std::string::npos);
  EXPECT_NE(message(R"(template_name: "stream" knobs { key: "tasks" value: 0 })").find("goes from 1"),
            std::string::npos);
  EXPECT_NE(message(R"(template_name: "softmax")").find("does not fit"), std::string::npos);
}

TEST(Compile, UnknownOpsAndFunctionsAreErrors) {
  proto::Kernel kernel = relu("dims { extent: 100 }");
  kernel.mutable_ops(0)->set_kind("juggle");
  Result<CompiledKernel> compiled = compile(kernel);
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().find("juggle"), std::string::npos);
  kernel = relu("dims { extent: 100 }");
  (*kernel.mutable_ops(0)->mutable_attributes())["function"].set_text("rely");
  ASSERT_FALSE(compile(kernel));
  kernel = relu("dims { extent: 100 }");
  kernel.mutable_ops(0)->set_inputs(0, 1);
  ASSERT_FALSE(compile(kernel)) << "reads its own result";
}

TEST(Compile, GivesAnObjectWithTheSymbol) {
  proto::Kernel kernel = relu("dims { extent: 100 }", R"(debug { symbol: "convoy_test_kernel" })");
  CompileOptions options;
  options.assembly = options.loweredStatement = true;
  Result<CompiledKernel> compiled = compile(kernel, options);
  ASSERT_TRUE(compiled) << compiled.error();
  EXPECT_EQ(compiled->object.substr(1, 3), "ELF");
  EXPECT_NE(compiled->object.find("convoy_test_kernel"), std::string::npos);
  EXPECT_NE(compiled->assembly.find("convoy_test_kernel"), std::string::npos);
  EXPECT_NE(compiled->statement.find("output0"), std::string::npos);
  EXPECT_EQ(compiled->scratchBytes + compiled->serialScratchBytes, 0);
}

TEST(Compile, CountsScratch) {
  // The plain softmax keeps its powers: 200 x 50 doubles, more than the stack takes.
  proto::Kernel kernel = softmax("dims { extent: 200 } dims { extent: 50 }");
  kernel.mutable_schedule()->set_template_name("plain");
  Result<CompiledKernel> compiled = compile(kernel);
  ASSERT_TRUE(compiled) << compiled.error();
  EXPECT_GE(compiled->serialScratchBytes, 200 * 50 * 8);
  EXPECT_LE(compiled->serialScratchBytes, 200 * 50 * 8 + 4096 + 2 * (200 * 8));
}

TEST(Compile, RefusesHeapOfUnknownSize) {
  proto::Kernel kernel = parse(R"(tensors { type: F32 dims { symbol: 1 } } tensors { type: F32 dims { symbol: 1 } }
    inputs: 0 outputs: 1 anchor: 0
    ops { kind: "scan" inputs: 0 outputs: 1 attributes { key: "axis" value { ints: 0 } } })");
  Result<CompiledKernel> compiled = compile(kernel);
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().find("not constant"), std::string::npos) << compiled.error();
}

TEST(WantedLayout, IsTheOwnOneWhereNobodyCares) {
  proto::Kernel kernel = relu("dims { extent: 4 } dims { extent: 5 } layout { order: [1, 0] after: [0, 3] }");
  Result<proto::Layout> layout = wantedLayout(kernel, 0);
  ASSERT_TRUE(layout) << layout.error();
  EXPECT_EQ(layout->after(1), 3);
  EXPECT_FALSE(wantedLayout(kernel, 1));
}

TEST(Results, DoNotDependOnThreads) {
  // How a sum is split is the schedule's business.
  proto::Kernel kernel = parse(R"(tensors { type: F32 dims { extent: 64 } dims { extent: 5000 } }
    tensors { type: F32 dims { extent: 64 } dims { extent: 1 } } inputs: 0 outputs: 1 anchor: 0
    ops { kind: "reduce" inputs: 0 outputs: 1 attributes { key: "kind" value { text: "sum" } }
          attributes { key: "axes" value { ints: 1 } } })");
  std::vector<std::string> inputs{dev::randomDense(kernel.tensors(0), {}, 3)};
  std::vector<std::string> all;
  for (int tasks : {1, 2, 7}) {
    kernel.mutable_schedule()->set_template_name("reduce_lanes");
    (*kernel.mutable_schedule()->mutable_knobs())["tasks"] = tasks;
    Result<std::vector<std::string>> results = dev::runDense(kernel, inputs, {});
    ASSERT_TRUE(results) << results.error();
    all.push_back(results->front());
  }
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
}

} // namespace
