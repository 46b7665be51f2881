#pragma once

#include "compiler/Emit/Emit.h"

#include <convoy/module.h>

#include <string>
#include <sys/resource.h>
#include <vector>

namespace convoy::compiler::test {

/// A folder that goes with the object.
class Folder {
public:
  Folder();
  ~Folder();
  std::string file(const std::string &name) const { return path + "/" + name; }
  std::string path;
};

/// While it lives, files can't grow beyond `bytes`, as on a full disk.
class FileLimit {
public:
  explicit FileLimit(size_t bytes);
  ~FileLimit();

private:
  rlimit before;
};

/// Reads a program in text format; stops the test if it can't.
proto::Program parse(const std::string &text);

/// Paths of the visible files, sorted.
std::vector<std::string> filesIn(const std::string &path);
std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &bytes);

/// Writes floats as the program's weights.
void setWeights(proto::Program &program, const std::string &file, const std::vector<float> &weights);

/// A module in a shared library, loaded.
class Library {
public:
  explicit Library(const std::string &path);
  ~Library();
  const convoy_module *operator->() const { return module; }
  const convoy_module *module = nullptr;

private:
  void *handle;
};

/// A dense tensor of floats that owns its elements.
struct Tensor {
  Tensor(std::vector<int64_t> dims, std::vector<float> elements);
  explicit Tensor(std::vector<int64_t> dims);
  convoy_tensor tensor{};
  std::vector<float> elements;
};

/// A serial context that keeps the messages.
struct Context {
  Context();
  convoy_context context{};
  std::vector<std::string> messages;
  std::vector<std::pair<int, int>> profiled; ///< launch, done
  std::vector<convoy_tensor> observed;
};

} // namespace convoy::compiler::test
