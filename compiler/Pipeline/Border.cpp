#include "compiler/Pipeline/Border.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

using namespace mlir;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace convoy::compiler {

static LogicalResult fail(MLIRContext &context, const Twine &message) {
  return emitError(UnknownLoc::get(&context)) << message;
}

static std::string inFolder(StringRef folder, StringRef name) {
  llvm::SmallString<128> joined(folder);
  path::append(joined, name);
  return joined.str().str();
}

static std::string folderOf(StringRef file) { return path::parent_path(file).str(); }

/// Writes a file beside its place and renames it: a reader sees the old file or the new one.
static LogicalResult writeWhole(MLIRContext &context, const std::string &file,
                                llvm::function_ref<void(llvm::raw_ostream &)> write) {
  llvm::SmallString<128> partial;
  int descriptor = -1;
  if (std::error_code error = fs::createUniqueFile(file + ".%%%%%%", descriptor, partial))
    return fail(context, file + ": " + error.message());
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  write(stream);
  stream.close();
  std::error_code error = stream.error();
  if (!error)
    error = fs::setPermissions(partial, fs::perms::all_read | fs::perms::owner_write);
  if (!error)
    error = fs::rename(partial, file);
  if (!error)
    return success();
  stream.clear_error();
  fs::remove(partial);
  return fail(context, file + ": " + error.message());
}

/// Like writeWhole, for a copy of a file.
static LogicalResult copyWhole(MLIRContext &context, const std::string &from, const std::string &file) {
  llvm::SmallString<128> partial;
  std::error_code error = fs::createUniqueFile(file + ".%%%%%%", partial);
  if (!error)
    error = fs::copy_file(from, partial);
  if (!error)
    error = fs::setPermissions(partial, fs::perms::all_read | fs::perms::owner_write);
  if (!error)
    error = fs::rename(partial, file);
  if (!error)
    return success();
  fs::remove(partial);
  return fail(context, file + ": " + error.message());
}

Border::~Border() {
  if (!temporary.empty())
    fs::remove_directories(temporary);
}

LogicalResult Border::open(MLIRContext &context) {
  llvm::SmallString<128> made;
  if (std::error_code error = fs::createUniqueDirectory("convoy", made))
    return fail(context, "no folder for temporary files: " + error.message());
  temporary = made.str().str();
  llvm::sys::RemoveFileOnSignal(weightsOfModule()); // both may be large
  llvm::sys::RemoveFileOnSignal(inFolder(temporary, "module.weights"));
  std::string folder = folderOf(output);
  if (!folder.empty() && !fs::is_directory(folder))
    return fail(context, output + ": the folder " + folder + " does not exist");
  return success();
}

std::string Border::moduleName() const { return path::stem(output).str(); }

std::string Border::weightsOfModule() const { return inFolder(temporary, "network.safetensors"); }

std::string Border::weightsOfProgram() const {
  if (!programWeights.empty())
    return programWeights;
  return path::extension(output) == ".program" ? inFolder(folderOf(output), moduleName() + ".weights")
                                               : inFolder(temporary, "module.weights");
}

void Border::setWeights(ModuleOp module, const std::string &file) { weightsPath = file; }

LogicalResult Border::openWeights(MLIRContext &context) {
  if (opened || weightsPath.empty() || !fs::exists(weightsPath))
    return success();
  auto file = weights::WeightFile::openSafetensors(weightsPath);
  if (!file)
    return fail(context, file.error());
  opened = std::move(*file);
  return success();
}

OwningOpRef<ModuleOp> Border::readModule(MLIRContext &context, const std::string &file) {
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(file, ParserConfig(&context));
  if (!module)
    return module;
  if (auto weights = (*module)->getAttrOfType<StringAttr>("cnn.weights"))
    weightsPath =
        path::is_absolute(weights.getValue()) ? weights.getValue().str() : inFolder(folderOf(file), weights.getValue());
  if (!weightsPath.empty() && !fs::exists(weightsPath)) {
    (void)fail(context, file + ": cnn.weights names " + weightsPath + ", which does not exist");
    return nullptr;
  }
  return module;
}

LogicalResult Border::writeModule(ModuleOp module, const std::string &file) {
  MLIRContext &context = *module.getContext();
  if (weightsPath == weightsOfModule()) {
    std::string place = inFolder(folderOf(file), moduleName() + ".safetensors");
    bool any = fs::exists(weightsPath);
    if (any && failed(copyWhole(context, weightsPath, place)))
      return failure();
    weightsPath = any ? place : "";
  }
  if (!weightsPath.empty()) {
    llvm::SmallString<128> weights(weightsPath), target(file);
    fs::make_absolute(weights);
    fs::make_absolute(target);
    bool beside = path::parent_path(weights) == path::parent_path(target);
    module->setAttr("cnn.weights", StringAttr::get(&context, beside ? path::filename(weights) : StringRef(weights)));
  }
  OpPrintingFlags flags;
  flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
  return writeWhole(context, file, [&](llvm::raw_ostream &stream) {
    module->print(stream, flags);
    stream << "\n";
  });
}

namespace {

/// Keeps the first complaint of the text format parser.
class FirstError : public google::protobuf::io::ErrorCollector {
public:
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string &message) override {
    if (text.empty())
      text = ":" + std::to_string(line + 1) + ":" + std::to_string(column + 1) + ": " + message;
  }
  std::string text;
};

} // namespace

