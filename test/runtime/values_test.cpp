#include <convoy/runtime.h>

#include <gtest/gtest.h>

namespace {

TEST(Values, TypesHaveNamesAndSizes) {
  EXPECT_STREQ(convoy_type_name(CONVOY_BF16), "bf16");
  EXPECT_STREQ(convoy_type_name(CONVOY_BOOL), "bool");
  EXPECT_STREQ(convoy_type_name(static_cast<convoy_type>(0)), "?");
  EXPECT_STREQ(convoy_type_name(static_cast<convoy_type>(14)), "?");
  EXPECT_EQ(convoy_type_bytes(CONVOY_F16), 2u);
  EXPECT_EQ(convoy_type_bytes(CONVOY_U64), 8u);
  EXPECT_EQ(convoy_type_bytes(static_cast<convoy_type>(99)), 0u);
}

TEST(Values, StatusesHaveNames) {
  EXPECT_STREQ(convoy_status_name(CONVOY_OK), "ok");
  EXPECT_STREQ(convoy_status_name(CONVOY_KERNEL_FAILED), "a kernel failed");
  EXPECT_STREQ(convoy_status_name(CONVOY_NO_DEVICE), "no device");
  EXPECT_STREQ(convoy_status_name(CONVOY_DEVICE_FAILED), "the device failed");
}

convoy_tensor shaped(std::initializer_list<int64_t> dims) {
  convoy_tensor t = {};
  t.type = CONVOY_F32;
  for (int64_t dim : dims)
    t.dims[t.rank++] = dim;
  return t;
}

TEST(Values, BytesOfTensors) {
  convoy_tensor t = shaped({});
  EXPECT_EQ(convoy_tensor_bytes(&t), 4u);
  t = shaped({2, 3, 5});
  EXPECT_EQ(convoy_tensor_bytes(&t), 120u);
  t = shaped({2, 0, 5});
  EXPECT_EQ(convoy_tensor_bytes(&t), 0u);
}

TEST(Values, ImpossibleTensorsHaveNoBytes) {
  convoy_tensor t = shaped({2, -1});
  EXPECT_EQ(convoy_tensor_bytes(&t), SIZE_MAX);
  t = shaped({1ll << 31, 1ll << 31, 2});
  EXPECT_EQ(convoy_tensor_bytes(&t), SIZE_MAX);
  t = shaped({3});
  t.rank = 9;
  EXPECT_EQ(convoy_tensor_bytes(&t), SIZE_MAX);
  t = shaped({3});
  t.type = static_cast<convoy_type>(0);
  EXPECT_EQ(convoy_tensor_bytes(&t), SIZE_MAX);
}

} // namespace
