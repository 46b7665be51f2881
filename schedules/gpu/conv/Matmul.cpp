#include "schedules/conv/Epilogue.h"
#include "schedules/conv/Operands.h"
#include "schedules/core/Algorithm.h"
#include "schedules/core/Tensors.h"
#include "schedules/gpu/conv/Templates.h"
#include "schedules/gpu/product/Memory.h"
#include "schedules/gpu/product/Staged.h"
#include "schedules/gpu/product/Terms.h"
#include "schedules/matmul/ProductShape.h"

#include <algorithm>

using namespace Halide;

namespace convoy::schedules::gpu {

namespace {

int64_t assumed(int64_t extent) { return extent < 0 ? ProductShape::symbolicExtent : extent; }

ProductProblem problemOf(const proto::Kernel &kernel, const ProductShape &shape) {
  ProductProblem problem;
  problem.device = deviceOf(kernel.target());
  problem.lanes = vector;
  problem.channels = shape.columns;
  problem.depth = Terms(kernel).steps(assumed(shape.depth));
  problem.x.extent = assumed(shape.rows);
  problem.outer = double(shape.outer) * double(assumed(shape.images));
  problem.memoryBytes = parameterBytes(kernel);
  problem.splits = isStatic(kernel);
  problem.functions = double(functionsOf(kernel));
  return problem;
}

/// Batched matrix product whose terms lie in shared memory: see StagedProduct. Columns of the result are channels, rows
/// are pixels.
class GpuMatmul : public Template {
public:
  std::string name() const override { return "gpu_matmul"; }
  bool onGpu() const override { return true; }
  std::vector<Knob> knobs() const override { return productKnobs(); }

  std::string misfit(const proto::Kernel &kernel) const override {
    if (std::string misfit = tileMisfit(kernel, "matmul"); !misfit.empty())
      return misfit;
    const ProductShape shape = productShape(kernel);
    if (shape.columns < 0)
      return "columns are symbolic";
    if (shape.rank < 2 || rankOf(kernel.tensors(shape.lhs)) < 2 || rankOf(kernel.tensors(shape.rhs)) < 2)
      return "an operand is no matrix";
    return {};
  }

  double estimate(const proto::Kernel &kernel, const proto::Schedule &schedule) const override {
    return estimateProduct(problemOf(kernel, productShape(kernel)), tileOf(schedule, vector));
  }

  std::vector<proto::Schedule> rank(const proto::Kernel &kernel) const override {
    std::vector<proto::Schedule> schedules;
    for (const ProductTile &tile : rankProducts(problemOf(kernel, productShape(kernel)), 8)) {
      schedules.emplace_back().set_template_name(name());
      setKnobs(schedules.back(), tile);
    }
    return schedules;
  }

  proto::Layout wantedLayout(const proto::Kernel &kernel, const proto::Schedule &schedule, int input) const override {
    const ProductShape shape = productShape(kernel);
    const int tensor = kernel.inputs(input);
    if (tensor == shape.lhs)
      return kernel.tensors(tensor).layout();
    if (tensor != shape.rhs)
      return channelVectorLayout(kernel, tensor, shape.rank - 1, vector);
    SummedLayout wanted{{}, shape.rhsDepth, shape.rhsColumn, shape.columns, tileOf(schedule, vector).blockC()};
    for (int dim = 0; dim + 2 < rankOf(kernel.tensors(tensor)); ++dim)
      wanted.outer.push_back(dim);
    return summedLayout(Terms(kernel), wanted);
  }

