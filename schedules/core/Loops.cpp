#include "schedules/core/Loops.h"
#include "schedules/core/Tensors.h"

#include <algorithm>
#include <set>

using namespace Halide;

namespace convoy::schedules {

namespace {

/// Nanoseconds that an element of an elementwise function takes beside its memory, on one core.
double functionNanoseconds(const proto::Op &op) {
  static const std::set<std::string> heavy{
      "exp", "log", "erf",  "sin",  "cos",  "tan",  "asin",  "acos",    "atan",  "sinh",  "cosh",     "tanh",
      "pow", "elu", "selu", "celu", "mish", "gelu", "swish", "sigmoid", "asinh", "acosh", "softplus", "gelu_tanh"};
  auto function = op.attributes().find("function");
  if (op.kind() != "elementwise" || function == op.attributes().end())
    return 0.02;
  return heavy.count(function->second.text()) ? 0.4 : 0.03;
}

double bytesOfTensor(const proto::Tensor &tensor) { return double(elements(tensor) * bytesOf(tensor.type())); }

} // namespace

const proto::Tensor &storedLike(const proto::Kernel &kernel, int tensor) {
  const proto::Tensor &wanted = kernel.tensors(tensor);
  auto parameter = [&](int position) {
    return std::find(kernel.inputs().begin(), kernel.inputs().end(), position) != kernel.inputs().end();
  };
  int position = tensor;
  for (int i = kernel.ops_size() - 1; i >= 0 && !parameter(position); --i) {
    const proto::Op &op = kernel.ops(i);
    if (op.outputs(0) != position || (op.kind() != "elementwise" && op.kind() != "cast" && op.kind() != "lookup"))
      continue;
    for (int operand : op.inputs())
      if (operand >= 0 && elements(kernel.tensors(operand)) == elements(wanted) &&
          rankOf(kernel.tensors(operand)) == rankOf(wanted)) {
        position = operand;
        break;
      }
  }
  return kernel.tensors(position);
}

double streamMicroseconds(const proto::Kernel &kernel) {
  double bytes = 0, arithmetic = 0;
  for (int position : kernel.inputs())
    bytes += bytesOfTensor(kernel.tensors(position));
  for (int position : kernel.outputs())
    bytes += bytesOfTensor(kernel.tensors(position));
  for (const proto::Op &op : kernel.ops())
    arithmetic += functionNanoseconds(op) * double(elements(kernel.tensors(op.outputs(0))));
  const double gigabytes = bytes < double(kernel.target().l2_bytes()) ? 60 : 25;
  return 0.2 + std::max(bytes / gigabytes, arithmetic) * 1e-3;
}

int64_t tasksFor(const proto::Kernel &kernel, double microseconds) {
  if (!isStatic(kernel)) // Extents may be large.
    return 4 * std::max(1, kernel.target().cores());
  // Small ones too, so that a core finds in its caches what it wrote; a task costs 0.3 us.
  const int64_t cores = std::max(1, kernel.target().cores()), most = 4 * cores;
  const int64_t small = std::min(cores, int64_t(microseconds / 1.5));
  return std::clamp<int64_t>(std::max(int64_t(microseconds / 20), small), 1, most);
}

namespace {
/// Whether an element of the op's result reads operands at its own position along dimension `dim`.
bool keepsDim(const proto::Op &op, int dim) {
  static const std::set<std::string> pointwise{"elementwise", "cast", "constant", "lookup", "relayout"};
  if (pointwise.count(op.kind()))
    return true;
  if (op.kind() == "pool")
    return dim < 2;
  if (op.kind() != "reduce" && op.kind() != "resize")
    return false;
  auto keep = op.attributes().find("keep_dims");
  if (op.kind() == "reduce" && keep != op.attributes().end() && keep->second.ints(0) == 0)
    return false;
  const auto &axes = op.attributes().at("axes").ints();
  return std::find(axes.begin(), axes.end(), dim) == axes.end();
}
} // namespace

int64_t padInnermost(Graph &graph, int output, int lanes) {
  const proto::Kernel &kernel = *graph.kernel;
  const proto::Tensor &tensor = graph.tensorOf(kernel.outputs(output));
  if (rankOf(tensor) == 0)
    return 1;
  if (tensor.layout().block() > 0)
    return tensor.layout().block();
  const int inner = innermost(tensor);
  const int64_t extent = extentOf(tensor, inner);
  if (extent < 0)
    return -1;
  const int64_t padded = (extent + lanes - 1) / lanes * lanes;
  if (padded == extent || writableExtent(tensor, inner) < padded)
    return extent;
  const int fromEnd = rankOf(tensor) - inner;
  if (!std::all_of(kernel.ops().begin(), kernel.ops().end(), [&](const proto::Op &op) { return keepsDim(op, inner); }))
    return extent;
  for (int position : kernel.inputs()) {
    const proto::Tensor &input = kernel.tensors(position);
    const int dim = rankOf(input) - fromEnd;
    if (dim < 0 || extentOf(input, dim) == 1 || isTable(kernel, position))
      continue;
    if (input.layout().block() > 0 || dim != innermost(input) || allocatedExtent(input, dim) < padded)
      return extent;
  }
  graph.outputs[output].output_buffer().dim(rankOf(tensor) - 1 - inner).set_extent(int32_t(padded));
  return padded;
}

int lanesFor(int64_t extent, int lanes) {
  while (extent > 0 && lanes > extent)
    lanes /= 2;
  return lanes;
}

namespace {
TailStrategy tailOf(int64_t extent, int64_t factor) {
  return extent > 0 && extent % factor == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf;
}
} // namespace

void vectorizeLoop(Func &func, Var var, int64_t extent, int lanes) {
  lanes = lanesFor(extent, lanes);
  if (lanes > 1)
    func.vectorize(var, lanes, tailOf(extent, lanes));
}

std::optional<Turn> turnOf(const proto::Kernel &kernel) {
  if (kernel.ops_size() == 0 || kernel.outputs_size() != 1)
    return std::nullopt;
  const proto::Op &first = kernel.ops(0);
  const bool transposes = first.kind() == "transpose";
  if (!transposes && first.kind() != "relayout")
    return std::nullopt;
  for (int i = 1; i < kernel.ops_size(); ++i)
    if (kernel.ops(i).kind() != "elementwise" && kernel.ops(i).kind() != "cast" && kernel.ops(i).kind() != "constant")
      return std::nullopt;
  const proto::Tensor &input = kernel.tensors(first.inputs(0)), &output = kernel.tensors(kernel.outputs(0));
  const proto::Tensor &turned = kernel.tensors(first.outputs(0));
  const bool stored =
      std::find(kernel.inputs().begin(), kernel.inputs().end(), first.inputs(0)) != kernel.inputs().end();
  if (!stored || rankOf(output) != rankOf(turned) || rankOf(output) < 2 || input.layout().block() > 0)
    return std::nullopt;
  int dim = innermost(input);
  if (transposes) {
    const auto &permutation = first.attributes().at("permutation").ints();
    dim = int(std::find(permutation.begin(), permutation.end(), dim) - permutation.begin());
  }
  if (dim == innermost(output))
    return std::nullopt;
  return Turn{0, rankOf(output) - 1 - dim};
}

std::string misfitOfOutput(const proto::Kernel &kernel) {
  if (kernel.outputs_size() != 1)
    return "there are several outputs";
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  if (rankOf(output) == 0)
    return "the output is a scalar";
  return output.layout().block() > 0 ? "the output is blocked" : "";
}

std::string misfitOfResult(const proto::Kernel &kernel) {
  if (std::string misfit = misfitOfOutput(kernel); !misfit.empty())
    return misfit;
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  const proto::Tensor &result = kernel.tensors(kernel.ops(kernel.anchor()).outputs(0));
  bool same = rankOf(output) == rankOf(result);
  for (int dim = 0; same && dim < rankOf(output); ++dim)
    same = output.dims(dim).SerializeAsString() == result.dims(dim).SerializeAsString();
  return same ? "" : "the output has other dimensions than the anchor's result";
}

bool fillsUp(const proto::Kernel &kernel, const proto::Tensor &output) {
  return kernel.ops_size() == 1 && kernel.ops(0).kind() == "relayout" && rankOf(output) == 4 &&
         output.layout().block() == 0 && innermost(output) == 1 && extentOf(output, 1) == 3 &&
         allocatedExtent(output, 1) == 4 && writableExtent(output, 1) == 4;
}

OutputLoops::OutputLoops(Graph &graph, int output, int wantedLanes) : func(graph.outputs[output]), lanes(wantedLanes) {
  const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(output));
  const bool blocked = tensor.layout().block() > 0;
  extents.push_back(padInnermost(graph, output, lanes));
  if (blocked)
    positions.push_back(0);
  const std::vector<int> order = orderOf(tensor);
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    positions.push_back(rankOf(tensor) - 1 - *dim + blocked);
    if (positions.size() == 1)
      continue;
    const int64_t extent = extentOf(tensor, *dim), block = tensor.layout().block();
    extents.push_back(blocked && *dim == tensor.layout().block_dim() && extent >= 0 ? (extent + block - 1) / block
                                                                                    : extent);
  }
  const std::vector<Var> arguments = func.args();
  for (int position : positions)
    loops.push_back(arguments[size_t(position)]);
  if (loops.size() > 1)
    func.reorder(std::vector<VarOrRVar>(loops.begin(), loops.end()));
  lanes = lanesFor(extents[0], lanes);
}

