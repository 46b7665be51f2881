/* The module that is appended to a program: launcher, padding, module, then a trailer of 24 bytes: start and size of
 * the module in the file (little-endian, 8 bytes each) and APPENDED_MAGIC. */
#ifndef CONVOY_TOOLS_LAUNCHER_APPENDED_H
#define CONVOY_TOOLS_LAUNCHER_APPENDED_H

#include <convoy/runtime.h>

#define APPENDED_MAGIC "CNVYEXE1"

/* Opens the module that is appended to the running program. */
convoy_status appended_open(convoy_library **library, convoy_error *error);

#endif
