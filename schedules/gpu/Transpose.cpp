#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/Templates.h"
#include "schedules/gpu/Threads.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

/// Relayouts and transpositions after which other elements are neighbours: a square tile is read along the operand's
/// neighbours and written along the result's, turned in shared memory whose rows are one element longer than the tile,
/// so that no two threads of a warp meet in one bank.
class GpuTranspose : public Template {
public:
  std::string name() const override { return "gpu_transpose"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override {
    return {{"tile", 8, 32, "side of a tile"}, {"rows", 1, 32, "rows of a tile that are moved at once"}};
  }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (!turnOf(kernel))
      return "it does not turn one stored tensor";
    if (std::string result = misfitOfOutput(kernel); !result.empty())
      return result;
    return sideOf(kernel) < 8 ? "the turned dimensions are short or not known" : "";
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    const int64_t tile = knob(schedule, "tile", 32), rows = knob(schedule, "rows", 8);
    Launch launch;
    launch.blocks = double(elements(kernel.tensors(kernel.outputs(0)))) / double(tile * tile);
    launch.threads = int(tile * rows);
    launch.loads = double(tile) / double(rows);
    launch.sharedBytes = tile * (tile + 1) * bytesOf(kernel.tensors(kernel.outputs(0)).type());
    Work work = streamWork(kernel);
    work.memoryBytes *= tile < 32 ? 1.5 : 1.15; // Rows of a tile that are no whole lines; barriers.
    return microseconds(deviceOf(kernel.target()), launch, work);
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    proto::Schedule schedule;
    schedule.set_template_name(name());
    (*schedule.mutable_knobs())["tile"] = sideOf(kernel);
    (*schedule.mutable_knobs())["rows"] = 8;
    return {schedule};
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const Turn turn = *turnOf(*graph.kernel);
    const int tile = int(knob(schedule, "tile", 32)), rows = int(std::min<int64_t>(tile, knob(schedule, "rows", 8)));
    if (tile > sideOf(*graph.kernel) || tile % rows != 0)
      throw CompileError("a tile of " + std::to_string(tile) + " by rows of " + std::to_string(rows) +
                         " does not fit the turned dimensions");
    Func &output = graph.outputs[0];
    const OutputLoops loops(graph, 0, 1);
    const size_t other = loops.loopOf(turn.other);
    Var column("block_x"), row("block_y"), x("thread_x"), side("side"), y("thread_y"), step("step"), block("block");
    output.split(loops.var(0), column, x, tile, TailStrategy::ShiftInwards);
    output.split(loops.var(other), row, side, tile, TailStrategy::ShiftInwards).split(side, step, y, rows);
    std::vector<VarOrRVar> order{step, x, y, column, row};
    std::vector<Var> blocks{row};
    for (size_t i = 1; i < loops.size(); ++i)
      if (i != other) {
        order.push_back(loops.var(i));
        blocks.push_back(loops.var(i));
      }
    output.reorder(order).unroll(step);
    Var joined = column;
    for (size_t i = 0; i < blocks.size(); ++i) {
      Var next = i + 1 == blocks.size() ? block : Var("blocks");
      output.fuse(joined, blocks[i], next);
      joined = next;
    }
    output.gpu_blocks(block).gpu_threads(x, y);
    stage(graph.values[graph.kernel->ops(turn.op).outputs(0)], output, block, size_t(loops.argumentOf(0)),
          size_t(turn.other), tile, rows);
  }

private:
  /// The tile in shared memory: neighbouring threads along the operand's neighbours.
  static void stage(Func turned, Func output, const Var &block, size_t inner, size_t other, int tile, int rows) {
    const Var along = turned.args()[other], across = turned.args()[inner];
    std::vector<Var> storage{along, across};
    std::vector<VarOrRVar> order;
    for (const Var &argument : turned.args())
      if (argument.name() != along.name() && argument.name() != across.name()) {
        storage.push_back(argument);
        order.push_back(argument);
      }
    Var step("step"), y("thread_y");
    turned.compute_at(output, block).store_in(MemoryType::GPUShared);
    turned.reorder_storage(storage).align_storage(along, tile + 1);
    turned.bound_extent(along, tile).bound_extent(across, tile).split(across, step, y, rows);
    std::vector<VarOrRVar> all{step, along, y};
    all.insert(all.end(), order.begin(), order.end());
    turned.reorder(all).unroll(step).gpu_threads(along, y);
  }

  /// The longest side, 32 at most, that both turned dimensions have; 0 for symbols.
  static int64_t sideOf(const proto::Kernel &kernel) {
    const Turn turn = *turnOf(kernel);
    const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
    const int64_t extent =
        std::min(extentOf(output, innermost(output)), extentOf(output, rankOf(output) - 1 - turn.other));
    return extent >= 32 ? 32 : extent >= 16 ? 16 : extent >= 8 ? 8 : 0;
  }
};

} // namespace

void registerTranspose(Registry &registry) { registry.add<GpuTranspose>(); }

} // namespace convoy::schedules::gpu
