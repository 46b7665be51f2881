#include "tools/convoy/profile/Floor.h"

#include "tools/convoy/Text.h"

#include <algorithm>
#include <vector>

namespace convoy::tools {

namespace {

Level levelOf(double bytes, const Peaks &peaks) {
  if (bytes <= static_cast<double>(peaks.l2Bytes) * peaks.threads)
    return InL2;
  return bytes <= static_cast<double>(peaks.l3Bytes) ? InL3 : InMemory;
}

/// What goes through each level, or comes from further away.
struct Traffic {
  double read[3] = {}, written[3] = {};

  void add(Level from, double bytesRead, double bytesWritten) {
    for (int level = InL2; level <= from; ++level)
      read[level] += bytesRead, written[level] += bytesWritten;
  }
};

Floor memoryFloor(const convoy_module &module, const convoy_launch &launch, const Peaks &peaks) {
  double weights = static_cast<double>(launch.weight_bytes), written = static_cast<double>(launch.result_bytes);
  double others = std::max(0.0, static_cast<double>(launch.bytes) - weights - written);
  Traffic traffic;
  traffic.add(levelOf(static_cast<double>(module.weight_bytes + module.arena_bytes), peaks), weights, 0);
  traffic.add(levelOf(others + written, peaks), others, written);
  static const char *const names[] = {"L2", "L3", "memory"};
  Floor floor;
  for (int level = InL2; level <= InMemory; ++level)
    if (double seconds = peaks.levels[level].seconds(traffic.read[level], traffic.written[level]);
        seconds > floor.seconds)
      floor = {seconds, names[level]};
  return floor;
}

/// Share of the threads' time that the tasks of a launch can use.
double balanceOf(const convoy_launch_time &time, int threads) {
  double tasks = static_cast<double>(std::max<int64_t>(1, time.tasks));
  int64_t rounds = (std::max<int64_t>(1, time.tasks) + threads - 1) / threads;
  return tasks / static_cast<double>(rounds * threads);
}

double overheadOf(const convoy_launch_time &time, const Peaks &peaks) {
  return time.tasks > 0 ? peaks.handOver.loop : peaks.handOver.launch;
}

} // namespace

Floor floorOf(const convoy_module &module, const convoy_launch &launch, const convoy_launch_time &time,
              const Peaks &peaks) {
  Floor floor = memoryFloor(module, launch, peaks);
  double compute = 2 * static_cast<double>(launch.multiply_adds) / peaks.operations(launch.type);
  if (compute >= floor.seconds && launch.multiply_adds > 0)
    floor = {compute, "compute"};
  if (double overhead = overheadOf(time, peaks); overhead > floor.seconds)
    floor = {overhead, time.tasks > 0 ? "tasks" : "launch"};
  return floor;
}

std::string reasonOf(const convoy_launch &launch, const convoy_launch_time &time, const Floor &floor,
                     const Peaks &peaks) {
  if (floor.seconds >= askedShare * time.fastest)
    return "";
  std::vector<std::string> reasons;
  double balance = balanceOf(time, peaks.threads), overhead = overheadOf(time, peaks);
  if (peaks.threads > 1 && time.tasks == 0)
    reasons.push_back(format("runs on one of %d threads", peaks.threads));
  else if (balance < 0.9)
    reasons.push_back(format("%lld tasks on %d threads", static_cast<long long>(time.tasks), peaks.threads));
  if (overhead > 0.2 * time.fastest)
    reasons.push_back(
        format("%.2f us go to %s", overhead * 1e6, time.tasks > 0 ? "the hand-over of tasks" : "the launch"));
  if (launch.limits[0])
    reasons.push_back(launch.limits);
  double expected = static_cast<double>(launch.expected_ns) * 1e-9 / (balance * peaks.threads) + overhead;
  double known = std::max(expected, floor.seconds / balance + overhead);
  if (reasons.empty())
    reasons.push_back("unexplained");
  else if (launch.expected_ns > 0 && time.fastest > 1.5 * known)
    reasons.push_back(format("unexplained beyond %.1f us", known * 1e6));
  std::string text;
  for (const std::string &reason : reasons)
    text += (text.empty() ? "" : "; ") + reason;
  return text;
}

} // namespace convoy::tools
