#pragma once

#include "schedules/core/Result.h"

#include <convoy/runtime.h>

#include <memory>
#include <string>
#include <vector>

namespace convoy::tools {

struct CloseLibrary {
  void operator()(convoy_library *library) const { convoy_library_close(library); }
};
struct DestroySession {
  void operator()(convoy_session *session) const { convoy_session_destroy(session); }
};
struct Free {
  void operator()(void *memory) const { std::free(memory); }
};

using Session = std::unique_ptr<convoy_session, DestroySession>;

/// A module in a shared library, and sessions of it.
class Module {
public:
  static Result<Module> open(const std::string &path);

  const convoy_module &operator*() const { return *convoy_library_module(library.get()); }
  const convoy_module *operator->() const { return convoy_library_module(library.get()); }

  Result<Session> createSession(const convoy_session_options &options) const;

private:
  std::unique_ptr<convoy_library, CloseLibrary> library;
};

/// A dense tensor and its memory.
struct HostTensor {
  convoy_tensor tensor = {};
  std::unique_ptr<void, Free> memory;

  /// Takes over what tensor.data points at.
  static HostTensor adopt(const convoy_tensor &tensor);

  /// Null data if there is no memory, or the dimensions are impossible.
  static HostTensor allocate(convoy_type type, const std::vector<int64_t> &dims);
};

/// The tensors alone, as the runtime wants them.
std::vector<convoy_tensor> viewsOf(const std::vector<HostTensor> &tensors);

} // namespace convoy::tools
