#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Objects/Workers.h"
#include "compiler/Emit/Package/Executable.h"
#include "compiler/Emit/Package/Linker.h"
#include "compiler/Emit/Package/StaticLibrary.h"
#include "compiler/Emit/Package/WeightsObject.h"
#include "compiler/Emit/Program/ProgramTables.h"
#include "runtime/ops/object.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/xxhash.h"

namespace fs = llvm::sys::fs;

namespace convoy::compiler {

namespace {

/// The parts of one package.
class Package {
public:
  Package(const proto::Program &program, const ObjectSet &objects, const PackageOptions &options)
      : program(program), objects(objects), options(options) {}

  /// Brings all objects together, checked.
  Status collect(const std::string &weightsFile, const std::string &symbol) {
    auto code = emitProgram(program, {symbol});
    if (!code)
      return Error{code.error()};
    programObject = std::move(code->bytes);
    inputs.push_back({"program '" + program.name() + "'", programObject, ""});
    if (Status added = addKernels(); !added)
      return added;
    if (Status added = addWeights(weightsFile); !added)
      return added;
    auto *functions = reinterpret_cast<const char *>(convoy_ops_object);
    inputs.push_back({"the functions of modules", llvm::StringRef(functions, convoy_ops_object_size), ""});
    return checkUndefined(inputs);
  }

  /// Links beside `output`; `finish` makes the output of the linked file.
  Status link(const std::string &output, llvm::function_ref<Status(const std::string &)> finish) {
    llvm::SmallString<128> partial;
    if (std::error_code error = fs::createUniqueFile(output + ".%%%%%%", partial))
      return Error{output + ": " + error.message()};
    std::string file = partial.str().str();
    llvm::sys::RemoveFileOnSignal(file);
    Status done = linkShared(inputs, "convoy_module", options.strip, file);
    if (done)
      done = finish(file);
    llvm::sys::DontRemoveFileOnSignal(file);
    (void)fs::remove(partial); // Where it was not renamed.
    return done;
  }

  Status writeShared(const std::string &output) {
    return link(output, [&](const std::string &linked) -> Status {
      if (std::error_code error = fs::rename(linked, output))
        return Error{output + ": " + error.message()};
      return ok();
    });
  }

  Status writeProgram(const std::string &output) {
    std::string launcher = options.launcher.empty() ? defaultLauncher() : options.launcher;
    return link(output, [&](const std::string &linked) { return writeExecutable(launcher, linked, output); });
  }

  std::vector<LinkInput> inputs;

private:
  Status addKernels() {
    std::set<std::string> added;
    for (const proto::Kernel &kernel : program.kernels()) {
      const std::string &symbol = kernel.debug().symbol();
      if (!added.insert(symbol).second)
        continue;
      const std::string *bytes = objects.find(symbol);
      if (!bytes)
        return Error{"there is no object for kernel '" + symbol + "' of " + describeLayers(kernel)};
      inputs.push_back({"the kernel of " + describeLayers(kernel), *bytes, ""});
    }
    return ok();
  }

  Status addWeights(const std::string &file) {
    if (program.weight_bytes() == 0)
      return ok();
    auto bytes = llvm::MemoryBuffer::getFile(file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!bytes)
      return Error{file + ": " + bytes.getError().message()};
    if ((*bytes)->getBufferSize() != static_cast<uint64_t>(program.weight_bytes()) ||
        llvm::xxh3_64bits((*bytes)->getBuffer()) != program.weights_hash())
      return Error{file + ": these are not the weights that program '" + program.name() + "' was made with"};
    auto object = makeWeightsObject(file, program.weight_bytes(), weightsSymbol);
    if (!object)
      return Error{object.error()};
    weightsObject = std::move(*object);
    auto mapped = llvm::MemoryBuffer::getFile(weightsObject.path(), /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!mapped)
      return Error{file + ": " + mapped.getError().message()};
    weights = std::move(*mapped);
    inputs.push_back({"the weights", weights->getBuffer(), weightsObject.path()});
    return ok();
  }

  const proto::Program &program;
  const ObjectSet &objects;
  const PackageOptions &options;
  std::string programObject;
  MemoryFile weightsObject;
  std::unique_ptr<llvm::MemoryBuffer> weights; ///< The object, mapped.
};

} // namespace

Status emitPackage(const proto::Program &program, const ObjectSet &objects, const std::string &weights,
                   const std::string &output, const PackageOptions &options) {
  Package package(program, objects, options);
  bool isStatic = options.kind == PackageKind::StaticLibrary;
  std::string symbol = isStatic ? staticSymbol(output) : "convoy_module";
  if (Status collected = package.collect(weights, symbol); !collected)
    return collected;
  switch (options.kind) {
  case PackageKind::SharedLibrary:
    return package.writeShared(output);
  case PackageKind::StaticLibrary:
    return writeStaticLibrary(package.inputs, symbol, output);
  case PackageKind::Executable:
    return package.writeProgram(output);
  }
  return Error{"unknown kind of package"};
}

} // namespace convoy::compiler
