#include "runtime/ops/entry.h"

#if defined(__x86_64__)

#include <cpuid.h>

/* Registers that the operating system saves: bits of XCR0. */
#define STATE_YMM 0x6u
#define STATE_ZMM 0xe6u
#define STATE_TILES 0x60000u

static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

typedef struct cpu {
  uint32_t ecx1, ebx7, ecx7, edx7, eax71, ecx_extended;
  uint64_t state;
} cpu;

static cpu read_cpu(void) {
  cpu c = {0, 0, 0, 0, 0, 0, 0};
  uint32_t eax, ebx, ecx, edx, subleaves = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
    c.ecx1 = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
    subleaves = eax;
    c.ebx7 = ebx;
    c.ecx7 = ecx;
    c.edx7 = edx;
  }
  if (subleaves >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx))
    c.eax71 = eax;
  if (__get_cpuid(0x80000001u, &eax, &ebx, &ecx, &edx))
    c.ecx_extended = ecx;
  if (c.ecx1 & 1u << 27) /* OSXSAVE */
    c.state = saved_state();
  return c;
}

static int has(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

static int ymm(const cpu *c) { return has((uint32_t)c->state, STATE_YMM); }
static int zmm(const cpu *c) { return has((uint32_t)c->state, STATE_ZMM); }

static uint64_t features_of(const cpu *c) {
  uint64_t f = 0;
  if (has(c->ecx1, 1u << 19))
    f |= CONVOY_CPU_SSE41;
  if (ymm(c) && has(c->ecx1, 1u << 28))
    f |= CONVOY_CPU_AVX;
  if (ymm(c) && has(c->ecx1, 1u << 29))
    f |= CONVOY_CPU_F16C;
  if (ymm(c) && has(c->ecx1, 1u << 12))
    f |= CONVOY_CPU_FMA;
  if (ymm(c) && has(c->ebx7, 1u << 5 | 1u << 3 | 1u << 8) && has(c->ecx_extended, 1u << 5) && has(c->ecx1, 1u << 22))
    f |= CONVOY_CPU_AVX2;
  if (zmm(c) && has(c->ebx7, 1u << 16 | 1u << 28))
    f |= CONVOY_CPU_AVX512_F;
  if (zmm(c) && has(c->ebx7, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31))
    f |= CONVOY_CPU_AVX512_CORE;
  if (zmm(c) && has(c->ebx7, 1u << 21) && has(c->ecx7, 1u << 1))
    f |= CONVOY_CPU_AVX512_IFMA_VBMI;
  if (zmm(c) && has(c->ecx7, 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14))
    f |= CONVOY_CPU_AVX512_VNNI;
  if (zmm(c) && has(c->eax71, 1u << 5))
    f |= CONVOY_CPU_AVX512_BF16;
  if (zmm(c) && has(c->edx7, 1u << 23))
    f |= CONVOY_CPU_AVX512_FP16;
  if (ymm(c) && has(c->eax71, 1u << 4))
    f |= CONVOY_CPU_AVX_VNNI;
  if (has((uint32_t)c->state, STATE_TILES) && has(c->edx7, 1u << 22 | 1u << 24 | 1u << 25))
    f |= CONVOY_CPU_AMX;
  return f;
}

int32_t convoy_cpu_supports(uint64_t features) {
  cpu c = read_cpu();
  return (features & ~features_of(&c)) == 0;
}

#else

int32_t convoy_cpu_supports(uint64_t features) { return features == 0; }

#endif
