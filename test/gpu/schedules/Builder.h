#pragma once

#include "tools/dev/kernel/Tensors.h"

#include <string>
#include <vector>

namespace convoy::test {

/// How a test's tensor lies in memory.
enum class Lies {
  Rows,  ///< Row-major, dense.
  Last,  ///< The second dimension innermost, padded to a multiple of 16.
  Dense, ///< The second dimension innermost, dense.
  View,  ///< As Dense, within a larger tensor whose other elements belong to others.
};

/// Writes kernels of few ops.
class KernelBuilder {
public:
  /// A dimension below 0 is a symbol of that number; see `symbols`.
  int tensor(const std::vector<int64_t> &dims, Lies lies = Lies::Rows, proto::DataType type = proto::F32);
  int input(const std::vector<int64_t> &dims, Lies lies = Lies::Rows, proto::DataType type = proto::F32);
  /// `attributes` is the text format of fields of proto::Op. Returns `result`.
  int op(const std::string &kind, const std::vector<int> &operands, int result, const std::string &attributes = "");
  int elementwise(const std::string &function, const std::vector<int> &operands, int result,
                  const std::vector<double> &parameters = {});
  /// The finished kernel: its last op's result is the output; `anchor` is the position of an op.
  proto::Kernel finish(int anchor = -1);

private:
  proto::Kernel kernel;
};

/// Text of an attribute.
std::string ints(const std::string &name, const std::vector<int64_t> &values);
std::string text(const std::string &name, const std::string &value);

/// Why there is no OpenCL device; empty if there is one.
std::string deviceMissing();

/// Fails the running test unless the best schedules of every template agree with the processor's plain one on an OpenCL
/// device, and the kernel compiles for CUDA to code of capability 80. `wanted` names the template that must be the
/// best.
void expectRightOnDevice(const proto::Kernel &kernel, const std::string &wanted = "", const dev::Symbols &symbols = {},
                         int schedulesOfEach = 1);

} // namespace convoy::test
