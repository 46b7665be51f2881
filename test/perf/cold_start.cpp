// From starting a process to its first result: cold_start MODULE [RUNS]
//
// Starts itself RUNS times (10) with the module and zeros as input, and prints milliseconds: one line for each with the
// whole time, and what of it loading, making a session, the first and the second run took; then the medians.
#include <convoy/runtime.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

struct Times {
  double load, session, first, second;
};

double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void fail(const convoy_error &error) {
  std::fprintf(stderr, "cold_start: %s\n", error.message);
  std::exit(1);
}

/// Zeros, with 1 for a symbolic first dimension and 224 for others.
std::vector<convoy_tensor> zeros(const convoy_module &module) {
  std::vector<convoy_tensor> inputs(module.input_count);
  for (int i = 0; i < module.input_count; ++i) {
    inputs[i].type = module.inputs[i].type;
    inputs[i].rank = module.inputs[i].rank;
    for (int k = 0; k < inputs[i].rank; ++k) {
      int64_t dim = module.inputs[i].dims[k];
      inputs[i].dims[k] = dim >= 0 ? dim : k == 0 ? 1 : 224;
    }
    inputs[i].data = std::calloc(convoy_tensor_bytes(&inputs[i]) + 1, 1);
  }
  return inputs;
}

/// What the started process does.
Times loadAndRun(const char *path) {
  convoy_library *library = nullptr;
  convoy_session *session = nullptr;
  convoy_error error = {};
  double start = now();
  if (convoy_library_open(path, &library, &error))
    fail(error);
  double loaded = now();
  const convoy_module *module = convoy_library_module(library);
  if (convoy_session_create(module, nullptr, &session, &error))
    fail(error);
  double made = now();
  std::vector<convoy_tensor> inputs = zeros(*module), outputs(module->output_count);
  double ran[3] = {now()};
  for (int run = 1; run < 3; ++run) {
    std::fill(outputs.begin(), outputs.end(), convoy_tensor{});
    if (convoy_session_run(session, inputs.data(), outputs.data(), &error))
      fail(error);
    ran[run] = now();
  }
  return {loaded - start, made - loaded, ran[1] - ran[0], ran[2] - ran[1]};
}

/// Milliseconds until the started process said that it had its result; reads its times.
double startProcess(const char *program, const char *module, Times &times) {
  std::string command = std::string("'") + program + "' --child '" + module + "'";
  double start = now();
  FILE *child = popen(command.c_str(), "r");
  if (!child || std::fscanf(child, "%lf %lf %lf %lf", &times.load, &times.session, &times.first, &times.second) != 4)
    std::exit(1);
  double whole = now() - start - times.second;
  pclose(child);
  return whole;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

} // namespace

int main(int count, char **arguments) {
  if (count == 3 && std::string(arguments[1]) == "--child") {
    Times t = loadAndRun(arguments[2]);
    std::printf("%f %f %f %f\n", t.load, t.session, t.first, t.second);
    std::fflush(stdout);
    _exit(0);
  }
  if (count < 2) {
    std::fprintf(stderr, "usage: cold_start MODULE [RUNS]\n");
    return 1;
  }
  std::vector<double> wholes, loads, sessions, firsts, seconds;
  std::printf("   whole    load session   first  second\n");
  for (int run = 0; run < (count > 2 ? std::max(std::atoi(arguments[2]), 1) : 10); ++run) {
    Times t = {};
    wholes.push_back(startProcess(arguments[0], arguments[1], t));
    std::printf("%8.2f %7.2f %7.2f %7.2f %7.2f\n", wholes.back(), t.load, t.session, t.first, t.second);
    loads.push_back(t.load), sessions.push_back(t.session), firsts.push_back(t.first), seconds.push_back(t.second);
  }
  std::printf("%8.2f %7.2f %7.2f %7.2f %7.2f  median, ms\n", median(wholes), median(loads), median(sessions),
              median(firsts), median(seconds));
  return 0;
}
