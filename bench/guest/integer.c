// Integer arithmetic and branches.
#include "row.h"

#define SIEVE_LIMIT 131072
static uint8_t composite[SIEVE_LIMIT];

static uint32_t sieve(uint32_t units) {
  uint32_t sum = FOLD_START;
  for (uint32_t unit = 0; unit < units; unit++) {
    // A loop, and not a call of memset, which is a row of its own.
    for (uint8_t *p = composite; p < composite + SIEVE_LIMIT; p++) {
      *p = 0;
      HIDE(p);
    }
    uint32_t limit = SIEVE_LIMIT - unit % 64, primes = 0;
    for (uint32_t i = 2; i < limit; i++) {
      if (composite[i]) continue;
      primes++;
      for (uint32_t multiple = 2 * i; multiple < limit; multiple += i) composite[multiple] = 1;
    }
    sum = fold(sum, primes);
  }
  return sum;
}

static uint32_t crc32(uint32_t units) {
  static uint32_t table[256];
  static uint8_t data[65536];
  uint32_t seed = 0x1234567, crc = ~0u;
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t entry = i;
    for (int bit = 0; bit < 8; bit++) entry = entry >> 1 ^ (entry & 1 ? 0xedb88320 : 0);
    table[i] = entry;
  }
  for (size_t i = 0; i < sizeof data; i++) data[i] = next_random(&seed);
  for (; units > 0; units--)
    for (size_t i = 0; i < sizeof data; i++) crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
  return ~crc;
}

static void sort(int32_t *first, int32_t *last) {
  while (first < last) {
    int32_t pivot = first[(last - first) / 2], *low = first, *high = last;
    while (low <= high) {
      while (*low < pivot) low++;
      while (*high > pivot) high--;
      if (low <= high) {
        int32_t kept = *low;
        *low++ = *high;
        *high-- = kept;
      }
    }
    sort(first, high);
    first = low;
  }
}

static uint32_t quicksort(uint32_t units) {
  static int32_t items[16384];
  const uint32_t count = sizeof items / sizeof *items;
  uint32_t sum = FOLD_START, seed = 42;
  for (; units > 0; units--) {
    for (uint32_t i = 0; i < count; i++) items[i] = next_random(&seed);
    sort(items, items + count - 1);
    for (uint32_t i = 0; i < count; i += 97) sum = fold(sum, items[i]);
  }
  return sum;
}

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

// FIPS 180-4, section 6.2.2, with constants of our own: the work is the same.
static void sha256_block(uint32_t state[8], const uint32_t constants[64], const uint32_t block[16]) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) w[i] = __builtin_bswap32(block[i]);
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = ROTATE(w[i - 15], 7) ^ ROTATE(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = ROTATE(w[i - 2], 17) ^ ROTATE(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t s1 = ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25), choice = (e & f) ^ (~e & g);
    uint32_t s0 = ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22), majority = (a & b) ^ (a & c) ^ (b & c);
    uint32_t first = h + s1 + choice + constants[i] + w[i];
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + s0 + majority;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static uint32_t sha256(uint32_t units) {
  static uint32_t constants[64], data[1024];
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint32_t seed = 256, sum = FOLD_START;
  for (int i = 0; i < 64; i++) constants[i] = next_random(&seed);
  for (int i = 0; i < 1024; i++) data[i] = next_random(&seed);
  for (; units > 0; units--)
    for (int i = 0; i < 1024; i += 16) sha256_block(state, constants, data + i);
  for (int i = 0; i < 8; i++) sum = fold(sum, state[i]);
  return sum;
}

// A machine with four registers, as an interpreter in the guest would have it: one unpredictable jump for each instruction.
enum operation { COPY, ADD, XOR, SHIFT_RIGHT, TRIPLE, INCREMENT, JUMP_IF_ODD, JUMP_IF_NOT_ONE, JUMP_IF_LESS, JUMP, END };
struct bytecode {
  uint8_t operation, a, b, target;
};

