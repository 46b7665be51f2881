#include <convoy/runtime.h>

#include <cstdio>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

std::string modulePath(const std::string &name) { return std::string(CONVOY_TEST_MODULES) + "/" + name + ".so"; }

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Temporary {
  std::string path = testing::TempDir() + "convoy_load_" + std::to_string(getpid()) + ".so";
  explicit Temporary(const std::string &bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  ~Temporary() { std::remove(path.c_str()); }
};

/// Opens, expects `status` and that the message contains `part`.
void expectRefused(const std::string &path, convoy_status status, const std::string &part) {
  convoy_library *library = nullptr;
  convoy_error error = {};
  EXPECT_EQ(convoy_library_open(path.c_str(), &library, &error), status) << error.message;
  EXPECT_EQ(library, nullptr);
  EXPECT_NE(std::string(error.message).find(part), std::string::npos) << error.message;
  EXPECT_NE(std::string(error.message).find(path), std::string::npos) << error.message;
}

TEST(Load, OpensAndRuns) {
  convoy_library *library = nullptr;
  convoy_error error = {};
  ASSERT_EQ(convoy_library_open(modulePath("small").c_str(), &library, &error), CONVOY_OK) << error.message;
  const convoy_module *module = convoy_library_module(library);
  EXPECT_STREQ(module->name, "small");
  convoy_session *session = nullptr;
  ASSERT_EQ(convoy_session_create(module, nullptr, &session, &error), CONVOY_OK) << error.message;
  float data[4] = {1, 2, 3, 4};
  convoy_tensor x = {data, {1, 4}, {}, 2, CONVOY_F32, CONVOY_HOST}, y = {};
  ASSERT_EQ(convoy_session_run(session, &x, &y, &error), CONVOY_OK) << error.message;
  EXPECT_EQ(static_cast<float *>(y.data)[3], 9);
  convoy_session_destroy(session);
  convoy_library_close(library);
}

TEST(Load, RefusesAnotherAbiVersion) {
  expectRefused(modulePath("other_abi"), CONVOY_WRONG_ABI, "the module has ABI version 99");
}

TEST(Load, RefusesAnotherTable) {
  expectRefused(modulePath("other_magic"), CONVOY_WRONG_ABI, "is not the table of a Convoy module");
}

TEST(Load, RefusesAMissingTable) {
  expectRefused(modulePath("no_table"), CONVOY_WRONG_ABI, "has no symbol convoy_module");
}

TEST(Load, RefusesAnotherProcessor) {
  expectRefused(modulePath("other_cpu"), CONVOY_UNSUPPORTED_CPU, "this processor lacks");
}

TEST(Load, RefusesAMissingFile) { expectRefused("/nowhere/m.so", CONVOY_IO_ERROR, "No such file"); }

TEST(Load, RefusesAFolder) { expectRefused("/tmp", CONVOY_IO_ERROR, "is no file"); }

TEST(Load, RefusesAnotherKindOfFile) {
  Temporary file("not a module at all");
  expectRefused(file.path, CONVOY_WRONG_ABI, "is not a shared library");
  Temporary empty("");
  expectRefused(empty.path, CONVOY_WRONG_ABI, "is not a shared library");
}

TEST(Load, RefusesTruncatedModules) {
  std::string whole = readFile(modulePath("small"));
  ASSERT_GT(whole.size(), 4096u);
  for (size_t size : {size_t(20), size_t(64), size_t(200), size_t(1000), size_t(4096), size_t(8192)}) {
    if (size >= whole.size())
      continue;
    Temporary file(whole.substr(0, size));
    convoy_library *library = nullptr;
    convoy_error error = {};
    EXPECT_NE(convoy_library_open(file.path.c_str(), &library, &error), CONVOY_OK) << size;
    EXPECT_EQ(library, nullptr);
    EXPECT_NE(error.message[0], '\0');
  }
}

} // namespace
