#include "test/compiler/Device/FakeDevice.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace convoy::compiler::test {

Memory::Memory(size_t bytes) : bytes(bytes), memory(bytes + 2 * guard + 256, char(0xff)) {
  start = guard + (256 - (reinterpret_cast<uintptr_t>(memory.data()) + guard) % 256) % 256;
}

bool Memory::holds(const void *address) const {
  const char *byte = static_cast<const char *>(address), *first = memory.data() + start;
  return byte >= first && byte < first + std::max<size_t>(bytes, 1);
}

bool Memory::isWhole() const {
  auto untouched = [](char byte) { return byte == char(0xff); };
  return std::all_of(memory.begin(), memory.begin() + static_cast<ptrdiff_t>(start), untouched) &&
         std::all_of(memory.begin() + static_cast<ptrdiff_t>(start + bytes), memory.end(), untouched);
}

FakeDevice::FakeDevice(const convoy_module &module, const proto::Program &program, Computed how)
    : module(module), program(program), how(how), weights(module.weight_bytes), prepared(module.prepared_bytes),
      scratch(module.device_scratch_bytes), cpuScratch(new Memory(module.scratch_bytes)) {
  if (module.weight_bytes > 0)
    std::memcpy(weights.begin(), module.weights, module.weight_bytes);
  functions.size = sizeof functions;
  functions.launch = [](convoy_context *c, const convoy_device_launch *launch) { return of(c).launch(*launch); };
  functions.copy = [](convoy_context *c, void *to, convoy_device toDevice, const void *from, convoy_device fromDevice,
                      size_t bytes) {
    return of(c).copy(static_cast<char *>(to), toDevice, static_cast<const char *>(from), fromDevice, bytes);
  };
  functions.synchronize = [](convoy_context *c) {
    of(c).events.push_back("synchronize");
    return 0;
  };
  context.size = sizeof context;
  context.user = this;
  context.scratch = cpuScratch->begin();
  context.scratch_bytes = module.scratch_bytes;
  context.error = [](convoy_context *c, const char *message) { of(c).messages.push_back(message); };
  context.profile = [](convoy_context *c, int32_t launch, int32_t done) { of(c).profiled.push_back({launch, done}); };
  context.observe = [](convoy_context *c, int32_t, const convoy_tensor *t) { of(c).observed.push_back(*t); };
  context.device = &functions;
  context.device_weights = weights.begin();
  context.device_scratch = scratch.begin();
}

static std::vector<const proto::Launch *> launchesOf(const google::protobuf::RepeatedPtrField<proto::Step> &steps) {
  std::vector<const proto::Launch *> launches;
  for (const proto::Step &step : steps)
    if (step.has_launch())
      launches.push_back(&step.launch());
  std::reverse(launches.begin(), launches.end());
  return launches;
}

int32_t FakeDevice::prepare() {
  pending = launchesOf(program.prepare_steps());
  return module.prepare ? module.prepare(&context, prepared.begin()) : 0;
}

int32_t FakeDevice::run(const std::vector<convoy_tensor> &inputs, std::vector<convoy_tensor> &outputs) {
  convoy_plan plan{};
  std::vector<convoy_tensor> planned(outputs.size());
  if (int32_t status = module.plan(&context, inputs.data(), planned.data(), &plan))
    return status;
  arena = std::make_unique<Memory>(plan.arena_bytes);
  hostArena = std::make_unique<Memory>(plan.host_arena_bytes);
  context.host_arena = hostArena->begin();
  expressions.clear();
  std::vector<int64_t> symbols(static_cast<size_t>(program.symbols_size()));
  for (int i = 0; i < program.inputs_size(); ++i)
    for (int dim = 0; dim < program.inputs(i).dims_size(); ++dim)
      if (const proto::Size &size = program.inputs(i).dims(dim); size.has_expression())
        symbols[static_cast<size_t>(program.expressions(size.expression()).lhs().constant())] =
            inputs[static_cast<size_t>(i)].dims[dim];
  for (const proto::Expression &e : program.expressions()) {
    int64_t l = valueOf(e.lhs()), r = valueOf(e.rhs());
    switch (e.kind()) {
    case proto::Expression::SYMBOL:
      expressions.push_back(symbols[static_cast<size_t>(l)]);
      break;
    case proto::Expression::ADD:
      expressions.push_back(l + r);
      break;
    case proto::Expression::MULTIPLY:
      expressions.push_back(l * r);
      break;
    case proto::Expression::MAXIMUM:
      expressions.push_back(std::max(l, r));
      break;
    case proto::Expression::ROUND_UP:
      expressions.push_back((l + r - 1) / r * r);
      break;
    default:
      complain("an expression that the stand-in does not know");
      expressions.push_back(0);
    }
  }
  pending = launchesOf(program.steps());
  addresses.clear();
  entriesSeen = 0;
  int32_t status =
      module.run(&context, inputs.data(), outputs.data(), arena->begin(), plan.arena_bytes, prepared.begin());
  if (status == CONVOY_OK && !pending.empty())
    complain("kernels are missing");
  for (const Memory *memory : {&weights, &prepared, &scratch, arena.get(), hostArena.get(), cpuScratch.get()})
    if (!memory->isWhole())
      complain("something was written beside its memory");
  return status;
}

