#define _GNU_SOURCE
#include "tools/launcher/appended.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define TRAILER_BYTES 24

static convoy_status fail(convoy_error *error, convoy_status status, const char *what) {
  snprintf(error->message, sizeof error->message, "%s", what);
  return status;
}

static uint64_t read_number(const unsigned char *bytes) {
  uint64_t number = 0;
  for (int i = 7; i >= 0; --i)
    number = number << 8 | bytes[i];
  return number;
}

/* Where the module lies in `program`. */
static convoy_status find_module(int program, off_t *start, uint64_t *size, convoy_error *error) {
  unsigned char trailer[TRAILER_BYTES];
  off_t end = lseek(program, 0, SEEK_END);
  if (end < TRAILER_BYTES || pread(program, trailer, sizeof trailer, end - TRAILER_BYTES) != TRAILER_BYTES)
    return fail(error, CONVOY_IO_ERROR, "can't read the program's own file");
  uint64_t begin = read_number(trailer);
  *size = read_number(trailer + 8);
  if (memcmp(trailer + 16, APPENDED_MAGIC, 8) != 0 || begin > (uint64_t)end - TRAILER_BYTES ||
      *size != (uint64_t)end - TRAILER_BYTES - begin)
    return fail(error, CONVOY_IO_ERROR, "no module is appended to this program; `convoy compile --emit=exe` makes one");
  *start = (off_t)begin;
  return CONVOY_OK;
}

static convoy_status copy_module(int program, int module, convoy_error *error) {
  off_t start = 0;
  uint64_t size = 0;
  convoy_status status = find_module(program, &start, &size, error);
  while (!status && size > 0) {
    ssize_t sent = sendfile(module, program, &start, size);
    if (sent > 0)
      size -= (uint64_t)sent;
    else if (sent == 0 || errno != EINTR)
      status = fail(error, CONVOY_IO_ERROR, "can't copy the module into memory");
  }
  return status;
}

convoy_status appended_open(convoy_library **library, convoy_error *error) {
  int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  int module = memfd_create("convoy-module", MFD_CLOEXEC);
  convoy_status status = CONVOY_OK;
  if (program < 0 || module < 0)
    status = fail(error, CONVOY_IO_ERROR, strerror(errno));
  if (!status)
    status = copy_module(program, module, error);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", module);
  if (!status)
    status = convoy_library_open(path, library, error);
  if (program >= 0)
    close(program);
  if (module >= 0)
    close(module); /* its mapping stays */
  return status;
}
