#pragma once

#include <Halide.h>

namespace convoy::schedules {

/// Four neighbouring bytes in memory as one word, of which `first`, a load from a multiple of four, is the lowest.
Halide::Expr loadedWord(const Halide::Expr &first);

/// Makes loads of 32 bits of what `loadedWord` asked for, and moves vectors of 4 or 8 bytes and halves as one number
/// where they begin at a multiple of their size: LLVM would move element by element on a GPU.
void moveWords(Halide::Pipeline &pipeline);

} // namespace convoy::schedules
