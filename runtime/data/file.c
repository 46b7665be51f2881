#define _GNU_SOURCE
#include "runtime/data/file.h"

#include "runtime/core/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static convoy_status read_stream(FILE *stream, const char *path, unsigned char **bytes, size_t *size,
                                 convoy_error *error) {
  struct stat about;
  if (fstat(fileno(stream), &about) != 0 || !S_ISREG(about.st_mode))
    return convoy_fail(error, CONVOY_IO_ERROR, "%s is no file", path);
  size_t expected = (size_t)about.st_size;
  unsigned char *data = malloc(expected + 1);
  if (!data)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory to read %s (%zu bytes)", path, expected);
  size_t got = fread(data, 1, expected, stream);
  if (got != expected) {
    free(data);
    return convoy_fail(error, CONVOY_IO_ERROR, "can't read %s: %s", path,
                       ferror(stream) ? strerror(errno) : "it shrank");
  }
  data[got] = 0;
  *bytes = data;
  *size = got;
  return CONVOY_OK;
}

convoy_status convoy_file_read(const char *path, unsigned char **bytes, size_t *size, convoy_error *error) {
  *bytes = NULL;
  *size = 0;
  FILE *stream = fopen(path, "rbe");
  if (!stream)
    return convoy_fail(error, CONVOY_IO_ERROR, "can't open %s: %s", path, strerror(errno));
  convoy_status status = read_stream(stream, path, bytes, size, error);
  fclose(stream);
  return status;
}

convoy_status convoy_file_begin(convoy_file_writer *writer, const char *path, convoy_error *error) {
  memset(writer, 0, sizeof *writer);
  writer->path = strdup(path);
  if (!writer->path || asprintf(&writer->temporary, "%s.part-%ld", path, (long)getpid()) < 0) {
    free(writer->path);
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory to write %s", path);
  }
  writer->stream = fopen(writer->temporary, "wbe");
  if (!writer->stream) {
    convoy_fail(error, CONVOY_IO_ERROR, "can't write %s: %s", path, strerror(errno));
    free(writer->path);
    free(writer->temporary);
    return CONVOY_IO_ERROR;
  }
  return CONVOY_OK;
}

convoy_status convoy_file_write(convoy_file_writer *writer, const void *bytes, size_t size, convoy_error *error) {
  if (size && fwrite(bytes, 1, size, writer->stream) != size)
    return convoy_fail(error, CONVOY_IO_ERROR, "can't write %s: %s", writer->path, strerror(errno));
  return CONVOY_OK;
}

convoy_status convoy_file_end(convoy_file_writer *writer, int keep, convoy_error *error) {
  convoy_status status = CONVOY_OK;
  int closed = fclose(writer->stream) == 0;
  if (keep && (!closed || rename(writer->temporary, writer->path) != 0))
    status = convoy_fail(error, CONVOY_IO_ERROR, "can't write %s: %s", writer->path, strerror(errno));
  if (!keep || status)
    remove(writer->temporary);
  free(writer->path);
  free(writer->temporary);
  return status;
}