  void apply(Graph &graph, const proto::Schedule &schedule) const override {
    const proto::Kernel &kernel = *graph.kernel;
    const ProductShape shape = productShape(kernel);
    const ProductTile tile = tileOf(schedule, vector);
    if (sharedBytes(problemOf(kernel, shape), tile) > kernel.target().gpu().shared_bytes())
      throw CompileError("the knobs of gpu_matmul ask for more shared memory than a block has");
    const StoreCut cut = cutStore(kernel, shape.rank - 1);
    widenOutput(graph, shape.rank - 1, cut.channels);
    setSymbolicStrides(graph);
    Builder builder(graph, shape, tile);
    StagedProduct product = builder.build();
    ProductStore store = storeOf(builder, graph);
    store.vectors = tile.split > 1 || cut.vectors;
    if (tile.split > 1)
      store.func.compute_root()
          .store_in(MemoryType::Heap)
          .bound(store.channel, 0, int32_t(ceilDiv(shape.columns, vector) * vector));
    product.elements = stagedElements(problemOf(kernel, shape), tile);
    scheduleProduct(product, store, tile, kernel.target());
    if (tile.split > 1)
      storeSum(graph, shape.rank - 1, cut);
  }

private:
  class Builder {
  public:
    Builder(Graph &graph, const ProductShape &shape, const ProductTile &tile)
        : graph(graph), shape(shape), tile(tile), terms(*graph.kernel), context(graph, graph.kernel->anchor()),
          vars(graph.vars.begin(), graph.vars.begin() + shape.rank),
          depth(graph.extent(graph.tensorOf(shape.rhs), shape.rhsDepth)),
          steps(terms.each() == 1 ? depth : Internal::simplify((depth + 3) / 4)) {}

    Func parts; ///< Stored parts of sums, if they are split.

    StagedProduct build() {
      StagedProduct product;
      const int32_t step = int32_t(tile.chunk * tile.split);
      const RDom r({{0, int32_t(vector)}, {0, int32_t(tile.chunk / vector)}, {0, (steps + (step - 1)) / step}}, "r");
      product.left = left(product);
      product.right = right(product);
      std::vector<Var> arguments = vars;
      if (tile.split > 1)
        arguments.push_back(part);
      Expr chunk = tile.split > 1 ? part * ((steps + (step - 1)) / step) + r[2] : Expr(r[2]);
      Expr term = chunk * int32_t(tile.chunk) + r[1] * int32_t(vector) + r[0];
      std::vector<Expr> leftAt{term, vars[1]}, rightAt{vars[0], term};
      leftAt.insert(leftAt.end(), vars.begin() + 2, vars.end());
      rightAt.insert(rightAt.end(), vars.begin() + 2, vars.end());
      product.sum = Func("sum");
      product.sum(arguments) = cast(terms.sumType(), 0);
      product.sum(arguments) = terms.plus(product.sum(std::vector<Expr>(arguments.begin(), arguments.end())),
                                          product.left(leftAt), product.right(rightAt));
      product.inThread = {RVar(r[0]), RVar(r[1])};
      product.inBlock = {RVar(r[2])};
      product.channel = vars[0];
      product.pixel = vars[1];
      replaceValue(graph, graph.anchorOp().outputs(0), result(product, arguments));
      return product;
    }

  private:
    Graph &graph;
    const ProductShape &shape;
    const ProductTile &tile;
    const Terms terms;
    const OpContext context;
    const std::vector<Var> vars;
    const Expr depth; ///< Elements of a sum.
    const Expr steps; ///< Of the terms.
    Var k{"k"}, part{"part"};

    /// Arguments of one operand: its own last two, and the leading ones under broadcast.
    std::vector<Expr> operandAt(int operand, int innerDim, const Expr &inner, const Expr &outer) const {
      std::vector<Expr> read = context.broadcast(operand, context.arguments());
      const bool last = innerDim == rankOf(context.inputTensor(operand)) - 1;
      read[0] = last ? inner : outer;
      read[1] = last ? outer : inner;
      return read;
    }

    /// `at`, at most the last index that may be read; `vectors`: four neighbours stay neighbours.
    static Expr clamped(const Expr &at, const Expr &extent, bool vectors) {
      if (!vectors)
        return min(at, extent - 1);
      const int32_t lanes = int32_t(vector);
      return min(at / lanes, (extent + (lanes - 1)) / lanes - 1) * lanes + at % lanes;
    }

    /// Whether blocks read whole chunks of steps alone.
    bool isExact() const { return shape.depth > 0 && terms.steps(shape.depth) % (tile.chunk * tile.split) == 0; }

    /// A step of an operand along its dimension `dim`. Elements beyond the last are zero.
    Expr stagedStep(const Expr &step, int tensor, int dim, const Terms::Read &at) const {
      const StepsInMemory lie = stepsInMemory(*graph.kernel, tensor, dim, shape.depth);
      const bool together = lie.together && (lie.zeros || tensor != shape.rhs);
      auto guarded = [&](const Expr &element) {
        if (together || terms.each() == 1)
          return at(element);
        Expr value = at(min(element, depth - 1));
        return select(element < depth, value, cast(value.type(), 0));
      };
      return terms.staged(step * int32_t(terms.each()), guarded, together);
    }

