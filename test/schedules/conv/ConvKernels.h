#pragma once

#include "test/schedules/conv/KernelData.h"

#include <optional>

namespace convoy::test {

/// A convolution kernel as the compiler would hand it over: images channels-last, channels padded, halo of zeros.
struct ConvSpec {
  int64_t batch = 1, in = 16, out = 16;
  std::vector<int64_t> extents{8, 8}, window{3, 3}, strides{1, 1}, dilations{1, 1}, pads{1, 1, 1, 1},
      outputPadding{0, 0};
  int64_t groups = 1;
  bool transposed = false;
  bool bias = true;
  bool halo = true;        ///< The input carries the zeros that the pads stand for.
  bool padChannels = true; ///< Channels of images are rounded up to 16.
  bool planar = false;     ///< The input is row-major.
  bool sharedOutput = false;
  proto::DataType type = proto::F32; ///< Of the image; weights of 8-bit images are I8, sums I32; of BF16 ones F32.
  int64_t padValue = 0;              ///< That padded taps of 8-bit images read.
  /// What becomes of the sums: "" (they are the result), "requantize" to `result`, "dequantize" to floats, which
  /// residual and activation follow, or "quantize": as before, with a residual of bytes, and scaled to `result` at the
  /// end. `result` BF16 narrows the result of an image of BF16.
  std::string scaled;
  proto::DataType result = proto::U8;
  std::string activation; ///< An elementwise function behind it.
  bool residual = false;  ///< Another image is added before the activation.
  bool symbolic = false;  ///< Batch and spatial extents are not known when compiled.
  bool symbolicBatch = false;
  std::string target = "host";
  std::string onlyTemplate; ///< Of the candidates the best of this template; empty: the best.
  proto::Schedule schedule; ///< Empty: the model chooses.

  std::vector<int64_t> outExtents() const;
  std::string text() const;
};

/// Of images of that type, a square window whose pads keep the size of the image.
ConvSpec sameSize(proto::DataType type, int64_t in, int64_t out, std::vector<int64_t> extents, int64_t window);

/// The kernel without a schedule, operands of constant values row-major.
Result<proto::Kernel> plainConvKernel(const ConvSpec &spec);

/// The kernel, its operands of constant values laid out as its template wants them. `schedule` is filled in.
Result<proto::Kernel> convKernel(const ConvSpec &spec);

/// Extents of each tensor of `kernel`, symbols replaced by those of `spec`.
std::vector<int64_t> extentsOf(const ConvSpec &spec, const proto::Tensor &tensor);

/// Result of the convolution, bias, residual and activation in double, row-major.
std::vector<double> convReference(const ConvSpec &spec, std::vector<Storage> &inputs);

} // namespace convoy::test
