#include "test/compiler/Emit/modules.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/xxhash.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <dirent.h>
#include <dlfcn.h>
#include <fstream>
#include <numeric>
#include <sstream>

namespace convoy::compiler::test {

Folder::Folder() {
  llvm::SmallString<128> made;
  EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("convoy-test", made));
  path = made.str().str();
}

Folder::~Folder() { llvm::sys::fs::remove_directories(path); }

FileLimit::FileLimit(size_t bytes) {
  signal(SIGXFSZ, SIG_IGN);
  EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit limited = before;
  limited.rlim_cur = bytes;
  EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
}

FileLimit::~FileLimit() { setrlimit(RLIMIT_FSIZE, &before); }

proto::Program parse(const std::string &text) {
  proto::Program program;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &program));
  return program;
}

std::string readFile(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path;
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

std::vector<std::string> filesIn(const std::string &path) {
  std::vector<std::string> names;
  if (DIR *directory = opendir(path.c_str())) {
    while (dirent *entry = readdir(directory))
      if (entry->d_name[0] != '.')
        names.push_back(path + "/" + entry->d_name);
    closedir(directory);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream << bytes;
  EXPECT_TRUE(stream.good()) << path;
}

void setWeights(proto::Program &program, const std::string &file, const std::vector<float> &weights) {
  std::string bytes(reinterpret_cast<const char *>(weights.data()), weights.size() * sizeof(float));
  writeFile(file, bytes);
  program.set_weight_bytes(static_cast<int64_t>(bytes.size()));
  program.set_weights_hash(llvm::xxh3_64bits(llvm::StringRef(bytes)));
}

Library::Library(const std::string &path) : handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  EXPECT_NE(handle, nullptr) << dlerror();
  if (handle)
    module = static_cast<const convoy_module *>(dlsym(handle, "convoy_module"));
  EXPECT_NE(module, nullptr);
}

Library::~Library() {
  if (handle)
    dlclose(handle);
}

Tensor::Tensor(std::vector<int64_t> dims, std::vector<float> values) : elements(std::move(values)) {
  tensor.data = elements.data();
  tensor.rank = static_cast<int32_t>(dims.size());
  tensor.type = CONVOY_F32;
  std::copy(dims.begin(), dims.end(), tensor.dims);
}

static int64_t product(const std::vector<int64_t> &dims) {
  return std::accumulate(dims.begin(), dims.end(), int64_t(1), std::multiplies<int64_t>());
}

Tensor::Tensor(std::vector<int64_t> dims) : Tensor(dims, std::vector<float>(static_cast<size_t>(product(dims)))) {}

Context::Context() {
  context.size = sizeof context;
  context.user = this;
  context.error = [](convoy_context *c, const char *message) {
    static_cast<Context *>(c->user)->messages.push_back(message);
  };
}

} // namespace convoy::compiler::test
