/*
 * json_run.h - the runs that JSON text is made of: plain ASCII in strings, whole strings, numbers
 * and literals. Inline, because nearly every byte of a text passes here. Pure.
 */
#ifndef GL_BASE_JSON_RUN_H
#define GL_BASE_JSON_RUN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__ /* every x86-64 */
#include <emmintrin.h>
#endif

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

#ifdef __SSE2__
/* A bit for each of the 16 bytes at `at` that is equal to `byte`. */
static inline unsigned gl_sixteen_equal(__m128i sixteen, char byte)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(sixteen, _mm_set1_epi8(byte)));
}

static inline __m128i gl_sixteen(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}
#endif

/* Returns the first byte of at..end that plain ASCII inside a string cannot be: a quote, a
 * backslash, a control byte, or a byte from 0x80 up. Most of a text is inside strings, so most of
 * the time goes here: 16 bytes a turn, or eight. */
static inline const char *gl_json_run_end(const char *at, const char *end)
{
#ifdef __SSE2__
    while ((size_t)(end - at) >= sizeof(__m128i)) {
        __m128i bytes = gl_sixteen(at);
        /* As signed bytes, those from 0x80 up are less than a blank too. */
        __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
        __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        int stop = _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash)));
        if (stop != 0) return at + __builtin_ctz((unsigned)stop);
        at += sizeof(__m128i);
    }
#endif
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

/* Returns the first quote or backslash of at..end; `end` where there is none. */
static inline const char *gl_json_quote(const char *at, const char *end)
{
#ifdef __SSE2__
    while ((size_t)(end - at) >= sizeof(__m128i)) {
        __m128i bytes = gl_sixteen(at);
        unsigned found = gl_sixteen_equal(bytes, '"') | gl_sixteen_equal(bytes, '\\');
        if (found != 0) return at + __builtin_ctz(found);
        at += sizeof(__m128i);
    }
#endif
    while (at < end && *at != '"' && *at != '\\') at++;
    return at;
}

/* Returns the place behind the string, of a checked text, that starts at `at`. */
static inline const char *gl_json_string_end(const char *at, const char *end)
{
    for (at++;; at += 2) { /* over a backslash and the character that it escapes */
        at = gl_json_quote(at, end);
        assert(at < end);
        if (*at == '"') return at + 1;
    }
}

/* Returns the place behind the number or literal, of a checked text, that starts at `at`. */
static inline const char *gl_json_word_end(const char *at, const char *end)
{
    do at++;
    while (at < end && *at != ',' && *at != ']' && *at != '}' && (unsigned char)*at > ' ');
    return at;
}

#endif
