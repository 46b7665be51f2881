#pragma once

#include "test/schedules/conv/ConvKernels.h"

namespace convoy::test {

/// Buffers of a kernel, inputs filled with random numbers.
struct Buffers {
  std::vector<Storage> inputs, outputs;

  std::vector<schedules::HostTensor> hostInputs();
  std::vector<schedules::HostTensor> hostOutputs();
};

/// Scales and zero points are such that results use their whole range.
Buffers randomBuffers(const proto::Kernel &kernel, const ConvSpec &spec, unsigned seed);

/// `wantedTemplate` empty: any. Largest difference from the reference relative to the largest result; negative with
/// `error` set where it failed.
struct Verdict {
  double difference = -1;
  std::string error;
};
Verdict checkConv(const ConvSpec &spec, const std::string &wantedTemplate, unsigned seed);

/// Fails the running test if a kernel of integers is computed by another template (empty: any) or differs anywhere from
/// what the plain schedule computes; sums also if they differ from those of plain loops.
void expectExact(const ConvSpec &spec, const std::string &wantedTemplate, unsigned seed = 1);

/// Fails the running test if the kernel is computed by another template, fails, or is off by more than 1e-5 (a result
/// of BF16: than its precision).
void expectRight(const ConvSpec &spec, const std::string &wantedTemplate, unsigned seed = 1);

/// Fails the running test unless infinities and NaN among weights and pixels of a transposed convolution reach exactly
/// the results whose taps they are: its border multiplies nothing.
void expectInfinitiesInside(const ConvSpec &spec, const std::string &wantedTemplate);

/// Crashes the running test if the kernel reads memory behind its dense image.
void expectNothingReadBehind(const ConvSpec &spec, const std::string &wantedTemplate);

} // namespace convoy::test