void OutputLoops::vectorize(Var outer, Var lane, bool recompute) {
  const bool whole = extents[0] > 0 && extents[0] % lanes == 0;
  const TailStrategy tail =
      recompute && extents[0] >= lanes && !whole ? TailStrategy::ShiftInwards : tailOf(extents[0], lanes);
  func.split(loops[0], outer, lane, lanes, tail).vectorize(lane);
  replace(0, outer, lanes);
}

void OutputLoops::replace(size_t i, Var var, int64_t factor) {
  loops[i] = var;
  extents[i] = extents[i] < 0 ? -1 : (extents[i] + factor - 1) / factor;
}

void parallelizeOuter(Func &func, const std::vector<Var> &loops, const std::vector<int64_t> &extents, size_t inner,
                      int64_t tasks) {
  if (tasks <= 1 || loops.size() <= inner)
    return;
  // Joins loops from the outermost until there are enough iterations to share.
  size_t first = loops.size() - 1;
  int64_t count = extents[first];
  Var joined = loops[first];
  while (first > inner && count >= 0 && count < tasks * 4) {
    --first;
    Var next("task");
    func.fuse(loops[first], joined, next);
    joined = next;
    count = extents[first] < 0 ? -1 : count * extents[first];
  }
  const int64_t chunk = count < 0 ? 1 : (count + tasks - 1) / tasks;
  if (chunk > 1)
    func.parallel(joined, int32_t(chunk), tailOf(count, chunk));
  else
    func.parallel(joined);
}

