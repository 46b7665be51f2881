#pragma once

#include "compiler/Plan/program.pb.h"
#include "schedules/core/Result.h"

#include <functional>
#include <map>
#include <string>

namespace convoy::compiler {

/// Compiled kernels: object files by symbol.
class ObjectSet {
public:
  void add(const std::string &symbol, std::string bytes) { bySymbol[symbol] = std::move(bytes); }
  /// Null if there is none.
  const std::string *find(const std::string &symbol) const {
    auto entry = bySymbol.find(symbol);
    return entry == bySymbol.end() ? nullptr : &entry->second;
  }
  size_t size() const { return bySymbol.size(); }
  auto begin() const { return bySymbol.begin(); }
  auto end() const { return bySymbol.end(); }

private:
  std::map<std::string, std::string> bySymbol;
};

struct EmitProgress {
  int done = 0;                        ///< Kernels that are compiled.
  int cached = 0;                      ///< Those of them that came from the cache.
  int total = 0;                       ///< Distinct kernels.
  const proto::Kernel *last = nullptr; ///< That was compiled; null: the cache was searched.
  double seconds = 0;                  ///< What it took.
};

struct EmitOptions {
  std::string cacheFolder;      ///< Empty: $XDG_CACHE_HOME/convoy or ~/.cache/convoy.
  bool useCache = true;         ///< Neither read nor write the cache if false.
  int64_t cacheBytes = 1 << 30; ///< The oldest entries go when the cache grows beyond this.
  int workers = 0;              ///< Processes that compile; 0: one per core.
  std::string worker;           ///< Program that understands `--compile-kernels`; empty: the running one.
  std::string assembler;        ///< ptxas for kernels for a GPU: a path; "off"; empty: see findAssembler.
  std::string reproducers;      ///< Folder for kernels that crash the compiler; empty: the current one.
  std::function<void(const EmitProgress &)> onProgress;
  std::function<void(const std::string &)> onWarning;
  std::function<void()> onCrash; ///< The error that is returned is ours, not the user's.
};

/// Compiles each distinct kernel once, in worker processes, or takes it from the cache. Sets Kernel.debug.symbol,
/// Program.scratch_bytes and Program.device_scratch_bytes.
Result<ObjectSet> emitObjects(proto::Program &program, const EmitOptions &options);

/// What a worker process does: compiles the kernels that come on standard input until it ends, answers on standard
/// output. The program's main calls it, before it starts threads, when its first argument is `--compile-kernels`.
/// `hook` is called with each kernel before it is compiled, in the process that will.
constexpr const char *compileKernelsFlag = "--compile-kernels";
using KernelHook = std::function<void(const proto::Kernel &)>;
int compileKernelsMain(const KernelHook &hook = {});

struct ProgramObject {
  std::string bytes;
  std::string assembly; ///< Filled when asked for.
  std::string dialect;  ///< The LLVM dialect it was compiled from; filled when asked for.
};
struct ProgramOptions {
  std::string symbol = "convoy_module"; ///< Name of the table.
  bool assembly = false;
  bool dialect = false;
};
/// The flat program as an object file: tables, `plan`, `run`, `supported`.
Result<ProgramObject> emitProgram(const proto::Program &program, const ProgramOptions &options = {});

enum class PackageKind {
  SharedLibrary, ///< One .so that exports `convoy_module`.
  StaticLibrary, ///< A .a that defines NAME_convoy_module, and a header NAME.h beside it.
  Executable,    ///< The launcher with the module appended.
};

struct PackageOptions {
  PackageKind kind = PackageKind::SharedLibrary;
  bool strip = true;    ///< Leave out symbols of kernels.
  std::string launcher; ///< Of an executable; empty: `convoy-launcher` beside the running program.
};

/// Links program, kernels and the bytes of `weights` (a file) to `output`, whole or not at all.
Status emitPackage(const proto::Program &program, const ObjectSet &objects, const std::string &weights,
                   const std::string &output, const PackageOptions &options = {});

/// Version of Convoy, as modules and cache entries carry it.
std::string compilerVersion();

} // namespace convoy::compiler
