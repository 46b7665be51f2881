#include "tools/convoy/profile/Peaks.h"

#include "schedules/core/Schedules.h"
#include "tools/convoy/Text.h"

#include <algorithm>

namespace convoy::tools {

namespace {

int emptyTask(convoy_context *, int, uint8_t *) { return 0; }

/// Launch 0 does nothing, launch 1 hands out empty tasks: two for each thread, which the arena's size tells.
convoy_status runNothing(convoy_context *context, const convoy_tensor *, convoy_tensor *, void *, size_t bytes,
                         const void *) {
  context->profile(context, 0, 0);
  context->profile(context, 0, 1);
  context->profile(context, 1, 0);
  if (context->parallel_for)
    context->parallel_for(context, emptyTask, 0, static_cast<int>(bytes / CONVOY_ALIGNMENT), nullptr);
  context->profile(context, 1, 1);
  return CONVOY_OK;
}

convoy_status planNothing(convoy_context *, const convoy_tensor *, convoy_tensor *, convoy_plan *plan) {
  plan->arena_bytes = 0;
  return CONVOY_OK;
}

int always() { return 1; }

} // namespace

HandOver measureHandOver(int threads) {
  static const convoy_launch launches[2] = {};
  convoy_module module = {};
  module.magic = CONVOY_MAGIC, module.abi_version = CONVOY_ABI_VERSION, module.size = sizeof module;
  module.name = "nothing", module.target = "host", module.compiler = "";
  module.launch_count = 2, module.launches = launches;
  module.arena_bytes = static_cast<size_t>(2 * threads) * CONVOY_ALIGNMENT;
  module.supported = always, module.plan = planNothing, module.run = runNothing;
  convoy_session_options options = {};
  options.size = sizeof options, options.threads = threads, options.profile = 1;
  convoy_session *session = nullptr;
  if (convoy_session_create(&module, &options, &session, nullptr))
    return {};
  for (int i = 0; i < 200; ++i)
    convoy_session_run(session, nullptr, nullptr, nullptr);
  const convoy_launch_time *times = convoy_session_times(session);
  HandOver found = {times[0].fastest, times[1].fastest};
  convoy_session_destroy(session);
  return found;
}

double Peaks::operations(convoy_type type) const {
  return type == CONVOY_BF16 ? bf16 : type == CONVOY_I8 || type == CONVOY_U8 ? bytes : f32;
}

Peaks measurePeaks(int threads) {
  Peaks peaks;
  proto::Target host = schedules::hostTarget();
  peaks.threads = threads;
  peaks.l2Bytes = host.l2_bytes() > 0 ? host.l2_bytes() : 512 << 10;
  peaks.l3Bytes = std::max<int64_t>(host.l3_bytes() > 0 ? host.l3_bytes() : 8 << 20, 2 * peaks.l2Bytes);
  peaks.f32 = measureArithmetic(threads, CONVOY_F32);
  peaks.bf16 = measureArithmetic(threads, CONVOY_BF16);
  peaks.bytes = measureArithmetic(threads, CONVOY_I8);
  // More than the level above holds, and well within the level itself.
  peaks.levels[InL2] = measureBandwidth(threads, peaks.l2Bytes / 2);
  peaks.levels[InL3] = measureBandwidth(threads, std::min(4 * peaks.l2Bytes, peaks.l3Bytes / (2 * threads)));
  peaks.levels[InMemory] = measureBandwidth(threads, std::min<int64_t>(2 * peaks.l3Bytes, 128 << 20));
  peaks.handOver = measureHandOver(threads);
  return peaks;
}

std::string describe(const Peaks &peaks) {
  auto rate = [&](Level level) {
    const Bandwidth &bandwidth = peaks.levels[level];
    return format("%.0f / %.0f / %.0f", bandwidth.read * 1e-9, bandwidth.write * 1e-9, bandwidth.copy * 1e-9);
  };
  return format(
      "%%peak: of the least time that this machine allows, by what it reached here on %d thread%s: %s, %.0f "
      "GFLOP/s in f32, %.0f in bf16, %.0f in bytes; GB/s read / written / copied L2 %s, L3 %s, memory %s; a launch "
      "%.2f us, a parallel one %.2f us",
      peaks.threads, peaks.threads == 1 ? "" : "s", peakVectors(), peaks.f32 * 1e-9, peaks.bf16 * 1e-9,
      peaks.bytes * 1e-9, rate(InL2).c_str(), rate(InL3).c_str(), rate(InMemory).c_str(), peaks.handOver.launch * 1e6,
      peaks.handOver.loop * 1e6);
}

} // namespace convoy::tools
