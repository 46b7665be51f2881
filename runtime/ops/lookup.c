/* Tables of 256 bytes: what a function of one quantised tensor is. */
#include "runtime/ops/ops.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Two permutations of 128 bytes each, of which the highest bit of an index picks one. */
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static __m512i convoy_look_up_64(__m512i index,
                                                                                        const __m512i table[4]) {
  __m512i low = _mm512_permutex2var_epi8(table[0], index, table[1]);
  __m512i high = _mm512_permutex2var_epi8(table[2], index, table[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high);
}

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) int32_t convoy_look_up_vbmi(uint8_t *result,
                                                                                   const uint8_t *index, int64_t count,
                                                                                   const uint8_t *table) {
  __m512i parts[4];
  for (int i = 0; i < 4; ++i)
    parts[i] = _mm512_loadu_si512(table + 64 * i);
  int64_t at = 0;
  for (; at + 64 <= count; at += 64)
    _mm512_storeu_si512(result + at, convoy_look_up_64(_mm512_loadu_si512(index + at), parts));
  if (at < count) {
    __mmask64 rest = ~(__mmask64)0 >> (64 - (count - at));
    __m512i last = convoy_look_up_64(_mm512_maskz_loadu_epi8(rest, index + at), parts);
    _mm512_mask_storeu_epi8(result + at, rest, last);
  }
  return 0;
}

/* Sixteen parts of 16 bytes: the upper half of an index says which part it means. */
__attribute__((target("avx2"))) static __m256i convoy_look_up_32(__m256i index, const uint8_t *table) {
  const __m256i low = _mm256_and_si256(index, _mm256_set1_epi8(15));
  __m256i high = _mm256_and_si256(_mm256_srli_epi16(index, 4), _mm256_set1_epi8(15)), result = _mm256_setzero_si256();
  for (int part = 0; part < 16; ++part) {
    __m256i entries = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(table + 16 * part)));
    __m256i is_here = _mm256_cmpeq_epi8(high, _mm256_set1_epi8((char)part));
    result = _mm256_or_si256(result, _mm256_and_si256(is_here, _mm256_shuffle_epi8(entries, low)));
  }
  return result;
}

__attribute__((target("avx2"))) int32_t convoy_look_up_avx2(uint8_t *result, const uint8_t *index, int64_t count,
                                                            const uint8_t *table) {
  int64_t at = 0;
  for (; at + 32 <= count; at += 32) {
    __m256i found = convoy_look_up_32(_mm256_loadu_si256((const __m256i *)(const void *)(index + at)), table);
    _mm256_storeu_si256((__m256i *)(void *)(result + at), found);
  }
  for (; at < count; ++at)
    result[at] = table[index[at]];
  return 0;
}
#endif
