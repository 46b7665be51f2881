#include "schedules/core/emit/Guard.h"

namespace convoy::schedules {

namespace {
class Reporter : public Halide::CompileTimeErrorReporter {
public:
  void warning(const char *) override {}
  void error(const char *message) override { throw Halide::CompileError(message); }
};
} // namespace

void quietHalide() {
  static Reporter *reporter = [] {
    static Reporter made;
    Halide::set_custom_compile_time_error_reporter(&made);
    return &made;
  }();
  (void)reporter;
}

} // namespace convoy::schedules
