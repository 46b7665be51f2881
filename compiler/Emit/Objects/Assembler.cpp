#include "compiler/Emit/Objects/Assembler.h"

#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Files.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

#include <algorithm>
#include <vector>

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace convoy::compiler {

/// Of ENVIRONMENT/lib/python3.N/site-packages/nvidia/cuda_nvcc/bin/ptxas the one of the newest Python; empty: none.
static std::string inEnvironment(llvm::StringRef environment) {
  llvm::SmallString<128> libraries(environment);
  path::append(libraries, "lib");
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(libraries, error), end; entry != end && !error; entry.increment(error)) {
    if (!path::filename(entry->path()).starts_with("python3"))
      continue;
    llvm::SmallString<128> file(entry->path());
    path::append(file, "site-packages", "nvidia", "cuda_nvcc");
    path::append(file, "bin", "ptxas");
    if (fs::can_execute(file))
      found.push_back(file.str().str());
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? "" : found.back();
}

static std::string search() {
  if (auto inPath = llvm::sys::findProgramByName("ptxas"))
    return *inPath;
  if (auto active = llvm::sys::Process::GetEnv("VIRTUAL_ENV"))
    if (std::string found = inEnvironment(*active); !found.empty())
      return found;
  std::string program = fs::getMainExecutable(nullptr, nullptr);
  llvm::StringRef around = path::parent_path(path::parent_path(program)); // of bin
  llvm::SmallString<128> beside(around);
  path::append(beside, "venv");
  std::string found = inEnvironment(around);
  return found.empty() ? inEnvironment(beside) : found;
}

Result<Assembler> findAssembler(const std::string &wanted) {
  Assembler assembler;
  if (wanted == "off")
    return assembler;
  assembler.path = wanted.empty() ? search() : wanted;
  if (assembler.path.empty())
    return assembler;
  auto messages = MemoryFile::create("");
  if (!messages)
    return Error{messages.error()};
  std::string output = messages->path(), error;
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(), llvm::StringRef(output), llvm::StringRef(output)};
  int code = llvm::sys::ExecuteAndWait(assembler.path, {assembler.path, "--version"}, std::nullopt, redirects,
                                       /*SecondsToWait=*/10, /*MemoryLimit=*/0, &error);
  assembler.version = llvm::StringRef(messages->tail(1000)).trim().str();
  if (code == 0 && llvm::StringRef(assembler.version).contains("ptx"))
    return assembler;
  return Error{assembler.path + " is no ptxas that runs here" + (error.empty() ? "" : ": " + error)};
}

} // namespace convoy::compiler
