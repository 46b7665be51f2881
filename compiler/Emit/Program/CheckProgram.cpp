#include "compiler/Emit/Program/CheckProgram.h"

#include "compiler/Emit/Program/Geometry.h"
#include "compiler/Weights/DataTypes.h"

#include <convoy/module.h>

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <set>

namespace convoy::compiler {

/// Code reaches all of a module by 32-bit offsets; this leaves room for the rest.
static constexpr int64_t largestWeights = int64_t(1900) << 20;

namespace {

/// Checks one part of the program after the other; the first complaint is kept.
class Checker {
public:
  explicit Checker(const proto::Program &program) : program(program) {}

  Status check() {
    if (program.weight_bytes() < 0 || program.weight_bytes() > largestWeights)
      fail("weights of " + std::to_string(program.weight_bytes()) + " bytes; a module holds at most " +
           std::to_string(largestWeights));
    checkDevice();
    checkExpressions();
    for (int i = 0; i < program.inputs_size(); ++i)
      checkPort(program.inputs(i), "input " + std::to_string(i), true);
    for (int i = 0; i < program.outputs_size(); ++i)
      checkPort(program.outputs(i), "output " + std::to_string(i), false);
    checkSymbols();
    checkSize(program.arena_bytes(), "arena_bytes");
    checkSize(program.host_arena_bytes(), "host_arena_bytes");
    for (int i = 0; i < program.requirements_size(); ++i)
      checkRequirement(program.requirements(i), "requirement " + std::to_string(i));
    for (int i = 0; i < program.buffers_size(); ++i)
      checkBuffer(program.buffers(i), "buffer " + std::to_string(i));
    for (int i = 0; i < program.prepare_steps_size(); ++i)
      checkPrepareStep(program.prepare_steps(i), "prepare step " + std::to_string(i));
    for (int i = 0; i < program.steps_size(); ++i)
      checkStep(program.steps(i), "step " + std::to_string(i));
    if (message.empty())
      return ok();
    return Error{"program '" + program.name() + "': " + message};
  }

private:
  void fail(const std::string &why) {
    if (message.empty())
      message = why;
  }

  static bool within(int64_t position, int64_t size) { return position >= 0 && position < size; }

  bool onDevice() const { return program.target().has_gpu(); }

  /// What only programs for a device have.
  void checkDevice() {
    if (onDevice() && program.target().gpu().capability() <= 0)
      fail("its target has a GPU without capability");
    if (program.device_scratch_bytes() < 0 || (!onDevice() && program.device_scratch_bytes() > 0))
      fail("scratch on a device of " + std::to_string(program.device_scratch_bytes()) + " bytes");
    if (!onDevice() && program.has_host_arena_bytes())
      fail("host_arena_bytes is for programs for a device");
  }

  void checkSize(const proto::Size &size, const std::string &where, int limit = -1) {
    if (!size.has_expression())
      return;
    if (!within(size.expression(), limit < 0 ? program.expressions_size() : limit))
      fail(where + ": no expression " + std::to_string(size.expression()) + " is known here");
  }

  void checkExpressions() {
    for (int i = 0; i < program.expressions_size(); ++i) {
      const proto::Expression &expression = program.expressions(i);
      std::string where = "expression " + std::to_string(i);
      if (!proto::Expression::Kind_IsValid(expression.kind()))
        fail(where + ": unknown kind");
      if (expression.kind() == proto::Expression::SYMBOL) {
        if (expression.lhs().has_expression() || !within(expression.lhs().constant(), program.symbols_size()))
          fail(where + ": no such symbol");
        continue;
      }
      checkSize(expression.lhs(), where, i);
      checkSize(expression.rhs(), where, i);
    }
  }

