#include "compiler/Emit/Package/Executable.h"

#include "compiler/Emit/Files.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

namespace convoy::compiler {

/// The launcher knows the same numbers.
static constexpr uint64_t moduleAlignment = 4096;
static constexpr llvm::StringLiteral trailerMagic = "CNVYEXE1";

std::string defaultLauncher() {
  llvm::SmallString<128> path(llvm::sys::fs::getMainExecutable(nullptr, nullptr));
  llvm::sys::path::remove_filename(path);
  llvm::sys::path::append(path, "convoy-launcher");
  return path.str().str();
}

static Result<std::unique_ptr<llvm::MemoryBuffer>> map(const std::string &file) {
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return Error{file + ": " + buffer.getError().message()};
  return std::move(*buffer);
}

Status writeExecutable(const std::string &launcher, const std::string &library, const std::string &output) {
  auto program = map(launcher), module = map(library);
  if (!program || !module)
    return Error{program ? module.error() : program.error()};
  uint64_t programBytes = (*program)->getBufferSize(), moduleBytes = (*module)->getBufferSize();
  uint64_t start = llvm::alignTo(programBytes, moduleAlignment);
  char trailer[16];
  llvm::support::endian::write64le(trailer, start);
  llvm::support::endian::write64le(trailer + 8, moduleBytes);
  std::string padding(start - programBytes, '\0');
  return writeWhole(output,
                    {(*program)->getBuffer(), padding, (*module)->getBuffer(), llvm::StringRef(trailer, sizeof trailer),
                     trailerMagic},
                    /*executable=*/true);
}

} // namespace convoy::compiler
