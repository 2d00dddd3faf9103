// SSE2 on packed integers: sums of absolute differences, saturation, multiplication, shuffles, shifts and comparisons.
#include <emmintrin.h>
#include "row.h"

enum { VECTORS = 1024 };

static uint32_t packed(uint32_t units) {
  static __m128i pixels[VECTORS], weights[VECTORS];
  uint32_t seed = 128, words[4];
  for (int i = 0; i < VECTORS; i++) {
    pixels[i] = _mm_set_epi32(next_random(&seed), next_random(&seed), next_random(&seed), next_random(&seed));
    weights[i] = _mm_set_epi32(next_random(&seed), next_random(&seed), next_random(&seed), next_random(&seed));
  }
  __m128i sum = _mm_setzero_si128(), zero = _mm_setzero_si128();
  for (; units > 0; units--) {
    for (int i = 0; i < VECTORS; i++) {
      __m128i p = pixels[i], w = weights[i];
      __m128i low = _mm_madd_epi16(_mm_unpacklo_epi8(p, zero), w), high = _mm_madd_epi16(_mm_unpackhi_epi8(p, zero), w);
      __m128i mixed = _mm_packs_epi32(_mm_srai_epi32(low, 8), _mm_srai_epi32(high, 8));
      __m128i chosen = _mm_and_si128(_mm_cmpgt_epi16(mixed, w), _mm_mulhi_epi16(mixed, w));
      sum = _mm_add_epi32(sum, _mm_xor_si128(chosen, _mm_shuffle_epi32(low, _MM_SHUFFLE(1, 0, 3, 2))));
      sum = _mm_add_epi64(sum, _mm_sad_epu8(p, _mm_avg_epu8(w, sum)));
      pixels[i] = _mm_adds_epu8(_mm_subs_epu8(p, _mm_max_epu8(zero, _mm_slli_epi16(w, 3))), _mm_packus_epi16(mixed, chosen));
    }
  }
  _mm_storeu_si128((__m128i *)words, sum);
  return fold(fold(fold(fold(FOLD_START, words[0]), words[1]), words[2]), words[3]);
}

const struct row packed_rows[] = {{"sse2", "packed-sse2", 70000, packed}, {0}};
