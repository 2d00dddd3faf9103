// What the benchmark files share. A row does a given number of equal units of work and folds all that it computed into a checksum: the same
// number of units gives the same checksum on every machine.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct row {
  const char *group, *name;
  // How many units take some 0.2 s on a processor of 2024.
  uint32_t units;
  uint32_t (*run)(uint32_t units);
};

// One per file; they end with a row without a name.
extern const struct row integer_rows[], memory_rows[], x87_rows[], trigonometry_rows[], sse2_rows[], packed_rows[], kernel_rows[],
    fresh_code_rows[];

// Path of this program, for the row that executes it, and the argument with which it ends at once.
extern const char *own_path;
#define END_AT_ONCE "--end-at-once"

// xorshift32 (Marsaglia 2003). The state is never 0.
static inline uint32_t next_random(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

// One step of FNV-1a over words.
static inline uint32_t fold(uint32_t sum, uint32_t word) { return (sum ^ word) * 16777619u; }
#define FOLD_START 2166136261u

// Keeps the compiler from seeing through a value or dropping what memory holds.
#define HIDE(value) __asm__ volatile("" : "+r"(value) : : "memory")
