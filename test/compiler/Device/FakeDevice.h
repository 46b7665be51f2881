#pragma once

#include "compiler/Plan/program.pb.h"
#include "schedules/core/Schedules.h"

#include <convoy/module.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace convoy::compiler::test {

/// Memory whose ends are watched, filled with bytes that make no number.
class Memory {
public:
  explicit Memory(size_t bytes);
  char *begin() { return memory.data() + start; }
  bool holds(const void *address) const;
  bool isWhole() const; ///< Nobody wrote beside it.
  size_t bytes;

private:
  static constexpr size_t guard = 256;
  size_t start;
  std::vector<char> memory;
};

/// How the stand-in computes a kernel: its algorithm as plainly as can be, or as it was scheduled for the device, by
/// way of OpenCL.
enum class Computed { Plainly, AsScheduled };

/// A stand-in for a device, whose memory is the host's. A launch is computed on this processor, at the addresses that
/// generated code passes: what comes out tells whether the plan, its copies and its addresses are right.
class FakeDevice {
public:
  FakeDevice(const convoy_module &module, const proto::Program &program, Computed how = Computed::Plainly);

  int32_t prepare();
  int32_t run(const std::vector<convoy_tensor> &inputs, std::vector<convoy_tensor> &outputs);

  convoy_context context{};
  std::vector<std::string> events;   ///< "launch", "host>device 48", "synchronize"
  std::vector<std::string> messages; ///< Through context.error.
  std::vector<std::string> problems; ///< What generated code did wrong.
  std::vector<std::pair<int, int>> profiled;
  std::vector<convoy_tensor> observed;
  std::vector<std::pair<std::string, int32_t>> cubins; ///< First bytes, and capability, of each launch.
  int failAt = -1;                                     ///< Launch that fails, counted over everything.
  int launched = 0;

private:
  static FakeDevice &of(convoy_context *context) { return *static_cast<FakeDevice *>(context->user); }
  int launch(const convoy_device_launch &launch);
  int copy(char *to, convoy_device toDevice, const char *from, convoy_device fromDevice, size_t bytes);
  /// Ends a kernel: all its launches are here.
  void compute(const proto::Launch &step);
  void complain(const std::string &problem) { problems.push_back(problem); }
  char *originOf(const proto::Buffer &buffer);
  int64_t valueOf(const proto::Size &size) const;
  bool isOnDevice(const void *address) const;

  const convoy_module &module;
  const proto::Program &program;
  Computed how;
  convoy_device_functions functions;
  Memory weights, prepared, scratch;
  std::unique_ptr<Memory> arena, hostArena, cpuScratch;
  std::vector<int64_t> expressions;
  std::vector<const proto::Launch *> pending; ///< Kernels that are still to come, the next one last.
  std::vector<uint64_t> addresses;            ///< Of the kernel's launches so far.
  int entriesSeen = 0;
  std::map<int, std::unique_ptr<schedules::InProcessKernel>> kernels;
};

/// Runs a module for the host, for comparison.
int32_t runOnHost(const convoy_module &module, const std::vector<convoy_tensor> &inputs,
                  std::vector<convoy_tensor> &outputs);

} // namespace convoy::compiler::test
