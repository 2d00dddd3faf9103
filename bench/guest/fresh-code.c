// Code that has just been written: as compilers in the guest make it, as code that patches itself, and on pages that hold data as well.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "row.h"

enum { REGION = 65536 };

static uint8_t *code_region(void) {
  uint8_t *region = mmap(0, REGION, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) abort();
  return region;
}

typedef uint32_t function(void);

static uint8_t *put(uint8_t *at, uint8_t opcode, uint32_t immediate) {
  *at++ = opcode;
  memcpy(at, &immediate, sizeof immediate);
  return at + sizeof immediate;
}

// A function of ten instructions, no two alike, run ten times before the next takes another place.
static uint32_t generated(uint32_t units) {
  uint8_t *region = code_region();
  uint32_t sum = FOLD_START, seed = 1;
  for (uint32_t i = 0; i < 100 * units; i++) {
    uint8_t *start = region + i * 96 % (REGION - 96), *at = put(start, 0xb8, next_random(&seed)); // mov eax, imm32
    for (int step = 0; step < 8; step++) {
      static const uint8_t operations[] = {0x05, 0x35, 0x2d}; // add, xor, sub eax, imm32
      uint32_t random = next_random(&seed);
      if (random % 4 < 3) at = put(at, operations[random % 4], random);
      else {
        *at++ = 0xc1; // rol eax, imm8
        *at++ = 0xc0;
        *at++ = random >> 27;
      }
    }
    *at = 0xc3; // ret
    for (int run = 0; run < 10; run++) sum = fold(sum, ((function *)start)());
  }
  munmap(region, REGION);
  return sum;
}

// One constant in a loop changes, and the loop runs a hundred times.
static uint32_t patched(uint32_t units) {
  uint8_t *region = code_region(), *at = put(region, 0xb9, 100); // mov ecx, 100
  uint32_t sum = FOLD_START, seed = 2;
  *at++ = 0x31; // xor eax, eax
  *at++ = 0xc0;
  uint8_t *loop = at;
  at = put(at, 0x05, 0); // add eax, imm32
  static const uint8_t rest[] = {0xc1, 0xc0, 0x05, 0x49, 0x75}; // rol eax, 5; dec ecx; jnz loop
  memcpy(at, rest, sizeof rest);
  at += sizeof rest;
  *at = loop - (at + 1);
  at[1] = 0xc3; // ret
  for (uint32_t i = 0; i < 100 * units; i++) {
    put(loop, 0x05, next_random(&seed));
    HIDE(region);
    sum = fold(sum, ((function *)region)());
  }
  munmap(region, REGION);
  return sum;
}

// The function doesn't change, but what it counts in lies on its own page.
static uint32_t beside_data(uint32_t units) {
  uint8_t *region = code_region();
  uint32_t *counter = (uint32_t *)(region + 2048), sum = FOLD_START;
  static const uint8_t add[] = {0x81, 0x05}, load[] = {0xa1};
  uint32_t address = (uint32_t)(uintptr_t)counter, step = 0x9e3779b9;
  uint8_t *at = region;
  memcpy(at, add, sizeof add); // add dword [counter], step
  memcpy(at + 2, &address, sizeof address);
  memcpy(at + 6, &step, sizeof step);
  memcpy(at + 10, load, sizeof load); // mov eax, [counter]
  memcpy(at + 11, &address, sizeof address);
  at[15] = 0xc3; // ret
  for (uint32_t i = 0; i < 100 * units; i++) sum = fold(sum, ((function *)region)());
  munmap(region, REGION);
  return sum;
}

const struct row fresh_code_rows[] = {
    {"fresh-code", "generated", 5000, generated}, {"fresh-code", "patched", 8000, patched}, {"fresh-code", "beside-data", 1000000, beside_data}, {0},
};