LogicalResult Border::readProgram(MLIRContext &context, const std::string &file, proto::Program &program) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return fail(context, file + ": " + buffer.getError().message());
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString((*buffer)->getBuffer().str(), &program))
    return fail(context, file + error.text);
  programWeights = inFolder(folderOf(file), path::filename(program.weights_file()));
  uint64_t bytes = 0;
  if (fs::file_size(programWeights, bytes) || bytes != static_cast<uint64_t>(program.weight_bytes()))
    return fail(context, programWeights + ": the weights of " + file + " are missing or of another size");
  return success();
}

LogicalResult Border::writeProgram(MLIRContext &context, proto::Program program, const std::string &file) {
  std::string place = inFolder(folderOf(file), moduleName() + ".weights");
  if (place != weightsOfProgram())
    if (std::error_code error = fs::copy_file(weightsOfProgram(), place))
      return fail(context, place + ": " + error.message());
  program.set_weights_file(path::filename(place).str());
  std::string text;
  google::protobuf::TextFormat::PrintToString(program, &text);
  return writeWhole(context, file, [&](llvm::raw_ostream &stream) { stream << "# convoy program\n" << text; });
}

LogicalResult Border::readObjects(MLIRContext &context, const std::string &folder, proto::Program &program,
                                  ObjectSet &objects) {
  if (failed(readProgram(context, inFolder(folder, "program"), program)))
    return failure();
  for (const proto::Kernel &kernel : program.kernels()) {
    std::string file = inFolder(folder, kernel.debug().symbol() + ".o");
    auto buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer)
      return fail(context, file + ": " + buffer.getError().message());
    objects.add(kernel.debug().symbol(), (*buffer)->getBuffer().str());
  }
  return success();
}

LogicalResult Border::writeObjects(MLIRContext &context, const proto::Program &program, const ObjectSet &objects,
                                   const std::string &folder) {
  if (std::error_code error = fs::create_directories(folder))
    return fail(context, folder + ": " + error.message());
  for (const auto &[symbol, bytes] : objects)
    if (failed(
            writeWhole(context, inFolder(folder, symbol + ".o"), [&](llvm::raw_ostream &stream) { stream << bytes; })))
      return failure();
  proto::Program named = program;
  named.set_weights_file("weights");
  if (std::error_code error = fs::copy_file(weightsOfProgram(), inFolder(folder, "weights")))
    return fail(context, folder + ": " + error.message());
  std::string text;
  google::protobuf::TextFormat::PrintToString(named, &text);
  return writeWhole(context, inFolder(folder, "program"), [&](llvm::raw_ostream &stream) {
    stream << "# convoy program\n" << text;
  });
}

} // namespace convoy::compiler