    Func left(StagedProduct &product) {
      const proto::Tensor &tensor = graph.tensorOf(shape.lhs);
      const bool vectors = stepsInMemory(*graph.kernel, shape.lhs, shape.lhsDepth, shape.depth).vectors;
      product.leftNeighbours = vectors                               ? Neighbours::FirstVectors
                               : innermost(tensor) == shape.lhsDepth ? Neighbours::First
                                                                     : Neighbours::Second;
      Expr row = min(vars[1], graph.extent(tensor, shape.lhsRow) - 1);
      Expr step = isExact() ? Expr(k) : clamped(k, steps, vectors);
      Expr value = stagedStep(step, shape.lhs, shape.lhsDepth, [&](const Expr &element) {
        return graph.values[shape.lhs](operandAt(0, shape.lhsDepth, element, row));
      });
      // Vectors of a row whose length 4 divides are wholly inside or outside.
      const int32_t lanes = int32_t(vector);
      const bool whole = vectors && terms.steps(shape.depth) % vector == 0;
      Expr inside = whole ? k / lanes < steps / lanes : k < steps;
      std::vector<Var> arguments{k, vars[1]};
      arguments.insert(arguments.end(), vars.begin() + 2, vars.end());
      Func staged("left");
      staged(arguments) = isExact() ? value : select(inside, value, terms.filled(0));
      return staged;
    }

    /// Zero beyond the last step too: no infinity may meet the zeros of the left side there.
    Func right(StagedProduct &product) {
      const proto::Tensor &tensor = graph.tensorOf(shape.rhs);
      const int64_t covered = ceilDiv(shape.columns, tile.blockC()) * tile.blockC();
      const bool covers = coversChannels(*graph.kernel, shape.rhs, shape.rhsColumn, covered);
      const bool neighbours = orderOf(tensor).back() == shape.rhsColumn;
      const bool vectors = neighbours && beginsAligned(tensor, shape.rhsColumn) &&
                           allocatedExtent(tensor, shape.rhsColumn) - before(tensor.layout(), shape.rhsColumn) >=
                               ceilDiv(shape.columns, vector) * vector;
      product.rightNeighbours = vectors      ? Neighbours::FirstVectors
                                : neighbours ? Neighbours::First
                                             : Neighbours::Second;
      Expr column = covers ? Expr(vars[0]) : clamped(vars[0], int32_t(shape.columns), vectors);
      Expr value = stagedStep(min(k, steps - 1), shape.rhs, shape.rhsDepth, [&](const Expr &element) {
        return graph.values[shape.rhs](operandAt(1, shape.rhsColumn, column, element));
      });
      std::vector<Var> arguments{vars[0], k};
      arguments.insert(arguments.end(), vars.begin() + 2, vars.end());
      Func staged("right");
      staged(arguments) = isExact() ? value : select(k < steps, value, terms.filled(0));
      return staged;
    }

    Func result(const StagedProduct &product, const std::vector<Var> &arguments) {
      const std::vector<Expr> at(arguments.begin(), arguments.end());
      if (tile.split > 1) {
        parts = Func("parts");
        parts(arguments) = product.sum(at);
      }
      Expr value;
      for (int64_t i = 0; i < tile.split; ++i) {
        std::vector<Expr> call(vars.begin(), vars.end());
        if (tile.split > 1)
          call.emplace_back(int32_t(i));
        Expr term = tile.split > 1 ? parts(call) : product.sum(call);
        value = value.defined() ? value + term : term;
      }
      Func made("product");
      made(vars) = value;
      return made;
    }
  };

  static ProductStore storeOf(const Builder &builder, Graph &graph) {
    ProductStore store;
    store.func = builder.parts.defined() ? builder.parts : graph.outputs[0];
    const std::vector<Var> args = store.func.args();
    store.channel = args[0];
    store.pixel = args[1];
    store.others.assign(args.begin() + 2, args.end());
    return store;
  }
};

} // namespace

void registerMatmul(Registry &registry) { registry.add<GpuMatmul>(); }

} // namespace convoy::schedules::gpu