  void checkShape(const google::protobuf::RepeatedPtrField<proto::Size> &dims, proto::DataType type,
                  const std::string &where) {
    if (dims.size() > CONVOY_MAX_RANK)
      fail(where + ": rank " + std::to_string(dims.size()) + ", at most " + std::to_string(CONVOY_MAX_RANK));
    if (!proto::DataType_IsValid(type) || type == proto::DATA_TYPE_UNSPECIFIED)
      fail(where + ": no element type");
    int64_t elements = 1;
    for (const proto::Size &dim : dims) {
      checkSize(dim, where);
      if (dim.has_expression())
        continue;
      if (!within(dim.constant(), int64_t(INT32_MAX) + 1))
        return fail(where + ": dimension " + std::to_string(dim.constant()));
      elements *= std::max<int64_t>(dim.constant(), 1);
      if (elements > INT32_MAX)
        return fail(where + ": 2^31 or more elements");
    }
  }

  void checkPort(const proto::Port &port, const std::string &where, bool isInput) {
    checkShape(port.dims(), port.type(), where);
    for (int dim : port.bounded())
      if (!within(dim, port.dims_size()))
        fail(where + ": no dimension " + std::to_string(dim));
    for (const proto::Size &dim : port.dims()) {
      if (!isInput || !dim.has_expression() || !within(dim.expression(), program.expressions_size()))
        continue;
      const proto::Expression &expression = program.expressions(dim.expression());
      if (expression.kind() == proto::Expression::SYMBOL)
        bound.insert(expression.lhs().constant());
      else
        fail(where + " ('" + port.name() + "'): a dimension of an input is a number or a symbol");
    }
  }

  void checkRequirement(const proto::Requirement &requirement, const std::string &where) {
    if (!requirement.value().has_expression() || !proto::Requirement::Kind_IsValid(requirement.kind()))
      fail(where + ": must say something about an expression");
    checkSize(requirement.value(), where);
  }

  void checkSymbols() {
    for (int i = 0; i < program.symbols_size(); ++i)
      if (!bound.count(i))
        fail("symbol '" + program.symbols(i) + "' is no dimension of an input");
  }

  void checkLayout(const proto::Buffer &buffer, const std::string &where) {
    const proto::Layout &layout = buffer.layout();
    int rank = buffer.dims_size();
    std::set<int> order(layout.order().begin(), layout.order().end());
    bool isPermutation = static_cast<int>(order.size()) == rank && layout.order_size() == rank &&
                         (rank == 0 || (*order.begin() == 0 && *order.rbegin() == rank - 1));
    if (layout.order_size() > 0 && !isPermutation)
      fail(where + ": the layout's order is no permutation");
    for (const auto *around : {&layout.before(), &layout.after()}) {
      if (!around->empty() && around->size() != rank)
        fail(where + ": the layout has surroundings for " + std::to_string(around->size()) + " dimensions");
      for (int64_t elements : *around)
        if (!within(elements, INT32_MAX))
          fail(where + ": the layout has surroundings of " + std::to_string(elements) + " elements");
    }
    if (layout.block() < 0 || layout.block() > 1024 || (layout.block() > 0 && !within(layout.block_dim(), rank)) ||
        (layout.block() > 0 && rank == CONVOY_MAX_RANK))
      fail(where + ": blocks of the layout");
  }

  /// Allocated bytes if all is constant, else -1.
  static int64_t bytesOf(const proto::Buffer &buffer) {
    const proto::Layout &layout = buffer.layout();
    double bytes = static_cast<double>(weights::sizeOf(buffer.type()));
    for (int dim = 0; dim < buffer.dims_size(); ++dim) {
      if (buffer.dims(dim).has_expression())
        return -1;
      int64_t extent = buffer.dims(dim).constant();
      if (layout.block() > 0 && layout.block_dim() == dim)
        extent = (extent + layout.block() - 1) / layout.block() * layout.block();
      extent += layout.before_size() > 0 ? layout.before(dim) : 0;
      extent += layout.after_size() > 0 ? layout.after(dim) : 0;
      bytes *= static_cast<double>(extent);
    }
    return bytes > 1e15 ? INT64_MAX : static_cast<int64_t>(bytes);
  }

