#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Objects/Assembler.h"
#include "compiler/Emit/Objects/Cache.h"
#include "compiler/Emit/Objects/KernelKey.h"
#include "compiler/Emit/Objects/Workers.h"

#include "llvm/Support/FileSystem.h"

#include <algorithm>
#include <set>
#include <thread>

namespace convoy::compiler {

namespace {

/// The kernels of one program on their way to objects.
class ObjectBuilder {
public:
  ObjectBuilder(proto::Program &program, const EmitOptions &options)
      : program(program), options(options), cache(options.cacheFolder, options.cacheBytes) {}

  Result<ObjectSet> build() {
    program.set_scratch_bytes(0);
    program.set_device_scratch_bytes(0);
    if (program.target().has_gpu()) {
      auto found = findAssembler(options.assembler);
      if (!found)
        return Error{found.error()};
      assembler = std::move(*found);
    }
    nameKernels();
    takeFromCache();
    report();
    if (!missing.empty())
      if (Status compiled = compileMissing(); !compiled)
        return Error{compiled.error()};
    return std::move(objects);
  }

private:
  void nameKernels() {
    keys.reserve(static_cast<size_t>(program.kernels_size()));
    for (proto::Kernel &kernel : *program.mutable_kernels()) {
      keys.push_back(keyOf(kernel, assembler.version));
      kernel.mutable_debug()->set_symbol(keys.back().symbol());
    }
  }

  void take(const KernelKey &key, proto::CompiledObject object) {
    program.set_scratch_bytes(std::max(program.scratch_bytes(), object.scratch_bytes()));
    program.set_device_scratch_bytes(std::max(program.device_scratch_bytes(), object.device_scratch_bytes()));
    objects.add(key.symbol(), std::move(*object.mutable_object()));
    ++progress.done;
  }

  void takeFromCache() {
    for (size_t i = 0; i < keys.size(); ++i) {
      if (!distinct.insert(keys[i].name).second)
        continue;
      ++progress.total;
      if (options.useCache)
        if (auto object = cache.find(keys[i])) {
          take(keys[i], std::move(*object));
          ++progress.cached;
          continue;
        }
      missing.push_back(i);
    }
  }

  void report() const {
    if (options.onProgress)
      options.onProgress(progress);
  }

  Status compileMissing() {
    std::vector<const proto::Kernel *> kernels;
    for (size_t position : missing)
      kernels.push_back(&program.kernels(static_cast<int>(position)));
    WorkerOptions workers;
    workers.program = options.worker;
    if (workers.program.empty())
      workers.program = llvm::sys::fs::getMainExecutable(nullptr, nullptr);
    workers.count = options.workers > 0 ? options.workers : static_cast<int>(std::thread::hardware_concurrency());
    workers.reproducers = options.reproducers;
    workers.assembler = assembler.path;
    workers.onCrash = options.onCrash;
    workers.onDone = [&](int position, const proto::CompiledObject &object, double seconds) {
      progress.last = kernels[static_cast<size_t>(position)];
      progress.seconds = seconds;
      keep(keys[missing[static_cast<size_t>(position)]], object);
    };
    Status compiled = compileInWorkers(kernels, workers);
    if (options.useCache)
      cache.evict();
    if (!compiled && !assembler.path.empty() && compiled.error().find(assembler.path) != std::string::npos)
      return Error{compiled.error() + " (--ptxas=off leaves the PTX to the driver)"};
    return compiled;
  }

  void keep(const KernelKey &key, proto::CompiledObject object) {
    object.set_canonical_form(key.canonicalForm);
    if (options.useCache && cacheWorks)
      if (Status added = cache.add(key, object); !added) {
        cacheWorks = false;
        if (options.onWarning)
          options.onWarning("compiled kernels are not kept for later: " + added.error());
      }
    take(key, std::move(object));
    report();
  }

  proto::Program &program;
  const EmitOptions &options;
  KernelCache cache;
  bool cacheWorks = true;
  Assembler assembler;         ///< Of device code.
  std::vector<KernelKey> keys; ///< One per kernel.
  std::set<std::string> distinct;
  std::vector<size_t> missing; ///< Kernels that have to be compiled.
  ObjectSet objects;
  EmitProgress progress;
};

} // namespace

Result<ObjectSet> emitObjects(proto::Program &program, const EmitOptions &options) {
  return ObjectBuilder(program, options).build();
}

} // namespace convoy::compiler
