#include "compiler/Pipeline/Phases.h"

#include "compiler/Frontend/Onnx/Onnx.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

namespace convoy::compiler {

static constexpr std::pair<Phase, llvm::StringLiteral> phaseNames[] = {
    {Phase::Import, "import"}, {Phase::Network, "network"}, {Phase::Kernels, "kernels"},
    {Phase::Plan, "plan"},     {Phase::Objects, "objects"}, {Phase::Package, "package"},
};

llvm::StringRef nameOf(Phase phase) { return phaseNames[static_cast<int>(phase)].second; }

std::optional<Phase> phaseNamed(llvm::StringRef name) {
  for (auto [phase, text] : phaseNames)
    if (text == name)
      return phase;
  return std::nullopt;
}

static bool isText(llvm::StringRef bytes) {
  return llvm::all_of(bytes, [](char c) { return llvm::isPrint(c) || llvm::isSpace(c) || (c & 0x80); });
}

FileKind kindOf(llvm::StringRef path) {
  if (llvm::sys::fs::is_directory(path)) {
    llvm::SmallString<128> program(path);
    llvm::sys::path::append(program, "program");
    return llvm::sys::fs::exists(program) ? FileKind::Objects : FileKind::Unknown;
  }
  // A slice would be filled up with zeros.
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return FileKind::Unknown;
  llvm::StringRef bytes = (*file)->getBuffer().take_front(4096);
  if (bytes.starts_with("\x7f"
                        "ELF"))
    return FileKind::Module;
  if (!isText(bytes))
    return frontend::looksLikeOnnx(bytes) ? FileKind::Onnx : FileKind::Unknown;
  if (bytes.starts_with("# convoy program"))
    return FileKind::Program;
  // Attribute aliases and comments may stand in front of the module.
  for (llvm::StringRef line : llvm::split(bytes, "\n")) {
    line = line.ltrim();
    if (line.starts_with("module") || line.starts_with("func.func") || line.starts_with("#loc") ||
        line.starts_with("#map") || line.starts_with("#layout") || line.starts_with("//"))
      return FileKind::Mlir;
    if (!line.empty() && !line.starts_with("#"))
      return FileKind::Text;
  }
  return FileKind::Text;
}

} // namespace convoy::compiler
