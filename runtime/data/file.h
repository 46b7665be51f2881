/* Whole files. */
#ifndef CONVOY_RUNTIME_DATA_FILE_H
#define CONVOY_RUNTIME_DATA_FILE_H

#include <convoy/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The contents of a regular file in memory of the caller's (free()), with a zero byte behind them. */
convoy_status convoy_file_read(const char *path, unsigned char **bytes, size_t *size, convoy_error *error);

/* A file under construction: written beside its place, and renamed when it is whole. */
typedef struct convoy_file_writer {
  void *stream; /* FILE * */
  char *path, *temporary;
} convoy_file_writer;

convoy_status convoy_file_begin(convoy_file_writer *writer, const char *path, convoy_error *error);
convoy_status convoy_file_write(convoy_file_writer *writer, const void *bytes, size_t size, convoy_error *error);

/* `keep`: rename to the final name; otherwise remove what was written. Ends the writer in any case. */
convoy_status convoy_file_end(convoy_file_writer *writer, int keep, convoy_error *error);

#ifdef __cplusplus
}
#endif

#endif
