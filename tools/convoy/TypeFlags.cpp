#include "tools/convoy/TypeFlags.h"

#include "compiler/Pipeline/Pipeline.h"
#include "tools/convoy/Text.h"

#include <CLI/CLI.hpp>

namespace convoy::tools {

void addTypeFlags(CLI::App &command, TypeFlags &flags) {
  command.add_option("--dtype", flags.type,
                     "Numbers in which layers compute: f32 (default); bf16; i8; auto: of each layer the fastest whose "
                     "error is small");
  command.add_option("--calibrate", flags.calibrate,
                     "Folder of pictures like those the network will see, for --dtype=i8 and auto");
}

bool fillTypes(const TypeFlags &flags, compiler::CompileOptions &options, Globals &globals) {
  std::optional<compiler::TypeChoice> choice = compiler::typeChoiceNamed(flags.type);
  if (!choice) {
    globals.fail("--dtype=" + flags.type + ": no such type" + suggestion(flags.type, {"f32", "bf16", "i8", "auto"}));
    return false;
  }
  options.types = *choice;
  options.calibrate = flags.calibrate;
  return true;
}

} // namespace convoy::tools
