#include "tools/convoy/io/Module.h"

namespace convoy::tools {

Result<Module> Module::open(const std::string &path) {
  Module module;
  convoy_library *library = nullptr;
  convoy_error error = {};
  if (convoy_library_open(path.c_str(), &library, &error))
    return Error{error.message};
  module.library.reset(library);
  return module;
}

Result<Session> Module::createSession(const convoy_session_options &wanted) const {
  convoy_session_options options = wanted;
  options.size = sizeof options;
  convoy_session *session = nullptr;
  convoy_error error = {};
  if (convoy_session_create(convoy_library_module(library.get()), &options, &session, &error))
    return Error{error.message};
  return Session(session);
}

HostTensor HostTensor::adopt(const convoy_tensor &tensor) {
  HostTensor result;
  result.tensor = tensor;
  result.memory.reset(tensor.data);
  return result;
}

HostTensor HostTensor::allocate(convoy_type type, const std::vector<int64_t> &dims) {
  convoy_tensor tensor = {};
  tensor.type = type;
  tensor.rank = static_cast<int32_t>(dims.size());
  for (size_t i = 0; i < dims.size() && i < CONVOY_MAX_RANK; ++i)
    tensor.dims[i] = dims[i];
  size_t bytes = convoy_tensor_bytes(&tensor);
  tensor.data = bytes == SIZE_MAX ? nullptr : std::calloc(bytes + 1, 1);
  return adopt(tensor);
}

std::vector<convoy_tensor> viewsOf(const std::vector<HostTensor> &tensors) {
  std::vector<convoy_tensor> views;
  for (const HostTensor &tensor : tensors)
    views.push_back(tensor.tensor);
  return views;
}

} // namespace convoy::tools
