#pragma once

#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Tiling.h"
#include "schedules/winograd/Stages.h"

namespace convoy::schedules {

/// Knobs of a Winograd schedule, completed.
struct WinogradPlan {
  int outputs = 4;
  Tile tile; ///< Vectors of channels, tiles along x, tiles along y: of one product in registers.
  int64_t lanes = 16, block = 16;
  int64_t chunk = 0, parts = 1; ///< Input channels of a part (0: they are not cut); how many parts there are.
  int64_t tilesX = 1, tilesY = 1;
  int64_t columns = 1, strip = 1; ///< Tiles along x and y of a task.
  bool parallel = false;
  bool imageByImage = false; ///< Images follow each other, and are no tasks.
  bool inRegisters = false;  ///< Weights are transformed where they are multiplied.

  int points() const { return outputs + 2; }
};

/// The loops of the output.
struct WinogradLoops {
  Halide::Var column{"column"}, tileX{"tileX"}, tileY{"tileY"}, inX{"inX"}, inY{"inY"}, strip{"strip"}, block{"block"},
      inBlock{"inBlock"}, vector{"vector"}, lane{"lane"}, task{"task"}, groupX{"groupX"}, groupY{"groupY"};
};

/// What the templates of 3x3 convolutions by Winograd's F(4,3) or F(2,3) share: 2.25 to 4 times fewer multiplications.
class WinogradTemplate : public Template {
public:
  std::string misfit(const proto::Kernel &kernel) const override;
  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override;
  void apply(Graph &graph, const proto::Schedule &schedule) const override;

protected:
  /// The few that the model likes best.
  std::vector<proto::Schedule> bestOf(const proto::Kernel &kernel, std::vector<proto::Schedule> schedules) const;
  virtual WinogradPlan planOf(const proto::Kernel &kernel, const proto::Schedule &schedule) const = 0;
  virtual void scheduleStages(Graph &graph, WinogradStages &stages, const WinogradPlan &plan,
                              const ConvShape &shape) const = 0;
};

/// Factor on estimates: rounding grows with the transforms, so it must be worth it.
constexpr double winogradCaution = 1.15;

/// `outputs`, `tile` and what follows from them.
WinogradPlan commonPlan(const proto::Kernel &kernel, const ConvShape &shape, const proto::Schedule &schedule);

/// The products: one image of tiles per point of the transform.
TileProblem winogradProblem(const proto::Kernel &kernel, const ConvShape &shape, int outputs);

/// Cuts the output into tiles of `outputs` pixels; blocks of channels run inside of a strip of tile rows
/// (`blocksInside`) or outside. The last loop is `task`.
void scheduleWinogradOutput(Graph &graph, WinogradStages &stages, const WinogradPlan &plan, bool blocksInside);

/// Loops of the transformed input, `channels` of which a part holds.
void scheduleWinogradInput(WinogradStages &stages, const WinogradPlan &plan, int64_t channels);

/// Loops of the transformed weights, all but the outermost one over blocks.
void scheduleWinogradWeights(WinogradStages &stages, const WinogradPlan &plan, int64_t channels);

} // namespace convoy::schedules