// Steps to 1 of Collatz's sequence for the numbers from r0 up to below r3, summed in r2.
static const struct bytecode collatz[] = {
    {COPY, 1, 0, 0},             // 0: r1 = r0
    {JUMP_IF_ODD, 1, 0, 4},      // 1
    {SHIFT_RIGHT, 1, 0, 0},      // 2: r1 /= 2
    {JUMP, 0, 0, 6},             // 3
    {TRIPLE, 1, 0, 0},           // 4: r1 = 3 * r1 + 1
    {XOR, 2, 1, 0},              // 5: r2 ^= r1
    {INCREMENT, 2, 0, 0},        // 6
    {JUMP_IF_NOT_ONE, 1, 0, 1},  // 7
    {ADD, 2, 0, 0},              // 8: r2 += r0
    {INCREMENT, 0, 0, 0},        // 9
    {JUMP_IF_LESS, 0, 3, 0},     // 10
    {END, 0, 0, 0},              // 11
};

static uint32_t interpret(const struct bytecode *code, uint32_t r[4]) {
  for (const struct bytecode *at = code;; at++) {
    switch (at->operation) {
      case COPY: r[at->a] = r[at->b]; break;
      case ADD: r[at->a] += r[at->b]; break;
      case XOR: r[at->a] ^= r[at->b]; break;
      case SHIFT_RIGHT: r[at->a] >>= 1; break;
      case TRIPLE: r[at->a] = 3 * r[at->a] + 1; break;
      case INCREMENT: r[at->a]++; break;
      case JUMP_IF_ODD: if (r[at->a] & 1) at = code + at->target - 1; break;
      case JUMP_IF_NOT_ONE: if (r[at->a] != 1) at = code + at->target - 1; break;
      case JUMP_IF_LESS: if (r[at->a] < r[at->b]) at = code + at->target - 1; break;
      case JUMP: at = code + at->target - 1; break;
      case END: return r[2];
    }
  }
}

static uint32_t interpreter(uint32_t units) {
  uint32_t sum = FOLD_START;
  for (uint32_t unit = 0; unit < units; unit++) {
    uint32_t registers[4] = {2 + unit % 7, 0, 0, 500};
    sum = fold(sum, interpret(collatz, registers));
  }
  return sum;
}

// Not tail-recursive, and the compiler can't turn it into loops: each level is a call and a return.
static __attribute__((noinline, noclone)) uint32_t fib(uint32_t n) {
  HIDE(n);
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static uint32_t recursion(uint32_t units) {
  uint32_t sum = FOLD_START;
  for (uint32_t unit = 0; unit < units; unit++) sum = fold(sum, fib(20 + unit % 2));
  return sum;
}

static uint32_t division(uint32_t units) {
  uint32_t sum = FOLD_START, seed = 64;
  for (; units > 0; units--) {
    for (int i = 0; i < 1000; i++) {
      uint64_t dividend = (uint64_t)next_random(&seed) << 32 | seed;
      uint64_t divisor = (uint64_t)(seed & 15 ? 0 : seed >> 20) << 32 | next_random(&seed);
      uint64_t quotient = dividend / divisor, rest = dividend % divisor;
      sum = fold(sum, (uint32_t)quotient ^ (uint32_t)(quotient >> 32) ^ (uint32_t)rest);
      sum = fold(sum, (int32_t)dividend / (int32_t)(divisor | 1));
    }
  }
  return sum;
}

const struct row integer_rows[] = {
    {"integer", "sieve", 400, sieve},       {"integer", "crc32", 1000, crc32}, {"integer", "quicksort", 160, quicksort},
    {"integer", "sha256", 7000, sha256},    {"integer", "interpreter", 700, interpreter},
    {"integer", "fib", 8000, recursion},    {"integer", "div64", 12000, division}, {0},
};
