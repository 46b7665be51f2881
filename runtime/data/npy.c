#include "runtime/data/npy.h"

#include "runtime/core/internal.h"
#include "runtime/data/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *text;
  convoy_type type;
} kinds[] = {{"f4", CONVOY_F32}, {"f8", CONVOY_F64}, {"f2", CONVOY_F16}, {"i1", CONVOY_I8},
             {"u1", CONVOY_U8},  {"i2", CONVOY_I16}, {"u2", CONVOY_U16}, {"i4", CONVOY_I32},
             {"u4", CONVOY_U32}, {"i8", CONVOY_I64}, {"u8", CONVOY_U64}, {"b1", CONVOY_BOOL}};

/* The header is the text of a Python dictionary, e.g. {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }. */
typedef struct header {
  const char *at, *end;
  convoy_tensor tensor;
  int has_type, has_order, has_shape, fortran;
  char type_text[24]; /* for messages */
} header;

static void skip_spaces(header *h) {
  while (h->at < h->end && (*h->at == ' ' || *h->at == '\n' || *h->at == '\t'))
    ++h->at;
}

static int accept(header *h, const char *text) {
  size_t size = strlen(text);
  skip_spaces(h);
  if ((size_t)(h->end - h->at) < size || memcmp(h->at, text, size) != 0)
    return 0;
  h->at += size;
  return 1;
}

static int parse_string(header *h, char *text, size_t room) {
  skip_spaces(h);
  if (h->at == h->end || (*h->at != '\'' && *h->at != '"'))
    return 0;
  char quote = *h->at++;
  size_t size = 0;
  while (h->at < h->end && *h->at != quote) {
    if (size + 1 == room)
      return 0;
    text[size++] = *h->at++;
  }
  if (h->at == h->end)
    return 0;
  ++h->at;
  text[size] = 0;
  return 1;
}

static int parse_type(header *h) {
  if (!parse_string(h, h->type_text, sizeof h->type_text))
    return 0;
  const char *text = h->type_text;
  int single = (text[0] == '|' || text[0] == '<') && text[1] && text[2] == '1';
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i)
    if ((text[0] == '<' || single) && strcmp(text + 1, kinds[i].text) == 0)
      h->tensor.type = kinds[i].type;
  h->has_type = 1;
  return 1;
}

static int parse_number(header *h, int64_t *number) {
  skip_spaces(h);
  const char *first = h->at;
  *number = 0;
  for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; ++h->at) {
    if (*number > (INT64_MAX - 9) / 10)
      return 0;
    *number = *number * 10 + (*h->at - '0');
  }
  return h->at != first;
}

static int parse_shape(header *h) {
  if (!accept(h, "("))
    return 0;
  while (!accept(h, ")")) {
    int64_t dim;
    if (!parse_number(h, &dim))
      return 0;
    if (h->tensor.rank < CONVOY_MAX_RANK)
      h->tensor.dims[h->tensor.rank] = dim;
    ++h->tensor.rank;
    if (!accept(h, ",")) {
      if (!accept(h, ")"))
        return 0;
      break;
    }
  }
  h->has_shape = 1;
  return 1;
}

static int parse_entry(header *h) {
  char key[24];
  if (!parse_string(h, key, sizeof key) || !accept(h, ":"))
    return 0;
  if (strcmp(key, "descr") == 0)
    return !h->has_type && parse_type(h);
  if (strcmp(key, "shape") == 0)
    return !h->has_shape && parse_shape(h);
  if (strcmp(key, "fortran_order") != 0 || h->has_order)
    return 0;
  h->has_order = 1;
  h->fortran = accept(h, "True");
  return h->fortran || accept(h, "False");
}

static int parse_header(header *h) {
  if (!accept(h, "{"))
    return 0;
  while (!accept(h, "}")) {
    if (!parse_entry(h))
      return 0;
    if (!accept(h, ",")) {
      if (!accept(h, "}"))
        return 0;
      break;
    }
  }
  return h->has_type && h->has_order && h->has_shape;
}

/* Elements that lie with the first dimension innermost, into row-major order. */
static void reorder(const convoy_tensor *tensor, const unsigned char *from, unsigned char *to) {
  size_t bytes = convoy_type_bytes(tensor->type), total = convoy_tensor_bytes(tensor);
  int64_t index[CONVOY_MAX_RANK] = {0};
  for (size_t done = 0; done < total; done += bytes) {
    int64_t offset = 0;
    for (int32_t i = tensor->rank - 1; i >= 0; --i)
      offset = offset * tensor->dims[i] + index[i];
    memcpy(to + done, from + (size_t)offset * bytes, bytes);
    for (int32_t i = tensor->rank - 1; i >= 0 && ++index[i] == tensor->dims[i]; --i)
      index[i] = 0;
  }
}

