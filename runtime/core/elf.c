#define _GNU_SOURCE
#include "runtime/core/internal.h"

#include <errno.h>
#include <string.h>

#ifdef __linux__
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

static convoy_status truncated(const char *path, convoy_error *error) {
  return convoy_fail(error, CONVOY_IO_ERROR, "%s is truncated", path);
}

static convoy_status check_segments(const char *path, int file, const ElfW(Ehdr) * header, uint64_t size,
                                    convoy_error *error) {
  if (header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phnum == 0)
    return convoy_fail(error, CONVOY_WRONG_ABI, "%s is no shared library", path);
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    ElfW(Phdr) segment;
    uint64_t offset = header->e_phoff + (uint64_t)i * sizeof segment;
    if (offset < header->e_phoff || offset > INT64_MAX ||
        pread(file, &segment, sizeof segment, (off_t)offset) != (ssize_t)sizeof segment)
      return truncated(path, error);
    if (segment.p_type == PT_LOAD && (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      return truncated(path, error);
  }
  return CONVOY_OK;
}

static convoy_status check_file(const char *path, int file, convoy_error *error) {
  ElfW(Ehdr) header;
  struct stat about;
  if (fstat(file, &about) != 0)
    return convoy_fail(error, CONVOY_IO_ERROR, "can't read %s: %s", path, strerror(errno));
  if (!S_ISREG(about.st_mode))
    return convoy_fail(error, CONVOY_IO_ERROR, "%s is no file", path);
  ssize_t got = pread(file, &header, sizeof header, 0);
  if (got < SELFMAG || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return convoy_fail(error, CONVOY_WRONG_ABI, "%s is no module: it is not a shared library", path);
  if (got != (ssize_t)sizeof header)
    return truncated(path, error);
  if (header.e_type != ET_DYN)
    return convoy_fail(error, CONVOY_WRONG_ABI, "%s is no shared library", path);
  return check_segments(path, file, &header, (uint64_t)about.st_size, error);
}

convoy_status convoy_check_elf(const char *path, convoy_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return convoy_fail(error, CONVOY_IO_ERROR, "can't open %s: %s", path, strerror(errno));
  convoy_status status = check_file(path, file, error);
  close(file);
  return status;
}

#else

convoy_status convoy_check_elf(const char *path, convoy_error *error) {
  (void)path;
  (void)error;
  return CONVOY_OK;
}

#endif
