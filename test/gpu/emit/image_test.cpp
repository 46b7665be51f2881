// Device code in objects: PTX, and a cubin beside it.
#include "schedules/core/Schedules.h"

#include <cstring>
#include <fstream>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace convoy;
using namespace convoy::schedules;

namespace {

proto::Kernel relu(const std::string &target) {
  proto::Kernel kernel;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    tensors { type: F32 dims { extent: 100 } } tensors { type: F32 dims { extent: 100 } }
    inputs: 0 outputs: 1 anchor: -1 debug { symbol: "convoy_kernel_relu" }
    ops { kind: "elementwise" inputs: 0 outputs: 1 attributes { key: "function" value { text: "relu" } } })",
                                                            &kernel));
  auto parsed = parseTarget(target);
  EXPECT_TRUE(parsed) << parsed.error();
  *kernel.mutable_target() = *parsed;
  return kernel;
}

/// A program that takes the place of ptxas.
class Script {
public:
  explicit Script(const std::string &text) {
    char name[] = "/tmp/convoy-test-XXXXXX";
    close(mkstemp(name));
    path = name;
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    chmod(path.c_str(), 0700);
  }
  ~Script() { unlink(path.c_str()); }
  std::string path;
};

TEST(Image, ObjectsHoldPtxForTheTarget) {
  Result<CompiledKernel> compiled = compile(relu("cuda-sm_86"));
  ASSERT_TRUE(compiled) << compiled.error();
  EXPECT_NE(compiled->deviceCode.find(".target sm_86"), std::string::npos);
  EXPECT_NE(compiled->deviceCode.find(".visible .entry "), std::string::npos);
  EXPECT_NE(compiled->object.find(compiled->deviceCode + '\0'), std::string::npos);
  EXPECT_NE(compiled->object.find("halide_cuda_run"), std::string::npos);
  EXPECT_EQ(compiled->deviceScratchBytes, 0);
}

TEST(Image, TheHostHasNoDeviceCode) {
  Result<CompiledKernel> compiled = compile(relu("host"));
  ASSERT_TRUE(compiled) << compiled.error();
  EXPECT_EQ(compiled->deviceCode, "");
}

TEST(Image, OpenClIsForThisProcessAlone) {
  Result<CompiledKernel> compiled = compile(relu("opencl"));
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().find("kernels for OpenCL run in this process alone"), std::string::npos);
}

TEST(Image, ACubinLiesBesideThePtx) {
  Script assembler(R"(grep -q 'visible .entry' "$2" && printf '\177ELF made for %s' "$1" > "$4")");
  CompileOptions options;
  options.assembler = assembler.path;
  Result<CompiledKernel> compiled = compile(relu("cuda-sm_90"), options);
  ASSERT_TRUE(compiled) << compiled.error();
  size_t start = compiled->object.find("CNVG");
  ASSERT_NE(start, std::string::npos);
  struct {
    char magic[4];
    int32_t capability;
    uint64_t ptx, cubin;
  } header;
  std::memcpy(&header, compiled->object.data() + start, sizeof header);
  EXPECT_EQ(header.capability, 90);
  EXPECT_EQ(compiled->object.substr(start + header.ptx, compiled->deviceCode.size() + 1), compiled->deviceCode + '\0');
  std::string cubin = "\x7f"
                      "ELF made for -arch=sm_90";
  EXPECT_EQ(compiled->object.substr(start + header.cubin, cubin.size()), cubin);
  EXPECT_EQ(header.cubin % 64, 0u);
}

TEST(Image, AssemblersThatFailAreErrors) {
  CompileOptions options;
  Script failing("echo no such thing as $1; exit 3");
  options.assembler = failing.path;
  Result<CompiledKernel> compiled = compile(relu("cuda"), options);
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().find("can't assemble the kernel for sm_80: no such thing as -arch=sm_80"),
            std::string::npos)
      << compiled.error();
  Script silent("exit 0");
  options.assembler = silent.path;
  ASSERT_FALSE(compile(relu("cuda"), options));
  options.assembler = "/nowhere/ptxas";
  compiled = compile(relu("cuda"), options);
  ASSERT_FALSE(compiled);
  EXPECT_NE(compiled.error().find("can't start /nowhere/ptxas: No such file or directory"), std::string::npos)
      << compiled.error();
}

} // namespace
