#include "tools/convoy/io/picture/Picture.h"

#include "runtime/data/image.h"
#include "tools/convoy/Text.h"
#include "tools/convoy/io/Shapes.h"

#include <cmath>

namespace convoy::tools {

namespace {

/// An image that frees itself.
struct Image : convoy_image {
  Image() : convoy_image{} {}
  Image(Image &&other) : convoy_image(other) { static_cast<convoy_image &>(other) = {}; }
  ~Image() { convoy_image_free(this); }
};

/// How a picture becomes a tensor: its axes in the input, and its size.
struct Frame {
  bool channelsLast = false;
  int64_t channels = 3, height = 0, width = 0;
};

const float imageNetMean[3] = {0.485f, 0.456f, 0.406f};
const float imageNetDeviation[3] = {0.229f, 0.224f, 0.225f};

Result<Frame> frameOf(const convoy_module &module, const convoy_value &value, const Image &image,
                      Preprocess preprocess) {
  auto isChannels = [&](int axis) { return value.dims[axis] == 1 || value.dims[axis] == 3; };
  if (value.rank != 4 || (value.type != CONVOY_F32 && value.type != CONVOY_U8) || (!isChannels(1) && !isChannels(3)) ||
      value.dims[0] > 1)
    return Error{std::string("input '") + value.name + "' (" + convoy_type_name(value.type) + " " +
                 describeValue(module, value) + ") can't take a picture"};
  if (value.type == CONVOY_U8 && preprocess != Preprocess::Raw)
    return Error{std::string("input '") + value.name + "' takes bytes: use --preprocess raw"};
  Frame frame;
  frame.channelsLast = !isChannels(1);
  frame.channels = value.dims[frame.channelsLast ? 3 : 1];
  frame.height = value.dims[frame.channelsLast ? 1 : 2];
  frame.width = value.dims[frame.channelsLast ? 2 : 3];
  bool imageNet = preprocess == Preprocess::ImageNet;
  if (frame.height < 0)
    frame.height = imageNet ? 224 : image.height;
  if (frame.width < 0)
    frame.width = imageNet ? 224 : image.width;
  return frame;
}

Result<Image> resized(const convoy_image &image, int64_t width, int64_t height, convoy_filter filter) {
  Image result;
  convoy_error error = {};
  if (convoy_image_resize(&image, static_cast<int32_t>(width), static_cast<int32_t>(height), filter, &result, &error))
    return Error{error.message};
  return result;
}

/// The shorter side to 256/224 of the frame's, the longer one to the nearest pixel; then the centre.
Result<Image> centre(const Image &image, const Frame &frame) {
  double scale = std::max(std::round(frame.height * 256.0 / 224) / image.height,
                          std::round(frame.width * 256.0 / 224) / image.width);
  auto scaled = [&](int64_t side) { return static_cast<int64_t>(std::nearbyint(side * scale)); };
  auto large = resized(image, scaled(image.width), scaled(image.height), CONVOY_BICUBIC);
  if (!large)
    return large;
  Image result;
  convoy_error error = {};
  auto x = static_cast<int32_t>((large->width - frame.width) / 2);
  auto y = static_cast<int32_t>((large->height - frame.height) / 2);
  if (convoy_image_crop(&*large, x, y, static_cast<int32_t>(frame.width), static_cast<int32_t>(frame.height), &result,
                        &error))
    return Error{error.message};
  return result;
}

float scaledValue(float byte, int channel, Preprocess preprocess) {
  switch (preprocess) {
  case Preprocess::ImageNet:
    return (byte / 255 - imageNetMean[channel]) / imageNetDeviation[channel];
  case Preprocess::Unit:
    return byte / 255;
  case Preprocess::Tf:
    return byte / 127.5f - 1;
  case Preprocess::Raw:
    return byte;
  }
  return 0;
}

/// Luminance as Pillow computes it.
uint8_t greyOf(const uint8_t *pixel) {
  return static_cast<uint8_t>((pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);
}

void fill(const Image &image, const Frame &frame, Preprocess preprocess, convoy_tensor &tensor) {
  int64_t pixels = frame.height * frame.width;
  for (int64_t i = 0; i < pixels; ++i)
    for (int64_t c = 0; c < frame.channels; ++c) {
      uint8_t byte = frame.channels == 1 ? greyOf(image.pixels + 3 * i) : image.pixels[3 * i + c];
      int64_t at = frame.channelsLast ? i * frame.channels + c : c * pixels + i;
      if (tensor.type == CONVOY_U8)
        static_cast<uint8_t *>(tensor.data)[at] = byte;
      else
        static_cast<float *>(tensor.data)[at] = scaledValue(byte, static_cast<int>(c), preprocess);
    }
}

} // namespace

Result<Preprocess> parsePreprocess(const std::string &name) {
  const std::pair<const char *, Preprocess> all[] = {
      {"imagenet", Preprocess::ImageNet}, {"unit", Preprocess::Unit}, {"tf", Preprocess::Tf}, {"raw", Preprocess::Raw}};
  std::vector<std::string> names;
  for (const auto &[known, value] : all) {
    if (name == known)
      return value;
    names.push_back(known);
  }
  return Error{"--preprocess '" + name + "' is unknown" + suggestion(name, names)};
}

Result<HostTensor> readPicture(const std::string &path, Preprocess preprocess, const convoy_module &module,
                               int32_t input) {
  const convoy_value &value = module.inputs[input];
  Image image;
  convoy_error error = {};
  if (convoy_image_read(path.c_str(), &image, &error))
    return Error{error.message};
  auto frame = frameOf(module, value, image, preprocess);
  if (!frame)
    return Error{frame.error()};
  auto fitted = preprocess == Preprocess::ImageNet ? centre(image, *frame)
                                                   : resized(image, frame->width, frame->height, CONVOY_BILINEAR);
  if (!fitted)
    return Error{path + ": " + fitted.error()};
  std::vector<int64_t> dims = {1, frame->channels, frame->height, frame->width};
  if (frame->channelsLast)
    dims = {1, frame->height, frame->width, frame->channels};
  HostTensor result = HostTensor::allocate(value.type, dims);
  if (!result.tensor.data)
    return Error{path + ": no memory for a picture of " + describeDims(dims.data(), 4)};
  fill(*fitted, *frame, preprocess, result.tensor);
  return result;
}

} // namespace convoy::tools
