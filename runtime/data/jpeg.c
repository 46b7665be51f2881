#include "runtime/data/codec.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include <jerror.h>

/* libjpeg's errors jump out of `decode`, which owns nothing. */
typedef struct jpeg_job {
  struct jpeg_error_mgr manager; /* first: libjpeg knows this one */
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
} jpeg_job;

static void on_error(j_common_ptr jpeg) {
  jpeg_job *job = (jpeg_job *)jpeg->err;
  job->manager.format_message(jpeg, job->message);
  longjmp(job->back, 1);
}

/* Lesser damage is passed over, as others do; a file that ends early is not. */
static void on_message(j_common_ptr jpeg, int level) {
  if (level < 0 && jpeg->err->msg_code == JWRN_JPEG_EOF) {
    snprintf(((jpeg_job *)jpeg->err)->message, JMSG_LENGTH_MAX, "it is truncated");
    longjmp(((jpeg_job *)jpeg->err)->back, 1);
  }
}

static convoy_status decode(struct jpeg_decompress_struct *jpeg, jpeg_job *job, const unsigned char *bytes, size_t size,
                            const char *name, convoy_image *image, convoy_error *error) {
  if (setjmp(job->back))
    return convoy_fail(error, CONVOY_IO_ERROR, "can't read the JPEG picture %s: %s", name, job->message);
  jpeg_create_decompress(jpeg);
  jpeg_mem_src(jpeg, bytes, size);
  jpeg_read_header(jpeg, TRUE);
  if (jpeg->num_components != 1 && jpeg->num_components != 3)
    return convoy_fail(error, CONVOY_IO_ERROR, "the JPEG picture %s has %d colours, not 1 or 3", name,
                       jpeg->num_components);
  convoy_status status =
      convoy_image_expect(size, (int32_t)jpeg->image_width, (int32_t)jpeg->image_height, name, image, error);
  if (status)
    return status;
  jpeg->out_color_space = JCS_RGB;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    JSAMPROW row = image->pixels + (size_t)jpeg->output_scanline * (size_t)image->width * 3;
    jpeg_read_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_decompress(jpeg);
  return CONVOY_OK;
}

convoy_status convoy_decode_jpeg(const unsigned char *bytes, size_t size, const char *name, convoy_image *image,
                                 convoy_error *error) {
  struct jpeg_decompress_struct jpeg = {0};
  jpeg_job job;
  jpeg.err = jpeg_std_error(&job.manager);
  job.manager.error_exit = on_error;
  job.manager.emit_message = on_message;
  convoy_status status = decode(&jpeg, &job, bytes, size, name, image, error);
  jpeg_destroy_decompress(&jpeg);
  if (status)
    convoy_image_free(image);
  return status;
}
