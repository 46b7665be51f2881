#pragma once

#include "tools/convoy/report/Report.h"

namespace convoy::tools {

/// The report as one HTML page that needs nothing else.
std::string reportPage(const CompileReport &report);

} // namespace convoy::tools
