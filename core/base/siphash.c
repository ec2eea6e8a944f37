/* siphash.c - see siphash.h. Pure but for gl_siphash_new_seed. */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

#include "base/rng.h"

gl_siphash_seed gl_siphash_new_seed(void)
{
    return (gl_siphash_seed){ { gl_rng_system_seed(), gl_rng_system_seed() } };
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

/* The state, passed by value so that it stays in registers. */
typedef struct state {
    uint64_t a, b, c, d;
} state;

static inline state round_of(state v)
{
    v.a += v.b;
    v.c += v.d;
    v.b = rotate(v.b, 13) ^ v.a;
    v.d = rotate(v.d, 16) ^ v.c;
    v.a = rotate(v.a, 32);
    v.c += v.b;
    v.a += v.d;
    v.b = rotate(v.b, 17) ^ v.c;
    v.d = rotate(v.d, 21) ^ v.a;
    v.c = rotate(v.c, 32);
    return v;
}

static inline state take(state v, uint64_t word)
{
    v.d ^= word;
    v = round_of(round_of(v));
    v.a ^= word;
    return v;
}

static inline uint64_t word_at(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

/* Fewer than eight bytes, the first the lowest. */
static inline uint64_t last_word(const unsigned char *bytes, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t gl_siphash(const gl_siphash_seed *seed, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    uint64_t k0 = seed->half[0], k1 = seed->half[1];
    state v = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
    size_t left = len;
    for (; left >= 8; left -= 8, bytes += 8) v = take(v, word_at(bytes));
    v = take(v, last_word(bytes, left) | (uint64_t)len << 56);
    v.c ^= 0xff;
    v = round_of(round_of(round_of(round_of(v))));
    return v.a ^ v.b ^ v.c ^ v.d;
}

uint64_t gl_hash(uint64_t before, const void *data, size_t len)
{
    const gl_siphash_seed seed = { { before, 0 } };
    return gl_siphash(&seed, data, len);
}
