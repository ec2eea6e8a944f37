/* utf8.h - UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef GL_BASE_UTF8_H
#define GL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code point at text[0..len) and its length in *used (1 to 4). Malformed: returns
 * GL_UTF8_BAD and *used = 1. len > 0. */
uint32_t gl_utf8_decode(const char *text, size_t len, size_t *used);
#define GL_UTF8_BAD UINT32_MAX

/* Writes 1 to 4 bytes and returns how many. code is a scalar value (no surrogate). */
size_t gl_utf8_encode(uint32_t code, char out[4]);

/* Returns true when a terminal or a viewer would act upon the code point instead of showing it: C0,
 * DEL and C1, the marks that turn the direction of text (Unicode, annex 9), and the line and
 * paragraph separators. */
bool gl_utf8_is_control(uint32_t code);

/* len when all of it is well formed, else the offset of the first bad byte. Fast on ASCII. */
size_t gl_utf8_check(const char *text, size_t len);

/* The largest n <= limit such that text[0..n) ends between characters (text is well formed). */
size_t gl_utf8_clip(const char *text, size_t len, size_t limit);

#endif
