#pragma once

namespace convoy::test {

/// Clock of this core now, in GHz, from a chain of dependent additions.
double clockGigahertz();
double secondsNow();
/// Processor time of this process: what a run takes on one thread although others use the machine.
double processorSecondsNow();

} // namespace convoy::test
