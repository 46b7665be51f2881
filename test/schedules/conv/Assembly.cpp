#include "test/schedules/conv/Assembly.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace convoy::test {

static bool has(const std::string &line, const char *part) { return line.find(part) != std::string::npos; }

static InnerLoop countIn(const std::vector<std::string> &lines, size_t begin, size_t end) {
  InnerLoop loop;
  for (size_t i = begin; i < end; ++i) {
    const std::string &line = lines[i];
    const bool vector = has(line, "%zmm") || has(line, "%ymm");
    loop.vectors += vector;
    loop.multiplyAdds += vector && (has(line, "vfmadd") || has(line, "vpdpbusd") || has(line, "vdpbf16ps"));
    loop.gathers += has(line, "gather");
    loop.spills += vector && (has(line, " Spill") || has(line, " Reload"));
    loop.text += line + "\n";
  }
  return loop;
}

/// A loop runs from a label to the jump back to it; it is an inner one if no other such loop lies inside.
std::vector<InnerLoop> vectorLoops(const std::string &assembly) {
  std::vector<std::string> lines;
  std::istringstream in(assembly);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  std::map<std::string, size_t> labels;
  std::vector<std::pair<size_t, size_t>> loops;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (const size_t colon = lines[i].find(':'); lines[i].rfind(".LBB", 0) == 0 && colon != std::string::npos) {
      labels[lines[i].substr(0, colon)] = i;
      continue;
    }
    const size_t target = lines[i].find(".LBB");
    if (target == std::string::npos || lines[i].find("\tj") == std::string::npos)
      continue;
    std::string label = lines[i].substr(target, lines[i].find('#') - target);
    label.erase(label.find_last_not_of(" \t") + 1);
    if (auto found = labels.find(label); found != labels.end())
      loops.emplace_back(found->second, i);
  }
  std::vector<InnerLoop> inner;
  for (const auto &[begin, end] : loops) {
    const bool innermost = std::none_of(loops.begin(), loops.end(), [&](const auto &other) {
      return other.first >= begin && other.second <= end && other != std::pair(begin, end);
    });
    InnerLoop loop = countIn(lines, begin, end);
    if (innermost && loop.vectors > 0)
      inner.push_back(loop);
  }
  return inner;
}

std::vector<InnerLoop> innerLoops(const std::string &assembly) {
  std::vector<InnerLoop> loops = vectorLoops(assembly);
  std::erase_if(loops, [](const InnerLoop &loop) { return loop.multiplyAdds == 0; });
  return loops;
}

} // namespace convoy::test
