#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>

namespace convoy::frontend {

/// "; did you mean 'near'?" for the candidate that is nearest to `word`; nothing if none is near.
template <typename Range> std::string suggest(llvm::StringRef word, const Range &candidates) {
  unsigned limit = static_cast<unsigned>(word.size()) / 3 + 1;
  std::string best;
  for (llvm::StringRef candidate : candidates) {
    unsigned distance = word.edit_distance(candidate, /*AllowReplacements=*/true, limit);
    if (distance >= limit + (best.empty() ? 1 : 0))
      continue;
    limit = distance;
    best = candidate.str();
  }
  return best.empty() ? "" : "; did you mean '" + best + "'?";
}

} // namespace convoy::frontend
