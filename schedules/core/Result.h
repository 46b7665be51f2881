#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace convoy {

/// Why something could not be done, in words for the user.
struct Error {
  std::string message;
};

/// A value or an error. `schedules/` knows no LLVM, and `std::expected` needs a newer language
/// than the MLIR headers compile with.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::move(value)) {}
  Result(Error error) : state(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(state); }
  T &operator*() { return std::get<T>(state); }
  const T &operator*() const { return std::get<T>(state); }
  T *operator->() { return &std::get<T>(state); }
  const T *operator->() const { return &std::get<T>(state); }
  const std::string &error() const { return std::get<Error>(state).message; }

private:
  std::variant<T, Error> state;
};

/// Success, or an error.
using Status = Result<std::monostate>;
inline Status ok() { return std::monostate{}; }

} // namespace convoy
