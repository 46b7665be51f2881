#include "schedules/block/Model.h"
#include "schedules/block/Block.h"
#include "schedules/conv/ConvShape.h"
#include "schedules/core/Registry.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <map>

namespace convoy::schedules {

namespace {

/// Results and multiply-adds of a depthwise patch that are unrolled at most.
constexpr int64_t mostResults = 12, mostUnrolled = 420;
/// Rows of a patch at most, and where they are found in a window that slides: each input row needs an address.
constexpr int64_t mostRows = 8, mostSlidingRows = 5;

ConvShape shapeOf(const proto::Kernel &part) { return convShape(part, part.anchor()); }

int64_t batchOf(const Chain &chain) { return std::max<int64_t>(1, shapeOf(chain.last()).batch); }

const char *templateOf(const Chain &chain, size_t position) {
  return int(position) == chain.depthwise ? "conv_depthwise" : "conv_direct";
}

/// Microseconds of one core for a part with these knobs.
double serialMicroseconds(const Chain &chain, size_t position, const BlockCut &cut) {
  proto::Kernel alone = chain.parts[position];
  alone.mutable_target()->set_cores(1);
  return registry().findTemplate(templateOf(chain, position))->estimate(alone, scheduleOfPart(chain, position, cut));
}

/// The tile that the template of a dense part ranks best among those of one row; `divides`: whose pixels divide rows.
Tile denseTile(const proto::Kernel &part, bool divides) {
  const ConvShape shape = shapeOf(part);
  for (const proto::Schedule &schedule : registry().findTemplate("conv_direct")->rank(part)) {
    const Tile tile{knob(schedule, "vectors", 1), knob(schedule, "pixels", 1), knob(schedule, "rows", 1)};
    if (tile.rows == 1 && (!divides || shape.width() % tile.pixels == 0))
      return tile;
  }
  const TileProblem machine = machineOf(part.target());
  const int64_t vectors = ceilDiv(shape.outChannels, machine.lanes) % 2 == 0 ? 2 : 1;
  int64_t pixels = std::min<int64_t>(machine.registers / 2 - 2, shape.width());
  while (shape.width() % pixels != 0)
    --pixels;
  return {vectors, pixels, 1};
}

/// Rows of the dense part's result that a strip reads and the strip before it does not have, at the start of a task.
int64_t startRows(const Chain &chain) {
  const ConvShape shape = shapeOf(chain.strip());
  return std::max<int64_t>(0, (shape.kernel[0] - 1) * shape.dilations[0] + 1 - shape.strides[0]);
}

double taskEfficiency(int64_t tasks, int64_t cores) {
  const double few = tasks < 2 * cores ? 1.04 : 1; // Nothing left to even out what other programs take.
  return double(tasks) / double(ceilDiv(tasks, cores) * cores) / few;
}

/// Microseconds of one core for the parts.
struct Times {
  double expand = 0, others = 0;
};

Times timesOf(const Chain &chain, const BlockCut &cut) {
  Times times;
  for (size_t position = 0; position < chain.parts.size(); ++position)
    (position == 0 && chain.expands() ? times.expand : times.others) += serialMicroseconds(chain, position, cut);
  return times;
}

double allMicroseconds(const Chain &chain, const BlockCut &cut, const Times &times) {
  double again = 0;
  if (chain.expands())
    again = double((cut.groups - 1) * startRows(chain)) / double(shapeOf(chain.parts[0]).height());
  const double serial = times.expand * (1 + again) + times.others;
  const int64_t cores = std::max(1, chain.last().target().cores());
  if (cores == 1 || serial < leastParallelMicroseconds)
    return serial;
  return serial / (double(cores) * taskEfficiency(batchOf(chain) * cut.groups, cores)) + forkMicroseconds;
}

int64_t bestGroups(const Chain &chain, BlockCut cut, const Times &times) {
  const int64_t height = shapeOf(chain.last()).height();
  const int64_t most = std::min<int64_t>(height, 4 * std::max(1, chain.last().target().cores()));
  std::map<double, int64_t> found;
  for (cut.groups = 1; cut.groups <= most; ++cut.groups)
    if (height % cut.groups == 0 && height / cut.groups % cut.rows == 0)
      found.emplace(allMicroseconds(chain, cut, times), cut.groups);
  return found.begin()->second;
}

} // namespace

BlockCut cutOf(const proto::Schedule &schedule) {
  BlockCut cut;
  cut.expand = {knob(schedule, "expand_vectors", 1), knob(schedule, "expand_pixels", 1), 1};
  cut.project = {knob(schedule, "project_vectors", 1), knob(schedule, "project_pixels", 1), 1};
  cut.patch = knob(schedule, "patch", 1);
  cut.rows = knob(schedule, "rows", 1);
  cut.groups = knob(schedule, "groups", 1);
  return cut;
}

proto::Schedule scheduleOf(const BlockCut &cut) {
  proto::Schedule schedule;
  schedule.set_template_name("block");
  auto &knobs = *schedule.mutable_knobs();
  knobs["expand_vectors"] = cut.expand.vectors;
  knobs["expand_pixels"] = cut.expand.pixels;
  knobs["project_vectors"] = cut.project.vectors;
  knobs["project_pixels"] = cut.project.pixels;
  knobs["patch"] = cut.patch;
  knobs["rows"] = cut.rows;
  knobs["groups"] = cut.groups;
  return schedule;
}

proto::Schedule scheduleOfPart(const Chain &chain, size_t position, const BlockCut &cut) {
  proto::Schedule schedule;
  schedule.set_template_name(templateOf(chain, position));
  const bool depthwise = int(position) == chain.depthwise;
  const Tile tile = depthwise ? Tile{1, cut.patch, cut.rows} : position == 0 ? cut.expand : cut.project;
  auto &knobs = *schedule.mutable_knobs();
  knobs["pixels"] = tile.pixels;
  knobs["rows"] = tile.rows;
  if (!depthwise)
    knobs["vectors"] = tile.vectors;
  return schedule;
}

std::vector<BlockCut> rankCuts(const Chain &chain) {
  BlockCut cut;
  if (chain.expands())
    cut.expand = denseTile(chain.parts.front(), true);
  if (chain.projects())
    cut.project = denseTile(chain.last(), false);
  const ConvShape shape = shapeOf(chain.strip());
  std::multimap<double, BlockCut> found;
  for (cut.rows = 1; cut.rows <= (chain.expands() ? mostSlidingRows : mostRows); ++cut.rows)
    for (cut.patch = 1; cut.patch <= std::min<int64_t>(8, shape.width()); ++cut.patch) {
      const int64_t results = cut.patch * cut.rows;
      const bool fits = results == 1 || (results <= mostResults && results * shape.taps() <= mostUnrolled);
      if (!fits || shape.height() % cut.rows != 0)
        continue;
      const Times times = timesOf(chain, cut);
      cut.groups = bestGroups(chain, cut, times);
      found.emplace(allMicroseconds(chain, cut, times), cut);
    }
  std::vector<BlockCut> cuts;
  for (const auto &[time, candidate] : found)
    if (cuts.size() < 4)
      cuts.push_back(candidate);
  return cuts;
}

double blockMicroseconds(const Chain &chain, const BlockCut &cut) {
  return allMicroseconds(chain, cut, timesOf(chain, cut));
}

double hiddenBytes(const Chain &chain) {
  double bytes = 0;
  for (size_t i = 0; i + 1 < chain.parts.size(); ++i)
    bytes += double(elements(chain.parts[i].tensors(chain.parts[i].outputs(0)))) * 4;
  return bytes;
}

/// Measured on a Zen 5 with 32 MiB of third cache, MobileNetV2: hidden results of up to some 6 MB cost nothing, as the
/// caches hand them from kernel to kernel as fast as the second cache does a fused one; above some 20 MB each MB that
/// is written and read takes 20 us of a core longer (144@56 in a batch of 8: 2.88 ms apart, 1.88 ms fused).
static double savedMicroseconds(const Chain &chain) {
  constexpr double microsecondsPerMegabyte = 20;
  const proto::Target &target = chain.last().target();
  const double cache = double(machineOf(target).l3), bytes = hiddenBytes(chain);
  const double share = std::clamp((bytes - 0.2 * cache) / (0.4 * cache), 0.0, 1.0);
  return share * microsecondsPerMegabyte * bytes * 1e-6 / std::clamp(target.cores(), 1, 4);
}

bool blockPays(const proto::Kernel &kernel) {
  if (kernel.target().has_gpu() || !chainMisfit(kernel).empty())
    return false;
  const Chain chain = chainOf(kernel);
  const double saved = savedMicroseconds(chain);
  if (saved == 0) // All stages sit at their arithmetic bound, one kernel or three.
    return false;
  const std::vector<BlockCut> cuts = rankCuts(chain);
  if (cuts.empty())
    return false;
  double apart = 0;
  for (const proto::Kernel &part : chain.parts) {
    const char *name = &part == &chain.strip() ? "conv_depthwise" : "conv_direct";
    const Template &own = *registry().findTemplate(name);
    apart += own.estimate(part, own.rank(part).front());
  }
  const double fused = blockMicroseconds(chain, cuts.front());
  return fused < 0.97 * (apart + saved);
}

} // namespace convoy::schedules
