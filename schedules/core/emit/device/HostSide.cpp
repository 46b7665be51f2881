#include "schedules/core/emit/device/Device.h"

#include <map>
#include <set>

using namespace Halide;
using namespace Halide::Internal;

namespace convoy::schedules {

namespace {

/// Of runtime/ops/device.c.
constexpr int64_t alignment = 256;

/// What the host of a lowered module may call by name; all else would be work on tensors.
const std::set<std::string> allowedCalls{"halide_cuda_initialize_kernels", "halide_cuda_run",
                                         "halide_cuda_device_interface",   "halide_copy_to_device",
                                         "halide_device_malloc",           "halide_device_free"};

class HostSide : public IRVisitor {
public:
  int launches = 0;
  int64_t scratchBytes = 0;

private:
  std::map<std::string, const Allocate *> allocations;

  [[noreturn]] static void refuse(const std::string &what) {
    throw CompileError("a part of the kernel would run on the host: " + what);
  }

  void visit(const For *op) override { refuse("a loop over '" + op->name + "'"); }
  void visit(const Store *op) override { refuse("it writes '" + op->name + "'"); }
  void visit(const Load *op) override {
    if (!op->type.is_handle()) // The state of the kernels' code is one.
      refuse("it reads '" + op->name + "'");
    IRVisitor::visit(op);
  }

  void visit(const Allocate *op) override {
    allocations[op->name + ".buffer"] = op;
    IRVisitor::visit(op);
  }

  void visit(const Call *op) override {
    if (op->call_type == Call::Extern && op->name.rfind("halide_", 0) == 0 && !allowedCalls.count(op->name))
      refuse("it calls " + op->name);
    launches += op->name == "halide_cuda_run";
    if (op->name == "halide_device_malloc")
      addScratch(op->args.empty() ? nullptr : op->args[0].as<Variable>());
    IRVisitor::visit(op);
  }
  using IRVisitor::visit;

  void addScratch(const Variable *buffer) {
    auto found = buffer ? allocations.find(buffer->name) : allocations.end();
    if (found == allocations.end())
      return; // An argument: it lies on the device already.
    const Allocate &op = *found->second;
    const int64_t elements = op.constant_allocation_size();
    if (elements == 0 && !op.extents.empty())
      throw CompileError("the intermediate '" + op.name + "' on the device has a size that is not constant");
    const int64_t bytes = std::max<int64_t>(elements, 1) * op.type.bytes();
    scratchBytes += (bytes + alignment - 1) / alignment * alignment;
  }
};

} // namespace

int64_t checkHostSide(const Module &module) {
  HostSide host;
  for (const LoweredFunc &function : module.functions())
    function.body.accept(&host);
  if (host.launches == 0)
    throw CompileError("a part of the kernel would run on the host: it launches nothing on the device");
  return host.scratchBytes;
}

} // namespace convoy::schedules
