// Floating point, compiled twice: for the x87 stack (GROUP x87) and for SSE2 registers (GROUP sse2). The sums differ between the two, as x87 keeps
// more bits in between; on one of them they are the same everywhere.
#include <math.h>
#include <string.h>
#include "row.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define ROWS_OF(group) group##_rows
#define ROWS(group) ROWS_OF(group)

static uint32_t fold_double(uint32_t sum, double value) {
  uint32_t words[2];
  memcpy(words, &value, sizeof words);
  return fold(fold(sum, words[0]), words[1]);
}

#define BODIES 5
struct body {
  double position[3], velocity[3], mass;
};

static void advance(struct body bodies[BODIES], double time) {
  for (int i = 0; i < BODIES; i++) {
    for (int j = i + 1; j < BODIES; j++) {
      double apart[3], squared = 0.01;
      for (int axis = 0; axis < 3; axis++) {
        apart[axis] = bodies[i].position[axis] - bodies[j].position[axis];
        squared += apart[axis] * apart[axis];
      }
      double pull = time / (squared * __builtin_sqrt(squared));
      for (int axis = 0; axis < 3; axis++) {
        bodies[i].velocity[axis] -= apart[axis] * bodies[j].mass * pull;
        bodies[j].velocity[axis] += apart[axis] * bodies[i].mass * pull;
      }
    }
  }
  for (int i = 0; i < BODIES; i++)
    for (int axis = 0; axis < 3; axis++) bodies[i].position[axis] += time * bodies[i].velocity[axis];
}

static uint32_t nbody(uint32_t units) {
  struct body bodies[BODIES];
  uint32_t seed = 2024, sum = FOLD_START;
  for (int i = 0; i < BODIES; i++) {
    bodies[i].mass = 0.1 + (next_random(&seed) & 0xffff) / 65536.0;
    for (int axis = 0; axis < 3; axis++) {
      bodies[i].position[axis] = (int32_t)next_random(&seed) / 268435456.0;
      bodies[i].velocity[axis] = (int32_t)next_random(&seed) / 4294967296.0;
    }
  }
  for (; units > 0; units--) {
    for (int step = 0; step < 100; step++) advance(bodies, 0.001);
    sum = fold_double(sum, bodies[units % BODIES].position[0]);
  }
  return sum;
}

static uint32_t mandelbrot(uint32_t units) {
  uint32_t sum = FOLD_START;
  for (uint32_t unit = 0; unit < units; unit++) {
    double imaginary = (unit % 100) / 50.0 - 1;
    for (int column = 0; column < 60; column++) {
      double real = column / 24.0 - 2, x = 0, y = 0, xx = 0, yy = 0;
      int count = 0;
      while (count < 100 && xx + yy <= 4) {
        y = 2 * x * y + imaginary;
        x = xx - yy + real;
        xx = x * x;
        yy = y * y;
        count++;
      }
      sum = fold_double(fold(sum, count), x);
    }
  }
  return sum;
}

static uint32_t matrix_product(uint32_t units) {
  enum { SIZE = 48 };
  static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
  uint32_t seed = 17, sum = FOLD_START;
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) {
      a[i][j] = (int32_t)next_random(&seed) / 1073741824.0;
      b[i][j] = (int32_t)next_random(&seed) / 1073741824.0;
    }
  for (; units > 0; units--) {
    for (int i = 0; i < SIZE; i++)
      for (int j = 0; j < SIZE; j++) {
        double cell = 0;
        for (int k = 0; k < SIZE; k++) cell += a[i][k] * b[k][j];
        c[i][j] = cell;
      }
    sum = fold_double(sum, c[units % SIZE][units % 7]);
    a[units % SIZE][units % 11] = c[units % 5][units % SIZE] / SIZE;
  }
  return sum;
}

const struct row ROWS(GROUP)[] = {
    {TEXT(GROUP), "nbody-" TEXT(GROUP), 20000, nbody},
    {TEXT(GROUP), "mandelbrot-" TEXT(GROUP), 20000, mandelbrot},
    {TEXT(GROUP), "matmul-" TEXT(GROUP), 4000, matrix_product},
    {0},
};
