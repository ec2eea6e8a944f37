/* siphash.c - see siphash.h. Pure but for gl_siphash_new_seed. */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

#include "base/rng.h"

gl_siphash_seed gl_siphash_new_seed(void)
{
    return (gl_siphash_seed){ { gl_rng_system_seed(), gl_rng_system_seed() } };
}

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void mix(uint64_t v[4], int rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

/* Up to eight bytes, the first the lowest. */
static uint64_t word_of(const unsigned char *bytes, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, bytes, len);
    return le64toh(word);
}

static void take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v, 2);
    v[0] ^= word;
}

uint64_t gl_siphash(const gl_siphash_seed *seed, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    uint64_t k0 = seed->half[0], k1 = seed->half[1];
    uint64_t v[4] = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                      k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
    size_t left = len;
    for (; left >= 8; left -= 8, bytes += 8) take(v, word_of(bytes, 8));
    take(v, (left != 0 ? word_of(bytes, left) : 0) | (uint64_t)len << 56);
    v[2] ^= 0xff;
    mix(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t gl_hash(uint64_t before, const void *data, size_t len)
{
    const gl_siphash_seed seed = { { before, 0 } };
    return gl_siphash(&seed, data, len);
}
