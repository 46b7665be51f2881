#pragma once

#include "compiler/Emit/Objects/emit.pb.h"
#include "schedules/core/Result.h"
#include "schedules/kernel.pb.h"

#include <functional>
#include <string>
#include <vector>

namespace convoy::compiler {

struct WorkerOptions {
  std::string program;   ///< Understands --compile-kernels.
  int count = 1;         ///< Processes.
  std::string assembler; ///< Path of ptxas, for kernels for a GPU; empty: none.
  std::string reproducers;
  std::function<void()> onCrash;
  /// Called as each kernel is done, with its position and the seconds that it took.
  std::function<void(int position, const proto::CompiledObject &object, double seconds)> onDone;
};

/// Compiles kernels in worker processes. A kernel that crashes its worker is an error that names its layers and the
/// file with its reproducer; one that can't be compiled is an error that names its layers.
Status compileInWorkers(const std::vector<const proto::Kernel *> &kernels, const WorkerOptions &options);

/// "layer 'conv1'", "layers 'conv1' and 12 more".
std::string describeLayers(const proto::Kernel &kernel);

} // namespace convoy::compiler
