#include "compiler/Emit/Emit.h"
#include "compiler/Emit/Program/CheckProgram.h"
#include "compiler/Emit/Program/Codegen.h"
#include "compiler/Emit/Program/Entry.h"
#include "compiler/Emit/Program/ProgramTables.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace convoy::compiler {

static OwningOpRef<ModuleOp> print(MLIRContext &context, const proto::Program &program, const std::string &symbol) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context), program.name());
  LlvmBuilder builder(*module);
  writeSupported(builder, program);
  writePlan(builder, program, symbol);
  writeRun(builder, program, symbol);
  writePrepare(builder, program, symbol);
  writeTables(builder, program, symbol);
  return module;
}

static std::string textOf(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

Result<ProgramObject> emitProgram(const proto::Program &program, const ProgramOptions &options) {
  if (Status checked = checkProgram(program); !checked)
    return Error{checked.error()};
  auto triple = tripleOf(program.target().halide());
  if (!triple)
    return Error{triple.error()};
  auto machine = openTarget(*triple);
  if (!machine)
    return Error{machine.error()};
  DialectRegistry registry;
  registry.insert<LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = print(context, program, options.symbol);
  if (failed(verify(*module)))
    return Error{"program '" + program.name() + "': the emitted program is malformed"};
  ProgramObject result;
  if (options.dialect)
    result.dialect = textOf(*module);
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> translated = translateModuleToLLVMIR(*module, llvmContext, program.name());
  if (!translated)
    return Error{"program '" + program.name() + "': the emitted program cannot be translated"};
  translated->setTargetTriple((*machine)->getTargetTriple());
  translated->setDataLayout((*machine)->createDataLayout());
  auto code = generateCode(*translated, **machine, options.assembly);
  if (!code)
    return Error{code.error()};
  result.bytes = std::move(code->object);
  result.assembly = std::move(code->assembly);
  return result;
}

} // namespace convoy::compiler
