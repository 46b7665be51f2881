#include "tools/convoy/io/Prepared.h"

#include "tools/convoy/Globals.h"

#include <chrono>

namespace convoy::tools {

Result<Prepared> Prepared::open(const std::string &path, const convoy_session_options &options) {
  auto module = Module::open(path);
  if (!module)
    return Error{module.error()};
  Globals silent; // Nothing is said of inputs that nobody asked for.
  silent.quiet = true;
  auto inputs = readInputs(**module, {}, silent);
  if (!inputs)
    return Error{inputs.error()};
  Prepared prepared{std::move(*module), std::move(*inputs)};
  auto session = prepared.module.createSession(options);
  if (!session)
    return Error{session.error()};
  prepared.session = std::move(*session);
  prepared.outputs.resize(static_cast<size_t>(prepared.module->output_count));
  return prepared;
}

Result<double> Prepared::run() {
  outputs.assign(outputs.size(), {});
  convoy_error error = {};
  auto start = std::chrono::steady_clock::now();
  if (convoy_session_run(session.get(), viewsOf(inputs).data(), outputs.data(), &error))
    return Error{error.message};
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace convoy::tools
