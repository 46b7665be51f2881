#include "compiler/Emit/Objects/Assembler.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace convoy::compiler;
namespace fs = std::filesystem;

namespace {

class FindAssembler : public ::testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/convoy-test-XXXXXX";
    folder = mkdtemp(name);
    setenv("PATH", "/usr/bin:/bin", 1);
    unsetenv("VIRTUAL_ENV");
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path write(const fs::path &file, const std::string &version) const {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "#!/bin/sh\necho " << version << "\n";
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }

  fs::path folder;
};

TEST_F(FindAssembler, NobodyWantsOne) {
  write(folder / "ptxas", "ptxas 1");
  setenv("PATH", folder.c_str(), 1);
  auto found = findAssembler("off");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "");
  EXPECT_EQ(found->version, "");
}

TEST_F(FindAssembler, ByItsPath) {
  auto found = findAssembler(write(folder / "my_ptxas", "ptxas 7"));
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->path, folder / "my_ptxas");
  EXPECT_EQ(found->version, "ptxas 7");
}

TEST_F(FindAssembler, InPathBeforeTheEnvironment) {
  write(folder / "bin" / "ptxas", "ptxas 1");
  write(folder / "lib/python3.11/site-packages/nvidia/cuda_nvcc/bin/ptxas", "ptxas 2");
  setenv("VIRTUAL_ENV", folder.c_str(), 1);
  auto found = findAssembler("");
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->version, "ptxas 2");
  setenv("PATH", ((folder / "bin").string() + ":/usr/bin:/bin").c_str(), 1);
  found = findAssembler("");
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->version, "ptxas 1");
}

TEST_F(FindAssembler, WhatIsNoneIsRefused) {
  auto found = findAssembler("/bin/true");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), "/bin/true is no ptxas that runs here");
  EXPECT_FALSE(findAssembler((folder / "nothing").string()));
}

TEST_F(FindAssembler, ThePackageOfPyPI) {
  setenv("VIRTUAL_ENV", CONVOY_BINARY_DIR "/venv", 1);
  auto found = findAssembler("");
  ASSERT_TRUE(found) << found.error();
  if (found->path.empty())
    GTEST_SKIP() << "nvidia-cuda-nvcc-cu12 is not installed (tools/setup check)";
  EXPECT_NE(found->version.find("release"), std::string::npos) << found->version;
}

} // namespace
