#include "compiler/Emit/Program/Codegen.h"

#include "runtime/ops/entry.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/Cloning.h"

namespace convoy::compiler {

Result<std::string> tripleOf(const std::string &halideTarget) {
  llvm::StringRef name(halideTarget);
  if (name.starts_with("x86-64-linux"))
    return std::string("x86_64-unknown-linux-gnu");
  return Error{"target '" + halideTarget + "': shared libraries are emitted for x86-64-linux only"};
}

uint64_t cpuFeaturesOf(const std::string &halideTarget) {
  constexpr uint64_t avx = CONVOY_CPU_SSE41 | CONVOY_CPU_AVX;
  constexpr uint64_t avx2 = avx | CONVOY_CPU_AVX2 | CONVOY_CPU_FMA | CONVOY_CPU_F16C;
  constexpr uint64_t avx512 = avx2 | CONVOY_CPU_AVX512_F;
  constexpr uint64_t skylake = avx512 | CONVOY_CPU_AVX512_CORE;
  constexpr uint64_t cannonlake = skylake | CONVOY_CPU_AVX512_IFMA_VBMI;
  constexpr uint64_t zen4 = cannonlake | CONVOY_CPU_AVX512_VNNI | CONVOY_CPU_AVX512_BF16;
  constexpr uint64_t sapphireRapids = zen4 | CONVOY_CPU_AVX_VNNI | CONVOY_CPU_AMX | CONVOY_CPU_AVX512_FP16;
  static constexpr std::pair<llvm::StringLiteral, uint64_t> known[] = {
      {"sse41", CONVOY_CPU_SSE41},
      {"avx", avx},
      {"f16c", avx | CONVOY_CPU_F16C},
      {"fma", avx | CONVOY_CPU_FMA},
      {"avx2", avx2},
      {"avxvnni", avx2 | CONVOY_CPU_AVX_VNNI},
      {"avx512", avx512},
      {"avx512_skylake", skylake},
      {"avx512_cannonlake", cannonlake},
      {"avx512_zen4", zen4},
      {"avx512_zen5", zen4 | CONVOY_CPU_AVX_VNNI},
      {"avx512_sapphirerapids", sapphireRapids},
  };
  uint64_t features = 0;
  for (llvm::StringRef part : llvm::split(halideTarget, '-'))
    for (const auto &[name, bits] : known)
      if (part == name)
        features |= bits;
  return features;
}

Result<std::unique_ptr<llvm::TargetMachine>> openTarget(const std::string &triple) {
  static const bool ready = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    return true;
  }();
  (void)ready;
  std::string error;
  llvm::Triple parsed(triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(parsed, error);
  if (!target)
    return Error{error};
  llvm::TargetOptions options;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      parsed, "x86-64", "", options, llvm::Reloc::PIC_, llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
  if (!machine)
    return Error{"no code generator for " + triple};
  return machine;
}

static Result<std::string> emit(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType kind) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, kind))
    return Error{"the code generator writes no files of this kind"};
  passes.run(module);
  return std::string(bytes.data(), bytes.size());
}

Result<GeneratedCode> generateCode(llvm::Module &module, llvm::TargetMachine &machine, bool assembly) {
  GeneratedCode code;
  if (assembly) {
    // Code generation changes the module, so it has one of its own.
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    auto text = emit(*copy, machine, llvm::CodeGenFileType::AssemblyFile);
    if (!text)
      return Error{text.error()};
    code.assembly = std::move(*text);
  }
  auto object = emit(module, machine, llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return Error{object.error()};
  code.object = std::move(*object);
  return code;
}

} // namespace convoy::compiler