int64_t FakeDevice::valueOf(const proto::Size &size) const {
  return size.has_expression() ? expressions[static_cast<size_t>(size.expression())] : size.constant();
}

bool FakeDevice::isOnDevice(const void *address) const {
  return weights.holds(address) || prepared.holds(address) || scratch.holds(address) ||
         (arena && arena->holds(address));
}

int FakeDevice::copy(char *to, convoy_device toDevice, const char *from, convoy_device fromDevice, size_t bytes) {
  auto name = [](convoy_device device) { return std::string(device == CONVOY_CUDA ? "device" : "host"); };
  events.push_back(name(fromDevice) + ">" + name(toDevice) + " " + std::to_string(bytes));
  auto checkEnd = [&](const char *end, convoy_device device) {
    if (device == CONVOY_HOST ? isOnDevice(end) : end == nullptr)
      complain(events.back() + ": not the memory of the " + name(device));
  };
  checkEnd(to, toDevice);
  checkEnd(from, fromDevice);
  std::memcpy(to, from, bytes);
  return 0;
}

/// The kinds of an entry's parameters in PTX: whether each is an address.
static std::vector<bool> parametersOf(std::string_view ptx, std::string_view entry) {
  std::vector<bool> isAddress;
  size_t at = ptx.find(".entry " + std::string(entry) + "(");
  if (at == std::string_view::npos)
    return isAddress;
  std::string_view head = ptx.substr(at, ptx.find(")", at) - at);
  for (size_t place = head.find(".param "); place != std::string_view::npos; place = head.find(".param ", place + 1))
    isAddress.push_back(head.substr(place + 7, 4) == ".u64" || head.substr(place + 7, 4) == ".b64");
  return isAddress;
}

static int entriesOf(std::string_view ptx) {
  int count = 0;
  for (size_t at = ptx.find(".visible .entry "); at != std::string_view::npos;
       at = ptx.find(".visible .entry ", at + 1))
    ++count;
  return count;
}

int FakeDevice::launch(const convoy_device_launch &launch) {
  events.push_back("launch");
  cubins.emplace_back(launch.cubin ? std::string(static_cast<const char *>(launch.cubin), 4) : "",
                      launch.cubin_capability);
  if (launched++ == failAt) {
    context.error(&context, "the device is on fire");
    return CONVOY_DEVICE_FAILED;
  }
  std::string_view ptx(static_cast<const char *>(launch.image));
  std::vector<bool> parameters = parametersOf(ptx, launch.entry);
  if (parameters.empty())
    complain(std::string("no entry ") + launch.entry);
  size_t given = 0;
  while (launch.arguments[given])
    ++given;
  if (given != parameters.size())
    complain(std::string(launch.entry) + " takes " + std::to_string(parameters.size()) + " arguments, has " +
             std::to_string(given));
  for (size_t i = 0; i < std::min(given, parameters.size()); ++i)
    if (parameters[i])
      addresses.push_back(*static_cast<uint64_t *>(launch.arguments[i]));
  int64_t threads = int64_t(launch.threads[0]) * launch.threads[1] * launch.threads[2];
  if (threads < 1 || threads > 1024 || launch.blocks[1] > 65535 || launch.blocks[2] > 65535)
    complain(std::string(launch.entry) + ": no grid that a device takes");
  if (pending.empty()) {
    complain("a launch too many");
  } else if (++entriesSeen == entriesOf(ptx)) {
    compute(*pending.back());
    pending.pop_back();
    addresses.clear();
    entriesSeen = 0;
  }
  return 0;
}