namespace {
/// Whether parts are put side by side along the innermost axis of the output.
bool joinsInnermost(const proto::Kernel &kernel) {
  const proto::Tensor &output = kernel.tensors(kernel.outputs(0));
  for (const proto::Op &op : kernel.ops())
    if (op.kind() == "concat" && op.attributes().at("axis").ints(0) == innermost(output))
      return true;
  return false;
}

/// Lanes of whole vectors, not below a quarter of a register; a register's if there are none.
int lanesDividing(int64_t extent, int lanes) {
  for (int used = lanes; used >= lanes / 4 && used > 1; used /= 2)
    if (extent % used == 0)
      return used;
  return lanes;
}

/// Few channels of pixels that lie side by side: a vector of each channel is computed, and they are stored interleaved.
bool interleaves(const OutputLoops &loops, const proto::Tensor &tensor, int64_t channels, int lanes) {
  return loops.size() > 1 && channels >= 2 && channels <= 4 && loops.extent(1) >= lanes &&
         tensor.layout().block() == 0 && allocatedExtent(tensor, innermost(tensor)) == channels;
}
} // namespace

void scheduleStream(Graph &graph, int output, int64_t tasks) {
  const proto::Tensor &tensor = graph.tensorOf(graph.kernel->outputs(output));
  if (rankOf(tensor) == 0)
    return;
  const int lanes = vectorLanes(graph.kernel->target(), tensor.type());
  OutputLoops loops(graph, output, lanes);
  const int64_t inner = loops.extent(0);
  Func &func = graph.outputs[output];
  // One long row is cut into chunks of whole vectors, which take the place of the outer loops.
  if (loops.size() == 1 && tasks > 1 && inner > tasks * lanes * 4) {
    const int64_t chunk = (inner / tasks + lanes - 1) / lanes * lanes;
    Var task("task"), rest("rest");
    func.split(loops.var(0), task, rest, int32_t(chunk),
               inner % chunk == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf);
    func.parallel(task);
    vectorizeLoop(func, rest, chunk, lanes);
    return;
  }
  const int64_t channels = fillsUp(*graph.kernel, tensor) ? 4 : inner;
  if (interleaves(loops, tensor, channels, lanes)) {
    if (channels != inner) {
      func.output_buffer().dim(loops.argumentOf(0)).set_extent(int32_t(channels));
      func.bound(loops.var(0), 0, int32_t(channels));
    }
    Var outer("outer"), lane("lane");
    const int used = lanesDividing(loops.extent(1), lanes);
    func.split(loops.var(1), outer, lane, used, tailOf(loops.extent(1), used));
    loops.replace(1, outer, used);
    func.reorder(lane, loops.var(0), outer).vectorize(lane).unroll(loops.var(0));
    loops.parallelize(2, tasks);
    return;
  }
  // Parts that lie side by side are told apart once per vector: unrolled, that is when compiled.
  const int used = lanesFor(inner, lanes);
  if (joinsInnermost(*graph.kernel) && inner > used && inner <= 64 * used) {
    Var vector("vector"), lane("lane");
    loops.vectorize(vector, lane);
    func.unroll(vector);
  } else {
    vectorizeLoop(func, loops.var(0), inner, lanes);
  }
  loops.parallelize(1, tasks);
}

bool hasLookups(const proto::Kernel &kernel) {
  return std::any_of(kernel.ops().begin(), kernel.ops().end(),
                     [](const proto::Op &op) { return op.kind() == "lookup"; });
}

bool isTable(const proto::Kernel &kernel, int tensor) {
  return std::any_of(kernel.ops().begin(), kernel.ops().end(), [&](const proto::Op &op) {
    return op.kind() == "lookup" && op.inputs(1) == tensor && op.inputs(0) != tensor;
  });
}

} // namespace convoy::schedules
