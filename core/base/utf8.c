/* utf8.c - see utf8.h. Pure; the table of well-formed sequences is Unicode's table 3-7. */
#include "base/utf8.h"

#include <string.h>

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

uint32_t gl_utf8_decode(const char *text, size_t len, size_t *used)
{
    const unsigned char *b = (const unsigned char *)text;
    *used = 1;
    if (b[0] < 0x80) return b[0];
    if (b[0] < 0xC2 || b[0] > 0xF4) return GL_UTF8_BAD;
    if (b[0] < 0xE0) {
        if (len < 2 || !is_tail(b[1])) return GL_UTF8_BAD;
        *used = 2;
        return (b[0] & 0x1FU) << 6 | (b[1] & 0x3FU);
    }
    if (b[0] < 0xF0) {
        if (len < 3 || !is_tail(b[1]) || !is_tail(b[2])) return GL_UTF8_BAD;
        uint32_t code = (b[0] & 0x0FU) << 12 | (b[1] & 0x3FU) << 6 | (b[2] & 0x3FU);
        if (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF)) return GL_UTF8_BAD;
        *used = 3;
        return code;
    }
    if (len < 4 || !is_tail(b[1]) || !is_tail(b[2]) || !is_tail(b[3])) return GL_UTF8_BAD;
    uint32_t code =
        (b[0] & 0x07U) << 18 | (b[1] & 0x3FU) << 12 | (b[2] & 0x3FU) << 6 | (b[3] & 0x3FU);
    if (code < 0x10000 || code > 0x10FFFF) return GL_UTF8_BAD;
    *used = 4;
    return code;
}

size_t gl_utf8_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

bool gl_utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

size_t gl_utf8_check(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint64_t word;
        if (len - at >= sizeof word) {
            memcpy(&word, text + at, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof word;
                continue;
            }
        }
        size_t used;
        if (gl_utf8_decode(text + at, len - at, &used) == GL_UTF8_BAD) return at;
        at += used;
    }
    return len;
}

size_t gl_utf8_clip(const char *text, size_t len, size_t limit)
{
    if (limit >= len) return len;
    while (limit > 0 && is_tail((unsigned char)text[limit])) limit--;
    return limit;
}
