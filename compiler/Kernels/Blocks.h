#pragma once

#include "compiler/Kernels/Grouping.h"
#include "schedules/kernel.pb.h"

namespace convoy::compiler {

/// Joins groups whose convolutions (dense, depthwise, pointwise) read each other's results alone, where the model of
/// schedules/ expects one kernel to take less time on `target`. The anchor of a joined group is its last convolution.
void joinBlocks(llvm::SmallVectorImpl<Group> &groups, const cnn::ShapeAnalysis &facts, const proto::Target &target);

} // namespace convoy::compiler
