#include "compiler/Pipeline/Border.h"
#include "compiler/Emit/Files.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
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

static LogicalResult check(MLIRContext &context, const Status &status) {
  return status ? success() : fail(context, status.error());
}

LogicalResult Border::open(MLIRContext &context) {
  if (std::error_code error = temporary.make())
    return fail(context, "no folder for temporary files: " + error.message());
  std::string folder = folderOf(output);
  if (!folder.empty() && !fs::is_directory(folder))
    return fail(context, output + ": the folder " + folder + " does not exist");
  return check(context, checkPlace(output));
}

std::string Border::moduleName() const { return path::stem(output).str(); }

std::string Border::weightsOfModule() const { return temporary.file("network.safetensors"); }

std::string Border::weightsOfProgram() const {
  if (!programWeights.empty())
    return programWeights;
  return path::extension(output) == ".program" ? inFolder(folderOf(output), moduleName() + ".weights")
                                               : temporary.file("module.weights");
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
    if (any && failed(check(context, copyWhole(weightsPath, place))))
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
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, flags);
  stream << "\n";
  return check(context, writeWhole(file, {text}));
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
    if (failed(check(context, copyWhole(weightsOfProgram(), place))))
      return failure();
  program.set_weights_file(path::filename(place).str());
  std::string text;
  google::protobuf::TextFormat::PrintToString(program, &text);
  return check(context, writeWhole(file, {"# convoy program\n", text}));
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
    if (failed(check(context, writeWhole(inFolder(folder, symbol + ".o"), {bytes}))))
      return failure();
  proto::Program named = program;
  named.set_weights_file("weights");
  if (failed(check(context, copyWhole(weightsOfProgram(), inFolder(folder, "weights")))))
    return failure();
  std::string text;
  google::protobuf::TextFormat::PrintToString(named, &text);
  return check(context, writeWhole(inFolder(folder, "program"), {"# convoy program\n", text}));
}

} // namespace convoy::compiler
