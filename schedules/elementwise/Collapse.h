#pragma once

#include "schedules/kernel.pb.h"

namespace convoy::schedules {

/// Whether the kernel consists of elementwise ops on static, unblocked tensors that all lie in one order; then its
/// dimensions may be renamed.
bool isCollapsible(const proto::Kernel &kernel);

/// The same kernel with as few dimensions as can be: logical dimensions in the order of memory, those of one element
/// left out, neighbours that are dense in all tensors joined. Memory stays where it is.
proto::Kernel collapsed(const proto::Kernel &kernel);

} // namespace convoy::schedules
