// The x87's transcendental instructions. Processors and emulators differ in their last bits, as the manuals allow: what goes into the sum is rounded
// to 24 bits after the point.
#include "row.h"

static inline uint32_t rounded(long double value) { return (uint32_t)__builtin_llrintl(value * 16777216.0L); }

static inline long double sine(long double x) {
  __asm__("fsin" : "+t"(x));
  return x;
}
static inline long double cosine(long double x) {
  __asm__("fcos" : "+t"(x));
  return x;
}
static inline long double arc_tangent(long double y, long double x) {
  __asm__("fpatan" : "=t"(y) : "0"(x), "u"(y) : "st(1)");
  return y;
}
static inline long double logarithm(long double factor, long double x) {
  __asm__("fyl2x" : "=t"(x) : "0"(x), "u"(factor) : "st(1)");
  return x;
}
static inline long double power_less_one(long double x) {
  __asm__("f2xm1" : "+t"(x));
  return x;
}

static uint32_t trigonometry(uint32_t units) {
  uint32_t sum = FOLD_START;
  for (uint32_t unit = 0; unit < units; unit++) {
    for (int i = 1; i <= 20; i++) {
      long double x = (unit % 1000) / 250.0L + i / 7.0L;
      sum = fold(sum, rounded(sine(x)) + rounded(cosine(x)));
      sum = fold(sum, rounded(arc_tangent(x, i)) + rounded(logarithm(0.75L, x)));
      sum = fold(sum, rounded(power_less_one(x / 16)));
    }
  }
  return sum;
}

const struct row trigonometry_rows[] = {{"x87", "trig-x87", 50000, trigonometry}, {0}};