  void checkPlace(const proto::Buffer &buffer, const std::string &where) {
    checkSize(buffer.offset(), where);
    if (buffer.offset().has_expression())
      return;
    int64_t offset = buffer.offset().constant(), bytes = bytesOf(buffer), room = -1;
    if (buffer.space() == proto::Buffer::WEIGHTS)
      room = program.weight_bytes();
    if (buffer.space() == proto::Buffer::PREPARED)
      room = program.prepared_bytes();
    if (buffer.space() == proto::Buffer::ARENA && !program.arena_bytes().has_expression())
      room = program.arena_bytes().constant();
    if (buffer.space() == proto::Buffer::HOST_ARENA && !program.host_arena_bytes().has_expression())
      room = program.host_arena_bytes().constant();
    if (offset < 0 || (room >= 0 && bytes >= 0 && (bytes > room || offset > room - bytes)))
      fail(where + " ('" + buffer.name() + "') lies outside of its space");
  }

  void checkBuffer(const proto::Buffer &buffer, const std::string &where) {
    checkShape(buffer.dims(), buffer.type(), where);
    checkLayout(buffer, where);
    if (!message.empty())
      return;
    switch (buffer.space()) {
    case proto::Buffer::INPUT:
      if (!within(buffer.index(), program.inputs_size()))
        fail(where + ": no such input");
      break;
    case proto::Buffer::OUTPUT:
      if (!within(buffer.index(), program.outputs_size()))
        fail(where + ": no such output");
      break;
    case proto::Buffer::HOST_ARENA:
      if (!onDevice())
        fail(where + ": the host's arena is for programs for a device");
      break;
    default:
      break;
    }
    checkPlace(buffer, where);
  }

  template <typename Positions>
  void checkBuffers(const Positions &positions, const std::string &where, bool mayBeAbsent) {
    for (int position : positions)
      if (!within(position, program.buffers_size()) && !(mayBeAbsent && position == -1))
        fail(where + ": no buffer " + std::to_string(position));
  }

  /// Names of functions must not meet those of the module.
  void checkName(llvm::StringRef name, llvm::StringRef prefix, const std::string &where, const std::string &what) {
    bool isName = name.starts_with(prefix) && name.size() > prefix.size() &&
                  llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (!isName)
      fail(where + ": '" + name.str() + "' is no name of a " + what);
  }

  void checkLaunch(const proto::Launch &launch, const std::string &where) {
    checkBuffers(launch.buffers(), where, false);
    if (!within(launch.kernel(), program.kernels_size()))
      return fail(where + ": no kernel " + std::to_string(launch.kernel()));
    checkSpaces(launch.buffers(), where, /*forHost=*/false);
    const proto::Kernel &kernel = program.kernels(launch.kernel());
    if (kernel.target().has_gpu() != onDevice())
      fail(where + ": its kernel is" + (onDevice() ? " not" : "") + " for a GPU");
    checkName(kernel.debug().symbol(), "convoy_kernel_", where, "kernel");
    if (launch.buffers_size() != kernel.inputs_size() + kernel.outputs_size() || kernel.outputs_size() == 0)
      return fail(where + ": " + std::to_string(launch.buffers_size()) + " buffers for a kernel with " +
                  std::to_string(kernel.inputs_size() + kernel.outputs_size()));
    for (int i = 0; i < launch.buffers_size() && message.empty(); ++i) {
      int position = i < kernel.inputs_size() ? kernel.inputs(i) : kernel.outputs(i - kernel.inputs_size());
      if (!within(position, kernel.tensors_size()))
        return fail(where + ": the kernel has no tensor " + std::to_string(position));
      checkArgument(kernel.tensors(position), program.buffers(launch.buffers(i)),
                    where + ", argument " + std::to_string(i));
    }
  }

  /// On a device, kernels see its memory and library calls the host's.
  template <typename Positions> void checkSpaces(const Positions &positions, const std::string &where, bool forHost) {
    for (int position : positions) {
      if (!onDevice() || !within(position, program.buffers_size()))
        continue;
      proto::Buffer::Space space = program.buffers(position).space();
      bool onHost = space == proto::Buffer::HOST_ARENA, ofBoth = space == proto::Buffer::WEIGHTS;
      bool ofCaller = space == proto::Buffer::INPUT || space == proto::Buffer::OUTPUT;
      if (ofCaller || (!ofBoth && onHost != forHost))
        fail(where + ": buffer " + std::to_string(position) + " is not in the memory of the " +
             (forHost ? "host" : "device"));
    }
  }