/// Where the element with all indices zero lies, by the layout alone.
char *FakeDevice::originOf(const proto::Buffer &buffer) {
  Memory &space = buffer.space() == proto::Buffer::WEIGHTS    ? weights
                  : buffer.space() == proto::Buffer::PREPARED ? prepared
                                                              : *arena;
  std::vector<int> order(buffer.layout().order().begin(), buffer.layout().order().end());
  for (int dim = 0; order.empty() && dim < buffer.dims_size(); ++dim)
    order.push_back(dim);
  if (static_cast<int>(order.size()) != buffer.dims_size())
    for (int dim = static_cast<int>(order.size()); dim < buffer.dims_size(); ++dim)
      order.push_back(dim);
  int64_t stride = 1, origin = 0;
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    int64_t before = buffer.layout().before_size() > 0 ? buffer.layout().before(*dim) : 0;
    int64_t after = buffer.layout().after_size() > 0 ? buffer.layout().after(*dim) : 0;
    origin += before * stride;
    stride *= valueOf(buffer.dims(*dim)) + before + after;
  }
  int64_t element = buffer.type() == proto::I64 || buffer.type() == proto::F64 ? 8
                    : buffer.type() == proto::BOOL                             ? 1
                                                                               : 4;
  return space.begin() + valueOf(buffer.offset()) + origin * element;
}

void FakeDevice::compute(const proto::Launch &step) {
  std::vector<schedules::HostTensor> tensors;
  for (int32_t position : step.buffers()) {
    const proto::Buffer &buffer = program.buffers(position);
    schedules::HostTensor tensor;
    for (const proto::Size &size : buffer.dims())
      tensor.extents.push_back(valueOf(size));
    tensor.data = originOf(buffer);
    if (buffer.layout().block() == 0 &&
        std::find(addresses.begin(), addresses.end(), uint64_t(reinterpret_cast<uintptr_t>(tensor.data))) ==
            addresses.end())
      complain("kernel " + std::to_string(step.kernel()) + " did not get the address of '" + buffer.name() + "'");
    tensors.push_back(tensor);
  }
  for (uint64_t address : addresses)
    if (!isOnDevice(reinterpret_cast<void *>(static_cast<uintptr_t>(address))))
      complain("kernel " + std::to_string(step.kernel()) + " got an address outside of the device");
  auto &kernel = kernels[step.kernel()];
  if (!kernel) {
    proto::Kernel described = program.kernels(step.kernel());
    if (how == Computed::AsScheduled) {
      described.mutable_target()->set_halide(schedules::parseTarget("opencl")->halide());
    } else {
      *described.mutable_target() = schedules::hostTarget();
      described.mutable_schedule()->Clear();
      described.mutable_schedule()->set_template_name("plain");
    }
    auto loaded = schedules::load(described);
    if (!loaded)
      return complain(loaded.error());
    kernel = std::move(*loaded);
  }
  auto outputs = tensors.begin() + program.kernels(step.kernel()).inputs_size();
  if (Status ran = kernel->run({tensors.begin(), outputs}, {outputs, tensors.end()}); !ran)
    complain(ran.error());
}

int32_t runOnHost(const convoy_module &module, const std::vector<convoy_tensor> &inputs,
                  std::vector<convoy_tensor> &outputs) {
  Memory scratch(module.scratch_bytes), prepared(module.prepared_bytes);
  convoy_context context{};
  context.size = sizeof context;
  context.scratch = scratch.begin();
  context.scratch_bytes = module.scratch_bytes;
  convoy_plan plan{};
  std::vector<convoy_tensor> planned(outputs.size());
  if (int32_t status = module.plan(&context, inputs.data(), planned.data(), &plan))
    return status;
  Memory arena(plan.arena_bytes);
  if (module.prepare)
    if (int32_t status = module.prepare(&context, prepared.begin()))
      return status;
  return module.run(&context, inputs.data(), outputs.data(), arena.begin(), plan.arena_bytes, prepared.begin());
}

} // namespace convoy::compiler::test
