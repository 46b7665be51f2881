#pragma once

#include "tools/convoy/io/Inputs.h"
#include "tools/convoy/io/Module.h"

#include <string>
#include <vector>

namespace convoy::tools {

/// A compiled module with a session and random inputs, ready to run again and again.
struct Prepared {
  static Result<Prepared> open(const std::string &path, const convoy_session_options &options);

  /// Seconds of one run; its results are in `outputs` until the next one.
  Result<double> run();

  Module module;
  std::vector<HostTensor> inputs;
  Session session = {};
  std::vector<convoy_tensor> outputs = {};
};

} // namespace convoy::tools
