#pragma once

namespace convoy::test {

/// Clock of this core now, in GHz, from a chain of dependent additions.
double clockGigahertz();
double secondsNow();

} // namespace convoy::test
