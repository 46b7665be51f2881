#pragma once

#include "schedules/core/Result.h"
#include "schedules/kernel.pb.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace convoy::schedules {

/// The face of `schedules/` towards the compiler, the tuner and the tests. No Halide in here: every
/// function catches what Halide throws and returns it as an error.

/// Target of this machine, with its caches and cores.
proto::Target hostTarget();

/// Checks `text` (a Halide target string or "host") and completes it.
Result<proto::Target> parseTarget(const std::string &text);

/// The canonical form: see kernel.proto.
std::string canonicalForm(const proto::Kernel &kernel);

/// The knob sets that fit the kernel, best first by the analytical model. Never empty on success:
/// the `plain` template fits everything.
Result<std::vector<proto::Schedule>> candidates(const proto::Kernel &kernel);

/// The kernel with the schedule that it carries, checked, or with the best candidate if it carries none.
Result<proto::Kernel> withSchedule(const proto::Kernel &kernel);

/// Checks the schedule that the kernel carries: template known, kernel fits, knobs known, in range.
Status verify(const proto::Kernel &kernel);

/// The layout in which the template of `kernel.schedule` wants input `input` (a position in
/// `kernel.inputs`). The tensor's own layout where the template does not care. Constant operands
/// (weights) are brought into it once, by `prepare`; others by a kernel of their own.
Result<proto::Layout> wantedLayout(const proto::Kernel &kernel, int input);

struct CompiledKernel {
  std::string object;             ///< An ELF relocatable file.
  std::string assembly;           ///< Filled when asked for.
  std::string statement;          ///< Lowered Halide statement; filled when asked for.
  int64_t scratchBytes = 0;       ///< `halide_malloc` bytes that one task needs at once.
  int64_t serialScratchBytes = 0; ///< The same, outside of parallel loops.
  std::string deviceCode;         ///< PTX of a kernel for a GPU.
  int64_t deviceScratchBytes = 0; ///< Of the kernel's intermediates in the device's memory.
};

struct CompileOptions {
  bool assembly = false;
  bool loweredStatement = false;
  std::string assembler; ///< Path of ptxas, that puts a cubin beside a GPU kernel's PTX; empty: PTX alone.
};

/// Compiles the kernel, schedule included, to an object file that defines
/// `int32_t SYMBOL(void *user_context, halide_buffer_t *input0, ..., halide_buffer_t *output0, ...)`.
/// Each buffer's `host` (in a kernel for a GPU: `device`) points at the element with all logical indices zero; `dim[i]`
/// describes the physical axes in reversed logical order (logical dimension rank-1-i; the block axis, if any, comes
/// first as dim[0]); extents and strides that the kernel knows are not read.
Result<CompiledKernel> compile(const proto::Kernel &kernel, const CompileOptions &options = {});

/// A dense or strided tensor of the in-process evaluator, in the layout of the kernel's tensor.
struct HostTensor {
  void *data = nullptr;         ///< Element with all logical indices zero.
  std::vector<int64_t> extents; ///< Logical.
};

/// A kernel compiled into this process; used by the reference evaluator and by tests.
class InProcessKernel {
public:
  virtual ~InProcessKernel() = default;
  /// Runs on buffers that are laid out as the kernel's tensors say.
  virtual Status run(const std::vector<HostTensor> &inputs, const std::vector<HostTensor> &outputs) = 0;
};

/// Compiles the kernel for this process.
Result<std::unique_ptr<InProcessKernel>> load(const proto::Kernel &kernel);

} // namespace convoy::schedules
