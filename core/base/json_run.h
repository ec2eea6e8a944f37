/*
 * json_run.h - the runs of plain ASCII that strings are made of, the same for reading one (json.c)
 * and for writing one (json_scalar.c). Pure.
 */
#ifndef GL_BASE_JSON_RUN_H
#define GL_BASE_JSON_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GL_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* A word with bit 7 of each byte set where w's byte is less than n (n up to 128). Only the lowest
 * of them can be trusted: a borrow may mark a byte above it (Anderson, Bit Twiddling Hacks). */
static inline uint64_t gl_bytes_less(uint64_t w, uint64_t n)
{
    return (w - GL_EACH_BYTE(n)) & ~w & GL_EACH_BYTE(0x80);
}

static inline uint64_t gl_bytes_equal(uint64_t w, uint64_t byte)
{
    return gl_bytes_less(w ^ GL_EACH_BYTE(byte), 1);
}

static inline bool gl_json_is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Returns the first byte of at..end that plain ASCII inside a string cannot be: a quote, a
 * backslash, a control byte, or a byte from 0x80 up. Most of a text is inside strings, so most of
 * the time goes here: eight bytes a turn. */
static inline const char *gl_json_run_end(const char *at, const char *end)
{
    while ((size_t)(end - at) >= sizeof(uint64_t)) {
        uint64_t w;
        memcpy(&w, at, sizeof w);
        uint64_t stop = gl_bytes_less(w, 0x20) | gl_bytes_equal(w, '"') | gl_bytes_equal(w, '\\') |
                        (w & GL_EACH_BYTE(0x80));
        if (stop != 0) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return at + (__builtin_ctzll(stop) >> 3);
#else
            break;
#endif
        }
        at += sizeof w;
    }
    while (at < end && gl_json_is_plain((unsigned char)*at)) at++;
    return at;
}

#endif
