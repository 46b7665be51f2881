#include "tools/convoy/TypeFlags.h"

#include "compiler/Pipeline/Pipeline.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/calibrate/ModuleRunner.h"
#include "tools/convoy/calibrate/Networks.h"
#include "tools/convoy/io/picture/Picture.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <CLI/CLI.hpp>

namespace convoy::tools {

void addTypeFlags(CLI::App &command, TypeFlags &flags) {
  command.add_option("--dtype", flags.type,
                     "Numbers in which layers compute: f32 (default); bf16; i8; auto: of each layer the fastest whose "
                     "error is small");
  command.add_option("--calibrate", flags.calibrate,
                     "Folder of pictures or arrays (.npy, .npz) like those the network will see, for --dtype=i8 and "
                     "auto; a network with several inputs: a sub-folder for each, of its name");
  command.add_option("--calibration", flags.calibration,
                     "What ends of the values seen get numbers of their own: minmax (all), percentile (all but a few), "
                     "mse (those with the least error, default)");
  command.add_option("--bias-correction", flags.biasCorrection,
                     "on (default): make up in the bias for what 8 bits change on average; off");
  command.add_option("--keep-f32", flags.keepF32, "Pattern of names of layers that stay in f32: --keep-f32='head.*'")
      ->allow_extra_args(false);
  command.add_option("--error-budget", flags.errorBudget,
                     "How far --dtype=auto may take the results from those in f32, as a share of their root mean "
                     "square (0.05)");
  if (!command.get_option_no_throw("--preprocess"))
    command.add_option("--preprocess", flags.preprocess,
                       "What is done to pictures for --calibrate: imagenet, unit, tf or raw (see run)");
}

/// A flag that would change nothing is a mistake.
static Status checkUse(const TypeFlags &flags) {
  bool usesSamples = flags.type == "i8" || flags.type == "auto";
  if (std::string name = flags.sampleFlag(); !usesSamples && !name.empty())
    return Error{name + " goes with --dtype=i8 or --dtype=auto; without them it changes nothing"};
  if (!flags.keepF32.empty() && flags.type == "f32")
    return Error{"--keep-f32 goes with --dtype=bf16, i8 or auto; without them every layer is in f32"};
  if (flags.errorBudget && flags.type != "auto")
    return Error{"--error-budget goes with --dtype=auto; without it nothing is chosen"};
  return ok();
}

static Status fillCalibration(const TypeFlags &flags, compiler::CompileOptions &options, Globals &globals) {
  if (auto done = checkUse(flags); !done)
    return done;
  compiler::CalibrationRequest &request = options.calibration;
  auto method = llvm::StringSwitch<std::optional<compiler::RangeMethod>>(flags.calibration)
                    .Case("minmax", compiler::RangeMethod::MinMax)
                    .Case("percentile", compiler::RangeMethod::Percentile)
                    .Cases({"mse", ""}, compiler::RangeMethod::Mse)
                    .Default(std::nullopt);
  if (!method)
    return Error{"--calibration=" + flags.calibration + ": it is minmax, percentile or mse"};
  if (!llvm::is_contained({"", "on", "off"}, flags.biasCorrection))
    return Error{"--bias-correction=" + flags.biasCorrection + ": it is on or off"};
  request.method = *method;
  request.correctsBias = flags.biasCorrection != "off";
  request.keepF32 = flags.keepF32;
  if (flags.errorBudget && !(*flags.errorBudget >= 0 && *flags.errorBudget < 1))
    return Error{"--error-budget: a share of the results' root mean square, from 0 to less than 1"};
  request.errorBudget = flags.errorBudget.value_or(request.errorBudget);
  if (flags.type == "auto")
    request.timer = std::make_shared<ModuleTimer>(KernelOptions::of(options), globals);
  if (flags.calibrate.empty())
    return ok();
  bool isUsed = flags.type == "i8" || flags.type == "auto";
  if (auto done = isUsed ? Samples::check(flags.calibrate, flags.preprocess) : ok(); !done)
    return done;
  request.runner =
      std::make_shared<ModuleRunner>(flags.calibrate, flags.preprocess, KernelOptions::of(options), globals);
  return ok();
}

bool fillTypes(const TypeFlags &flags, compiler::CompileOptions &options, Globals &globals) {
  std::optional<compiler::TypeChoice> choice = compiler::typeChoiceNamed(flags.type);
  if (!choice) {
    globals.fail("--dtype=" + flags.type + ": no such type" + suggestion(flags.type, {"f32", "bf16", "i8", "auto"}));
    return false;
  }
  options.types = *choice;
  if (auto done = fillCalibration(flags, options, globals); !done) {
    globals.fail(done.error());
    return false;
  }
  return true;
}

} // namespace convoy::tools
