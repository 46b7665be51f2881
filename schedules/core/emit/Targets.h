#pragma once

#include "schedules/core/Result.h"
#include "schedules/kernel.pb.h"

#include <Halide.h>

#include <optional>

namespace convoy::schedules {

/// Halide's target for a kernel, with the features that all kernels are compiled with.
Halide::Target kernelTarget(const proto::Kernel &kernel);

/// Target of a kernel that is compiled into this process: its own, if this machine can run it, else the host's. Kernels
/// for a device keep the device: see deviceRuns.
Halide::Target processTarget(const proto::Kernel &kernel);

/// The target that `text` means if it names a GPU: `cuda`, `cuda-sm_NN`, `opencl`, beside this machine as the host.
std::optional<Result<proto::Target>> parseGpuTarget(const std::string &text, const proto::Target &host);

/// What a Halide target with the features of a GPU says of the device.
Result<proto::Gpu> gpuOf(const Halide::Target &target);

/// Whether this process has the device that the kernel's target asks for, if any.
Status deviceRuns(const proto::Kernel &kernel);

} // namespace convoy::schedules
