/// A driver over host memory, for tests: implements what runtime/cuda uses of libcuda.so.1 and checks how it is used.
/// Work is done when it is waited for, no sooner, so that whoever reads too early, or gives memory back too early, is
/// seen. Device addresses can't be read by the host.
///
/// Code is PTX text, which is run (ptx.h); a line `//standin fault NAME` makes a kernel lose the device with
/// CUDA_ERROR_ILLEGAL_ADDRESS. Of a cubin every kernel is there and does nothing, which is
/// wrong in a program of its own.
///
/// A program that is not a test of its own says with CONVOY_STANDIN="devices=1,capability=80,memory=1000000,..." what
/// there is; then what was done wrong, or not given back, is written at its end, and the exit code is 99.
#pragma once

#include <cstddef>

struct Standin {
  int devices = 1;
  int capability = 80;
  int version = 12080;
  size_t memory = size_t(1) << 30; ///< of each device
  size_t pinned = size_t(1) << 30; ///< of the host
  int initResult = 0;              ///< of cuInit
};

extern "C" {

/// Begins anew: nothing lives, nothing was done.
void standinReset(const Standin *standin);

/// The n-th call from now (1: the next) fails with `code`; with `lose` so do all after it. 0: none.
void standinFail(long n, int code, bool lose);

/// Calls since the last reset; the name of one, from 0.
long standinCalls();
const char *standinCall(long i);

/// Contexts, allocations, modules, streams, graphs and events that were not given back, as "2 allocations, 1 stream".
const char *standinLiving();

/// What was done wrong, one a line; "" if nothing.
const char *standinViolations();

/// Bytes of device memory that are taken.
size_t standinTaken();
}
