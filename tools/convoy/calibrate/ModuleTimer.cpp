#include "compiler/Pipeline/TemporaryFolder.h"
#include "tools/convoy/Progress.h"
#include "tools/convoy/calibrate/Networks.h"
#include "tools/convoy/io/Prepared.h"
#include "tools/convoy/profile/Peaks.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <limits>

using namespace mlir;
using convoy::compiler::NetworkTime;

namespace convoy::tools {

namespace {

/// Turns that each network gets, and seconds of one.
constexpr int rounds = 6;
constexpr double turn = 0.03;

} // namespace

static LogicalResult fail(MLIRContext &context, const std::string &message) {
  return emitError(UnknownLoc::get(&context)) << message;
}

/// "model.onnx:a + model.onnx:b": the names behind the files.
static std::vector<std::string> layersOf(StringRef launch) {
  SmallVector<StringRef> parts;
  launch.split(parts, " + ");
  std::vector<std::string> names;
  for (StringRef part : parts)
    names.push_back(part.contains(':') ? part.split(':').second.str() : part.str());
  return names;
}

/// One network's turn, some runs in a row. `slower` is how much slower the clock is than it was at its fastest: what a
/// turn takes is told as if the clock had been that.
static Status takeTurn(Prepared &prepared, double slower, NetworkTime &time) {
  convoy_session_reset_times(prepared.session.get());
  double spent = 0;
  for (int runs = 0; runs < 3 || spent < turn; ++runs) {
    auto seconds = prepared.run();
    if (!seconds)
      return Error{seconds.error()};
    spent += *seconds;
    time.seconds = std::min(time.seconds, *seconds / slower);
  }
  const convoy_launch_time *times = convoy_session_times(prepared.session.get());
  for (auto [i, launch] : llvm::enumerate(time.launches))
    launch.seconds = std::min(launch.seconds, times[i].fastest / slower);
  return ok();
}

static Result<std::vector<NetworkTime>> timeInTurns(std::vector<Prepared> &networks, const Globals &globals) {
  constexpr double never = std::numeric_limits<double>::infinity();
  std::vector<NetworkTime> times;
  for (Prepared &prepared : networks) {
    NetworkTime &time = times.emplace_back();
    time.seconds = never;
    for (int32_t i = 0; i < prepared.module->launch_count; ++i)
      time.launches.push_back({layersOf(prepared.module->launches[i].layer), never});
    if (auto first = prepared.run(); !first) // Memory is touched, caches are warm.
      return Error{first.error()};
  }
  Progress progress(globals, "measuring types", rounds * static_cast<int64_t>(networks.size()));
  double fastestClock = measureArithmetic(1, CONVOY_F32);
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < networks.size(); ++i) {
      double clock = measureArithmetic(1, CONVOY_F32);
      fastestClock = std::max(fastestClock, clock);
      if (auto done = takeTurn(networks[i], fastestClock / clock, times[i]); !done)
        return Error{done.error()};
      progress.advance(round * static_cast<int64_t>(networks.size()) + static_cast<int64_t>(i) + 1);
    }
  return times;
}

FailureOr<std::vector<NetworkTime>> ModuleTimer::time(ArrayRef<ModuleOp> networks) {
  if (networks.empty())
    return std::vector<NetworkTime>();
  MLIRContext &context = *ModuleOp(networks[0]).getContext();
  compiler::TemporaryFolder temporary;
  if (std::error_code error = temporary.make())
    return fail(context, "no folder for temporary files: " + error.message());
  std::vector<std::string> paths;
  for (ModuleOp network : networks) {
    paths.push_back(temporary.file("timed" + std::to_string(paths.size()) + ".so"));
    if (failed(compileNetwork(network, paths.back(), kernels)))
      return failure();
  }
  convoy_error error = {};
  convoy_pool *made = nullptr;
  if (convoy_pool_create(0, &made, &error))
    return fail(context, error.message);
  std::unique_ptr<convoy_pool, decltype(&convoy_pool_destroy)> pool(made, convoy_pool_destroy);
  convoy_session_options options = {};
  options.profile = 1;
  options.pool = pool.get();
  std::vector<Prepared> prepared;
  for (const std::string &path : paths) {
    auto one = Prepared::open(path, options);
    if (!one)
      return fail(context, one.error());
    prepared.push_back(std::move(*one));
  }
  auto times = timeInTurns(prepared, globals);
  if (!times)
    return fail(context, times.error());
  return std::move(*times);
}

} // namespace convoy::tools
