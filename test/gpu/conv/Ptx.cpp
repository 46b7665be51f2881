#include "test/gpu/conv/Ptx.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <unistd.h>

namespace convoy::test {

namespace {

bool has(const std::string &line, const char *part) { return line.find(part) != std::string::npos; }

/// Of less than four bytes.
bool isNarrow(const std::string &line) {
  static const std::regex narrow(R"((ld|st)\.global(\.nc)?\.[bus](8|16)\b)");
  return std::regex_search(line, narrow);
}

bool isWide(const std::string &line) { return has(line, ".v4.") || has(line, ".v2.b64") || has(line, ".v2.u64"); }

std::string run(const std::string &command) {
  std::string text;
  FILE *pipe = popen(command.c_str(), "r");
  if (!pipe)
    return text;
  char buffer[4096];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    text.append(buffer, count);
  pclose(pipe);
  return text;
}

int numberBefore(const std::string &line, const std::string &words) {
  std::smatch match;
  return std::regex_search(line, match, std::regex("([0-9]+) " + words)) ? std::stoi(match[1]) : 0;
}

} // namespace

PtxCounts countPtx(const std::string &ptx) {
  PtxCounts counts;
  std::istringstream lines(ptx);
  for (std::string line; std::getline(lines, line);) {
    counts.multiplyAdds += has(line, "fma.rn.f32") || has(line, "dp4a.");
    const bool wide = isWide(line);
    counts.narrow += isNarrow(line);
    if (has(line, "ld.shared"))
      ++counts.sharedLoads, counts.wideSharedLoads += wide;
    else if (has(line, "ld.global"))
      ++counts.globalLoads, counts.wideGlobalLoads += wide;
    else if (has(line, "st.global"))
      ++counts.globalStores, counts.wideGlobalStores += wide;
    else if (has(line, "ld.local") || has(line, "st.local"))
      ++counts.local;
  }
  return counts;
}

std::string assemblerPath() {
  std::vector<std::filesystem::path> folders;
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(path, folder, ':');)
    folders.emplace_back(folder);
  for (const char *root : {static_cast<const char *>(std::getenv("CONVOY_VENV")), CONVOY_BINARY_DIR "/venv"})
    if (std::error_code ignored; root && std::filesystem::exists(std::filesystem::path(root) / "lib", ignored))
      for (const auto &python : std::filesystem::directory_iterator(std::filesystem::path(root) / "lib", ignored))
        folders.push_back(python.path() / "site-packages/nvidia/cuda_nvcc/bin");
  for (const std::filesystem::path &folder : folders)
    if (access((folder / "ptxas").c_str(), X_OK) == 0)
      return (folder / "ptxas").string();
  return {};
}

std::optional<std::vector<Assembled>> assemble(const std::string &ptx, int capability, std::string &error) {
  char name[] = "/tmp/convoy_ptx_XXXXXX";
  const int descriptor = mkstemp(name);
  if (descriptor < 0)
    return std::nullopt;
  close(descriptor);
  std::ofstream(name) << ptx;
  const std::string output = run("'" + assemblerPath() + "' -arch=sm_" + std::to_string(capability) +
                                 " -v -o /dev/null " + name + " 2>&1; echo status $?");
  std::filesystem::remove(name);
  std::vector<Assembled> entries;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (const size_t at = line.find("Compiling entry function '"); at != std::string::npos)
      entries.emplace_back().entry = line.substr(at + 26, line.find('\'', at + 26) - at - 26);
    if (entries.empty())
      continue;
    if (has(line, "spill stores")) {
      entries.back().stackBytes = numberBefore(line, "bytes stack frame");
      entries.back().spillBytes = numberBefore(line, "bytes spill stores") + numberBefore(line, "bytes spill loads");
    }
    if (has(line, "Used "))
      entries.back().registers = numberBefore(line, "registers");
  }
  if (has(output, "status 0\n") && !entries.empty())
    return entries;
  error = output;
  return std::nullopt;
}

int64_t sharedBytesOf(const std::string &statement) {
  int64_t bytes = 0;
  std::istringstream lines(statement);
  std::smatch match;
  static const std::regex shared(R"(halide_cuda_run\(.*, 0 \+ \((\d+)\*(\d+)\), )");
  for (std::string line; std::getline(lines, line);)
    if (std::regex_search(line, match, shared))
      bytes = std::max<int64_t>(bytes, std::stoll(match[1]) * std::stoll(match[2]));
  return bytes;
}

} // namespace convoy::test
