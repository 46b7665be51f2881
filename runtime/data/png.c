#include "runtime/data/codec.h"
#include "runtime/data/file.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* What libpng's callbacks need. Its errors jump out of `decode` and `encode`, which own nothing. */
typedef struct png_job {
  const unsigned char *bytes; /* reading: what is left */
  size_t size;
  size_t total;               /* reading: size of the file */
  convoy_file_writer *writer; /* writing */
  const char *name;
  convoy_error *error;
  convoy_error message; /* of libpng */
} png_job;

static void on_error(png_structp png, png_const_charp message) {
  png_job *job = png_get_error_ptr(png);
  convoy_fail(&job->message, CONVOY_IO_ERROR, "%s", message);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void on_read(png_structp png, png_bytep to, png_size_t size) {
  png_job *job = png_get_io_ptr(png);
  if (size > job->size)
    png_error(png, "it is truncated");
  memcpy(to, job->bytes, size);
  job->bytes += size;
  job->size -= size;
}

static void on_write(png_structp png, png_bytep from, png_size_t size) {
  png_job *job = png_get_io_ptr(png);
  if (convoy_file_write(job->writer, from, size, job->error))
    png_error(png, "can't write");
}

static void on_flush(png_structp png) { (void)png; }

static convoy_status decode(png_structp png, png_infop info, png_job *job, convoy_image *image) {
  if (setjmp(png_jmpbuf(png)))
    return convoy_fail(job->error, CONVOY_IO_ERROR, "can't read the PNG picture %s: %s", job->name,
                       job->message.message);
  png_set_read_fn(png, job, on_read);
  png_set_user_limits(png, CONVOY_IMAGE_MAX_SIDE, CONVOY_IMAGE_MAX_SIDE);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  convoy_status status = convoy_image_expect(job->total, (int32_t)png_get_image_width(png, info),
                                             (int32_t)png_get_image_height(png, info), job->name, image, job->error);
  if (status)
    return status;
  size_t row_bytes = (size_t)image->width * 3;
  if (png_get_rowbytes(png, info) != row_bytes)
    png_error(png, "unexpected kind of pixels");
  for (int pass = 0; pass < passes; ++pass)
    for (int32_t row = 0; row < image->height; ++row)
      png_read_row(png, image->pixels + (size_t)row * row_bytes, NULL);
  png_read_end(png, NULL);
  return CONVOY_OK;
}

convoy_status convoy_decode_png(const unsigned char *bytes, size_t size, const char *name, convoy_image *image,
                                convoy_error *error) {
  png_job job = {bytes, size, size, NULL, name, error, {""}};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  convoy_status status =
      info ? decode(png, info, &job, image) : convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory to read %s", name);
  png_destroy_read_struct(&png, &info, NULL);
  if (status)
    convoy_image_free(image);
  return status;
}

static convoy_status encode(png_structp png, png_infop info, png_job *job, const convoy_image *image) {
  if (setjmp(png_jmpbuf(png)))
    return CONVOY_IO_ERROR;
  png_set_write_fn(png, job, on_write, on_flush);
  png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8, PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int32_t row = 0; row < image->height; ++row)
    png_write_row(png, image->pixels + (size_t)row * (size_t)image->width * 3);
  png_write_end(png, info);
  return CONVOY_OK;
}

convoy_status convoy_image_write_png(const char *path, const convoy_image *image, convoy_error *error) {
  convoy_file_writer writer;
  convoy_status status = convoy_file_begin(&writer, path, error);
  if (status)
    return status;
  png_job job = {NULL, 0, 0, &writer, path, error, {""}};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  status =
      info ? encode(png, info, &job, image) : convoy_fail(error, CONVOY_OUT_OF_MEMORY, "no memory to write %s", path);
  png_destroy_write_struct(&png, &info);
  convoy_status ended = convoy_file_end(&writer, status == CONVOY_OK, error);
  return status ? status : ended;
}
