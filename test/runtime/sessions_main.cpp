// Modules of shared libraries on shared threads: the same input gives the same bits, whoever else runs.
//
//     sessions_check MODULE...        prints one JSON object; exit code 1 when bits differ or a run fails
#include <convoy/runtime.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string &message) {
  std::fprintf(stderr, "sessions_check: %s\n", message.c_str());
  std::exit(1);
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// A module, its random inputs, and the bits that it should give.
struct Network {
  const convoy_module *module = nullptr;
  std::vector<std::vector<char>> memory;
  std::vector<convoy_tensor> inputs;
  std::vector<std::string> expected;
};

/// Open extents are 1.
void makeInputs(Network &network) {
  std::mt19937 random(7);
  for (int32_t i = 0; i < network.module->input_count; ++i) {
    const convoy_value &value = network.module->inputs[i];
    convoy_tensor tensor = {};
    tensor.type = value.type, tensor.rank = value.rank;
    for (int32_t dim = 0; dim < value.rank; ++dim)
      tensor.dims[dim] = value.dims[dim] < 0 ? 1 : value.dims[dim];
    std::vector<char> &bytes = network.memory.emplace_back(convoy_tensor_bytes(&tensor));
    if (value.type == CONVOY_F32)
      for (size_t at = 0; at + sizeof(float) <= bytes.size(); at += sizeof(float)) {
        float number = std::normal_distribution<float>()(random);
        std::memcpy(&bytes[at], &number, sizeof number);
      }
    tensor.data = bytes.data();
    network.inputs.push_back(tensor);
  }
}

convoy_session *makeSession(const Network &network, convoy_pool *pool, int threads) {
  convoy_session_options options = {};
  options.size = sizeof options;
  options.threads = threads, options.pool = pool;
  convoy_session *session = nullptr;
  convoy_error error = {};
  if (convoy_session_create(network.module, &options, &session, &error))
    fail(error.message);
  return session;
}

std::vector<std::string> run(const Network &network, convoy_session *session) {
  std::vector<convoy_tensor> outputs(static_cast<size_t>(network.module->output_count));
  convoy_error error = {};
  if (convoy_session_run(session, network.inputs.data(), outputs.data(), &error))
    fail(error.message);
  std::vector<std::string> results;
  for (const convoy_tensor &output : outputs)
    results.emplace_back(static_cast<const char *>(output.data), convoy_tensor_bytes(&output));
  return results;
}

void expectSame(const Network &network, convoy_session *session, const std::string &how) {
  if (run(network, session) != network.expected)
    fail(std::string(network.module->name) + ": other bits " + how);
}

void checkThreads(const Network &network) {
  for (int threads : {1, 2, 3, 5}) {
    convoy_session *session = makeSession(network, nullptr, threads);
    for (int again = 0; again < 4; ++again)
      expectSame(network, session, "on " + std::to_string(threads) + " threads");
    convoy_session_destroy(session);
  }
}

int threadsOfProcess() {
  auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

/// Two sessions of each network on one pool, each run from a thread of its own; seconds of all, and threads at most.
struct Crowd {
  double together = 0, alone = 0;
  int threads = 0, callers = 0;
};

Crowd runTogether(const std::vector<Network> &networks, convoy_pool *pool, double seconds) {
  Crowd crowd;
  struct Member {
    const Network *network;
    convoy_session *session;
    int runs;
  };
  std::vector<Member> members;
  for (const Network &network : networks)
    for (int copy = 0; copy < 2; ++copy) {
      convoy_session *session = makeSession(network, pool, 0);
      double start = now();
      expectSame(network, session, "on shared threads");
      members.push_back({&network, session, std::max(3, static_cast<int>(seconds / (now() - start)))});
    }
  for (Member &member : members) {
    double start = now();
    for (int i = 0; i < member.runs; ++i)
      expectSame(*member.network, member.session, "on shared threads");
    crowd.alone += now() - start;
  }
  crowd.callers = static_cast<int>(members.size());
  std::atomic<int> ready = 0;
  std::atomic<bool> go = false;
  std::vector<std::thread> callers;
  for (Member &member : members)
    callers.emplace_back([&member, &ready, &go] {
      ++ready;
      while (!go)
        std::this_thread::yield();
      for (int i = 0; i < member.runs; ++i)
        expectSame(*member.network, member.session, "beside other sessions");
    });
  while (ready < crowd.callers)
    std::this_thread::yield();
  double start = now();
  go = true;
  crowd.threads = threadsOfProcess();
  for (std::thread &caller : callers)
    caller.join();
  crowd.together = now() - start;
  for (Member &member : members)
    convoy_session_destroy(member.session);
  return crowd;
}

} // namespace

int main(int count, char **arguments) {
  std::vector<Network> networks;
  for (int i = 1; i < count; ++i) {
    convoy_error error = {};
    convoy_library *library = nullptr;
    if (convoy_library_open(arguments[i], &library, &error))
      fail(error.message);
    Network &network = networks.emplace_back();
    network.module = convoy_library_module(library);
    makeInputs(network);
    convoy_session *session = makeSession(network, nullptr, 1);
    network.expected = run(network, session);
    convoy_session_destroy(session);
    checkThreads(network);
  }
  convoy_pool *pool = nullptr;
  if (networks.empty() || convoy_pool_create(0, &pool, nullptr))
    fail("no module, or no threads");
  Crowd crowd = runTogether(networks, pool, 0.15);
  std::printf("{\"alone\": %.4f, \"together\": %.4f, \"threads\": %d, \"callers\": %d, \"pool\": %d}\n", crowd.alone,
              crowd.together, crowd.threads, crowd.callers, convoy_pool_threads(pool));
  convoy_pool_destroy(pool);
  return 0;
}
