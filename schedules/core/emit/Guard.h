#pragma once

#include "schedules/core/Result.h"

#include <Halide.h>

#include <type_traits>

namespace convoy::schedules {

/// Makes Halide throw its errors and keep its warnings (of kernels that schedule little) to itself.
void quietHalide();

/// Runs `action`, which returns a Result, and turns what Halide throws into its error.
template <typename Action> auto guarded(Action action) -> std::invoke_result_t<Action> {
  quietHalide();
  try {
    return action();
  } catch (const Halide::Error &error) {
    return Error{error.what()};
  } catch (const std::exception &error) {
    return Error{std::string("in Halide: ") + error.what()};
  }
}

} // namespace convoy::schedules