/* Sets `text` and `text_size` to the dictionary, `data` to the offset of what follows. */
static int find_header(const unsigned char *bytes, size_t size, const char **text, size_t *text_size, size_t *data) {
  if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] < 1 || bytes[6] > 3)
    return 0;
  size_t begin = bytes[6] == 1 ? 10 : 12;
  if (size < begin)
    return 0;
  *text_size = bytes[8] | (size_t)bytes[9] << 8;
  if (begin == 12)
    *text_size |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (*text_size > size - begin)
    return 0;
  *text = (const char *)bytes + begin;
  *data = begin + *text_size;
  return 1;
}

convoy_status convoy_npy_parse(const unsigned char *bytes, size_t size, const char *name, convoy_tensor *tensor,
                               convoy_error *error) {
  header h = {0};
  size_t text_size = 0, data = 0;
  memset(tensor, 0, sizeof *tensor);
  if (!find_header(bytes, size, &h.at, &text_size, &data))
    return convoy_fail(error, CONVOY_IO_ERROR, "%s is no .npy file, or is truncated", name);
  h.end = h.at + text_size;
  if (!parse_header(&h))
    return convoy_fail(error, CONVOY_IO_ERROR, "the header of %s can't be understood", name);
  if (!h.tensor.type)
    return convoy_fail(error, CONVOY_IO_ERROR, "%s holds elements of type '%s', which is not supported", name,
                       h.type_text);
  if (h.tensor.rank > CONVOY_MAX_RANK)
    return convoy_fail(error, CONVOY_IO_ERROR, "%s has %d dimensions, more than %d", name, (int)h.tensor.rank,
                       CONVOY_MAX_RANK);
  size_t wanted = convoy_tensor_bytes(&h.tensor);
  if (wanted > size - data)
    return convoy_fail(error, CONVOY_IO_ERROR, "%s is truncated: its shape needs more than the %zu bytes it has", name,
                       size - data);
  h.tensor.data = malloc(wanted + 1);
  if (!h.tensor.data)
    return convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory to read %s (%zu bytes)", name, wanted);
  if (h.fortran)
    reorder(&h.tensor, bytes + data, h.tensor.data);
  else
    memcpy(h.tensor.data, bytes + data, wanted);
  *tensor = h.tensor;
  return CONVOY_OK;
}

convoy_status convoy_npy_read(const char *path, convoy_tensor *tensor, convoy_error *error) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  memset(tensor, 0, sizeof *tensor);
  convoy_status status = convoy_file_read(path, &bytes, &size, error);
  if (!status)
    status = convoy_npy_parse(bytes, size, path, tensor, error);
  free(bytes);
  return status;
}

static size_t print_header(const convoy_tensor *tensor, const char *kind, char *text, size_t room) {
  int at =
      snprintf(text, room, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", kind[1] == '1' ? '|' : '<', kind);
  for (int32_t i = 0; i < tensor->rank; ++i)
    at += snprintf(text + at, room - (size_t)at, "%s%lld%s", i ? ", " : "", (long long)tensor->dims[i],
                   tensor->rank == 1 ? "," : "");
  at += snprintf(text + at, room - (size_t)at, "), }");
  /* Spaces until the data begins at a multiple of 64. */
  while ((at + 11) % 64 != 0)
    text[at++] = ' ';
  text[at++] = '\n';
  return (size_t)at;
}

static convoy_status write_widened(convoy_file_writer *writer, const convoy_tensor *tensor, size_t bytes,
                                   convoy_error *error) {
  const uint16_t *from = tensor->data;
  for (size_t i = 0; i < bytes / 2; ++i) {
    uint32_t wide = (uint32_t)from[i] << 16;
    convoy_status status = convoy_file_write(writer, &wide, sizeof wide, error);
    if (status)
      return status;
  }
  return CONVOY_OK;
}

convoy_status convoy_npy_write(const char *path, const convoy_tensor *tensor, convoy_error *error) {
  const char *kind = tensor->type == CONVOY_BF16 ? "f4" : NULL;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i)
    if (kinds[i].type == tensor->type)
      kind = kinds[i].text;
  size_t bytes = convoy_tensor_bytes(tensor);
  if (!kind || bytes == SIZE_MAX)
    return convoy_fail(error, CONVOY_INVALID_ARGUMENT, "%s: a tensor without type or dimensions", path);
  char text[512];
  size_t text_size = print_header(tensor, kind, text, sizeof text - 64);
  const unsigned char head[10] = {
      0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, text_size & 0xff, (unsigned char)(text_size >> 8)};
  convoy_file_writer writer;
  convoy_status status = convoy_file_begin(&writer, path, error);
  if (status)
    return status;
  status = convoy_file_write(&writer, head, sizeof head, error);
  if (!status)
    status = convoy_file_write(&writer, text, text_size, error);
  if (!status)
    status = tensor->type == CONVOY_BF16 ? write_widened(&writer, tensor, bytes, error)
                                         : convoy_file_write(&writer, tensor->data, bytes, error);
  convoy_status ended = convoy_file_end(&writer, status == CONVOY_OK, error);
  return status ? status : ended;
}
