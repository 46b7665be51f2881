#pragma once

#include "compiler/Plan/program.pb.h"
#include "schedules/core/Result.h"

namespace convoy::compiler {

/// A program may have been edited as text: whether all positions, ranks and places in it make sense.
Status checkProgram(const proto::Program &program);

} // namespace convoy::compiler
