// Moves, fills and reads of memory.
#include <string.h>
#include "row.h"

#define BUFFER_BYTES (256 * 1024)
static uint8_t from[BUFFER_BYTES] __attribute__((aligned(4096))), to[BUFFER_BYTES] __attribute__((aligned(4096)));
static const uint32_t sizes[] = {13, 64, 200, 1000, 4096, 10000, 65536};
#define SIZES (sizeof sizes / sizeof *sizes)

static void scramble(uint8_t *bytes, uint32_t seed) {
  for (size_t i = 0; i < BUFFER_BYTES; i++) bytes[i] = next_random(&seed);
}

static uint32_t word_at(const uint8_t *bytes, uint32_t offset) {
  uint32_t word;
  memcpy(&word, bytes + offset, sizeof word);
  return word;
}

typedef void copy_function(uint8_t *target, const uint8_t *source, uint32_t size);

// Of each size several, at addresses of any alignment.
static inline uint32_t copies(uint32_t units, copy_function *copy) {
  uint32_t sum = FOLD_START, seed = 99;
  scramble(from, 7);
  for (; units > 0; units--) {
    for (uint32_t i = 0; i < SIZES; i++) {
      for (int repeat = 0; repeat < 4; repeat++) {
        uint32_t source = next_random(&seed) % (BUFFER_BYTES - sizes[i]), target = next_random(&seed) % (BUFFER_BYTES - sizes[i]);
        copy(to + target, from + source, sizes[i]);
        sum = fold(sum, word_at(to, target + sizes[i] - 4));
      }
    }
  }
  return sum;
}

static void by_library(uint8_t *target, const uint8_t *source, uint32_t size) { memcpy(target, source, size); }

static void by_string_instruction(uint8_t *target, const uint8_t *source, uint32_t size) {
  uint32_t words = size / 4, rest = size % 4;
  __asm__ volatile("rep movsl" : "+D"(target), "+S"(source), "+c"(words) : : "memory");
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(rest) : : "memory");
}

static uint32_t library_copies(uint32_t units) { return copies(units, by_library); }
static uint32_t string_copies(uint32_t units) { return copies(units, by_string_instruction); }

static uint32_t fills(uint32_t units) {
  uint32_t sum = FOLD_START, seed = 5;
  for (; units > 0; units--) {
    for (uint32_t i = 0; i < SIZES; i++) {
      for (int repeat = 0; repeat < 4; repeat++) {
        uint32_t target = next_random(&seed) % (BUFFER_BYTES - sizes[i]);
        memset(to + target, seed, sizes[i]);
        sum = fold(sum, word_at(to, next_random(&seed) % (BUFFER_BYTES - 4)));
      }
    }
  }
  return sum;
}

// One byte at a time: a length, a change of case, and a reversal.
static uint32_t byte_loops(uint32_t units) {
  const uint32_t length = 16384;
  uint32_t sum = FOLD_START;
  scramble(from, 3);
  from[length] = 0;
  for (uint32_t i = 0; i < length; i++) from[i] |= 32;
  for (; units > 0; units--) {
    uint8_t *end = from;
    while (*end) {
      HIDE(end);
      end++;
    }
    for (uint32_t i = 0; i < length; i++) {
      uint8_t c = from[i];
      HIDE(c);
      to[i] = c >= 'a' && c <= 'z' ? c - 32 : c;
    }
    for (uint8_t *low = from, *high = end - 1; low < high; low++, high--) {
      uint8_t kept = *low;
      *low = *high;
      *high = kept;
      HIDE(low);
    }
    sum = fold(sum, (uint32_t)(end - from) + word_at(to, units * 16 % length));
  }
  return sum;
}

// Sattolo's algorithm: one cycle through all of the table, so that each load waits for the one before.
static uint32_t pointer_chase(uint32_t units) {
  static uint32_t next[BUFFER_BYTES / 4];
  const uint32_t count = BUFFER_BYTES / 4;
  uint32_t seed = 11, sum = FOLD_START, at = 0;
  for (uint32_t i = 0; i < count; i++) next[i] = i;
  for (uint32_t i = count - 1; i > 0; i--) {
    uint32_t other = next_random(&seed) % i, kept = next[i];
    next[i] = next[other];
    next[other] = kept;
  }
  for (; units > 0; units--) {
    for (int step = 0; step < 10000; step++) at = next[at];
    sum = fold(sum, at);
  }
  return sum;
}

const struct row memory_rows[] = {
    {"memory", "memcpy", 20000, library_copies}, {"memory", "memset", 30000, fills},         {"memory", "rep-movs", 5000, string_copies},
    {"memory", "bytes", 3500, byte_loops},       {"memory", "chase", 4000, pointer_chase}, {0},
};
