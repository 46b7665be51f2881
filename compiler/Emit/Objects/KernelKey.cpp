#include "compiler/Emit/Objects/KernelKey.h"

#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Objects/fingerprint.h"
#include "schedules/core/Schedules.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

namespace convoy::compiler {

std::string compilerVersion() { return CONVOY_VERSION; }

std::string kernelCompiler() { return CONVOY_KERNEL_COMPILER; }

KernelKey keyOf(const proto::Kernel &kernel, const std::string &assembler) {
  KernelKey key;
  key.canonicalForm = schedules::canonicalForm(kernel);
  if (!assembler.empty())
    key.canonicalForm += "# " + assembler + "\n";
  uint64_t hash = llvm::xxh3_64bits(kernelCompiler() + "\n" + key.canonicalForm);
  key.name = llvm::utohexstr(hash, /*LowerCase=*/true, /*Width=*/16);
  return key;
}

} // namespace convoy::compiler
