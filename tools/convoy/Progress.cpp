#include "tools/convoy/Progress.h"

#include "tools/convoy/Text.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace convoy::tools {

Progress::Progress(const Globals &globals, std::string what, int64_t total)
    : globals(globals), what(std::move(what)), total(total),
      bar(!globals.quiet && !globals.json && isatty(STDERR_FILENO)) {
  advance(0);
}

Progress::~Progress() {
  if (bar)
    std::fprintf(stderr, "\r\033[K");
}

void Progress::advance(int64_t done) {
  auto now = Clock::now();
  bool last = done >= total;
  if (!last && now - shown < std::chrono::milliseconds(100))
    return;
  shown = now;
  globals.event("progress", {{"what", what}, {"done", done}, {"total", total}});
  if (!bar)
    return;
  double elapsed = std::chrono::duration<double>(now - start).count();
  int filled = total > 0 ? static_cast<int>(30 * done / total) : 30;
  std::string left = done > 0 && !last ? format(", %.0f s left", elapsed / done * (total - done)) : "";
  std::fprintf(stderr, "\r\033[K%s [%s%s] %lld/%lld%s", what.c_str(), std::string(filled, '#').c_str(),
               std::string(30 - filled, '.').c_str(), static_cast<long long>(done), static_cast<long long>(total),
               left.c_str());
  std::fflush(stderr);
}

} // namespace convoy::tools
