#include "compiler/Emit/Package/Linker.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ObjCopy/CommonConfig.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

namespace convoy::compiler {

/// What a module may take from the C library of the program that loads it. Compilers call these on their own.
static constexpr llvm::StringLiteral fromLibrary[] = {"memcpy", "memmove", "memset", "memcmp"};

namespace {

/// Global symbols of the inputs: those defined, and who needs what.
class SymbolTable {
public:
  SymbolTable() {
    for (llvm::StringRef name : fromLibrary)
      defined.insert(name);
    defined.insert("_GLOBAL_OFFSET_TABLE_");
  }

  Status add(const LinkInput &input) {
    auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(input.bytes, input.what));
    if (!file)
      return Error{input.what + ": " + llvm::toString(file.takeError())};
    for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
      auto flags = symbol.getFlags();
      auto name = symbol.getName();
      if (!flags || !name) {
        llvm::consumeError(flags.takeError());
        llvm::consumeError(name.takeError());
        return Error{input.what + ": a damaged object file"};
      }
      if (*flags & llvm::object::SymbolRef::SF_FormatSpecific || name->empty())
        continue;
      if (!(*flags & llvm::object::SymbolRef::SF_Undefined))
        defined.insert(*name);
      else if (!(*flags & llvm::object::SymbolRef::SF_Weak))
        needed.push_back({input.what, name->str()});
    }
    return ok();
  }

  Status check() const {
    for (const auto &[what, name] : needed)
      if (!defined.contains(name))
        return Error{what + " calls '" + name + "', which modules do not have"};
    return ok();
  }

private:
  llvm::StringSet<> defined;
  std::vector<std::pair<std::string, std::string>> needed;
};

} // namespace

Status checkUndefined(const std::vector<LinkInput> &inputs) {
  SymbolTable table;
  for (const LinkInput &input : inputs)
    if (Status added = table.add(input); !added)
      return added;
  return table.check();
}

/// Runs LLD, which keeps its state in one place: one link at a time.
static Status runLinker(std::vector<std::string> arguments, const std::vector<LinkInput> &inputs) {
  static std::mutex mutex;
  static bool usable = true;
  std::lock_guard<std::mutex> lock(mutex);
  if (!usable)
    return Error{"the linker broke down earlier and cannot run again in this process"};
  std::vector<MemoryFile> files;
  files.reserve(inputs.size());
  for (const LinkInput &input : inputs) {
    if (!input.path.empty()) {
      arguments.push_back(input.path);
      continue;
    }
    auto file = MemoryFile::create(input.bytes);
    if (!file)
      return Error{file.error()};
    arguments.push_back(file->path());
    files.push_back(std::move(*file));
  }
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result = lld::lldMain(pointers, stream, stream, {{lld::Gnu, &lld::elf::link}});
  usable = result.canRunAgain;
  if (result.retCode == 0)
    return ok();
  return Error{"linking failed: " + llvm::StringRef(messages).trim().str()};
}

Status linkShared(const std::vector<LinkInput> &inputs, const std::string &exported, bool strip,
                  const std::string &output) {
  auto script = MemoryFile::create("{ global: " + exported + "; local: *; };\n");
  if (!script)
    return Error{script.error()};
  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "-o",
                                        output,
                                        "--gc-sections",
                                        "--version-script=" + script->path(),
                                        "-z",
                                        "now",
                                        "-z",
                                        "noexecstack",
                                        "-z",
                                        "relro",
                                        "--build-id=none",
                                        "--hash-style=gnu",
                                        "--icf=all",
                                        "--no-color-diagnostics"};
  if (strip)
    arguments.push_back("--strip-all");
  return runLinker(std::move(arguments), inputs);
}

/// Makes all global symbols but one local.
static Result<std::string> keepGlobal(const std::string &file, const std::string &exported) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return Error{file + ": " + buffer.getError().message()};
  auto object = llvm::object::ObjectFile::createObjectFile(**buffer);
  if (!object)
    return Error{llvm::toString(object.takeError())};
  llvm::objcopy::ConfigManager config;
  config.Common.InputFilename = config.Common.OutputFilename = file;
  auto ignore = [](llvm::Error error) { return error; };
  if (auto error = config.Common.SymbolsToKeepGlobal.addMatcher(
          llvm::objcopy::NameOrPattern::create(exported, llvm::objcopy::MatchStyle::Literal, ignore)))
    return Error{llvm::toString(std::move(error))};
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  if (auto error = llvm::objcopy::executeObjcopyOnBinary(config, **object, stream))
    return Error{llvm::toString(std::move(error))};
  return bytes;
}

Result<std::string> linkRelocatable(const std::vector<LinkInput> &inputs, const std::string &exported) {
  llvm::SmallString<128> joined;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("convoy", "o", joined))
    return Error{"no temporary file: " + error.message()};
  Status linked = runLinker({"ld.lld", "-r", "-o", joined.str().str(), "--no-color-diagnostics"}, inputs);
  Result<std::string> result = linked ? keepGlobal(joined.str().str(), exported) : Error{linked.error()};
  (void)llvm::sys::fs::remove(joined);
  return result;
}

} // namespace convoy::compiler