  /// Whether all bytes of a buffer are elements, row-major.
  static bool isDense(const proto::Buffer &buffer) {
    const proto::Layout &layout = buffer.layout();
    auto zero = [](int64_t elements) { return elements == 0; };
    return std::is_sorted(layout.order().begin(), layout.order().end()) && layout.block() == 0 &&
           llvm::all_of(layout.before(), zero) && llvm::all_of(layout.after(), zero);
  }

  void checkCopy(const proto::Copy &copy, const std::string &where) {
    if (!onDevice())
      return fail(where + ": copies are for programs for a device");
    checkBuffers(std::vector<int>{copy.from(), copy.to()}, where, false);
    if (!message.empty())
      return;
    const proto::Buffer &from = program.buffers(copy.from()), &to = program.buffers(copy.to());
    bool same = from.type() == to.type() && from.dims_size() == to.dims_size();
    for (int dim = 0; same && dim < from.dims_size(); ++dim)
      same = from.dims(dim).SerializeAsString() == to.dims(dim).SerializeAsString();
    if (!same || !isDense(from) || !isDense(to))
      fail(where + ": a copy is between dense buffers of one type and shape");
    if (from.space() == proto::Buffer::OUTPUT || to.space() == proto::Buffer::INPUT ||
        to.space() == proto::Buffer::WEIGHTS || to.space() == proto::Buffer::PREPARED)
      fail(where + ": it copies from an output, or to what runs only read");
  }

  /// What the kernel was compiled for must be what it gets.
  void checkArgument(const proto::Tensor &tensor, const proto::Buffer &buffer, const std::string &where) {
    if (tensor.type() != buffer.type() || tensor.dims_size() != buffer.dims_size())
      return fail(where + ": the buffer has another type or rank than the kernel wants");
    for (int dim = 0; dim < tensor.dims_size(); ++dim)
      if (tensor.dims(dim).has_extent() &&
          (buffer.dims(dim).has_expression() || buffer.dims(dim).constant() != tensor.dims(dim).extent()))
        fail(where + ": dimension " + std::to_string(dim) + " of the buffer is not the kernel's");
    if (tensor.layout().SerializeAsString() != buffer.layout().SerializeAsString())
      fail(where + ": the buffer has another layout than the kernel wants");
  }

  /// Before the first run there are weights and what is prepared, and nothing else.
  void checkPrepareStep(const proto::Step &step, const std::string &where) {
    if (!step.has_launch())
      return fail(where + " is no launch");
    checkLaunch(step.launch(), where);
    for (int position : step.launch().buffers())
      if (within(position, program.buffers_size()) && program.buffers(position).space() != proto::Buffer::WEIGHTS &&
          program.buffers(position).space() != proto::Buffer::PREPARED)
        fail(where + ": buffer " + std::to_string(position) + " is there in runs only");
  }

  void checkStep(const proto::Step &step, const std::string &where) {
    switch (step.step_case()) {
    case proto::Step::kLaunch:
      return checkLaunch(step.launch(), where);
    case proto::Step::kCopy:
      return checkCopy(step.copy(), where);
    case proto::Step::kFill:
      if (onDevice())
        fail(where + ": nothing is filled on a device");
      return checkBuffers(std::vector<int>{step.fill().buffer()}, where, false);
    case proto::Step::kLibraryCall:
      checkName(step.library_call().function(), "", where, "library function");
      checkBuffers(step.library_call().inputs(), where, true);
      checkBuffers(step.library_call().outputs(), where, false);
      checkSpaces(step.library_call().inputs(), where, /*forHost=*/true);
      checkSpaces(step.library_call().outputs(), where, /*forHost=*/true);
      for (const auto *list : {&step.library_call().inputs(), &step.library_call().outputs()})
        for (int position : *list)
          if (within(position, program.buffers_size()) && program.buffers(position).layout().block() > 0)
            fail(where + ": a library function takes no blocked tensor");
      return;
    default:
      fail(where + " is empty");
    }
  }

  const proto::Program &program;
  std::set<int64_t> bound;
  std::string message;
};

} // namespace

Status checkProgram(const proto::Program &program) { return Checker(program).check(); }

} // namespace convoy::compiler
