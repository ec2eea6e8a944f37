/* fuzz.h - what every fuzzer has: the entry point, and the word with which it complains. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void claim(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "claim: %s\n", what);
    abort();
}

/* What the program says goes nowhere while it is hushed. */
static inline void fuzz_hush(bool hushed)
{
    static int null = -1, kept = -1;
    if (null < 0) {
        null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        kept = dup(STDERR_FILENO);
    }
    claim(null >= 0 && kept >= 0 && dup2(hushed ? null : kept, STDERR_FILENO) >= 0, "no stderr");
}

/* Bytes of the input, handed out from the front; nothing, or 0, when they are used up. */
typedef struct fuzz_input {
    const uint8_t *data;
    size_t size;
} fuzz_input;

static inline uint8_t fuzz_byte(fuzz_input *in)
{
    if (in->size == 0) return 0;
    in->size--;
    return *in->data++;
}

static inline uint32_t fuzz_number(fuzz_input *in)
{
    uint32_t number = 0;
    for (int i = 0; i < 4; i++) number = number << 8 | fuzz_byte(in);
    return number;
}

/* Up to the next line end, which is dropped. Not terminated. */
static inline gl_slice fuzz_line(fuzz_input *in)
{
    if (in->size == 0) return gl_slice_of("", 0);
    const char *from = (const char *)in->data;
    const char *end = memchr(from, '\n', in->size);
    size_t len = end != NULL ? (size_t)(end - from) : in->size;
    size_t used = end != NULL ? len + 1 : len;
    in->data += used;
    in->size -= used;
    return gl_slice_of(from, len);
}

/* A copy with a NUL behind it, in memory of its own so that a sanitizer sees what is read past it;
 * what stands behind a NUL inside is lost to whoever reads a C string. */
static inline char *fuzz_string(gl_slice text)
{
    char *copy = malloc(text.len + 1);
    claim(copy != NULL, "out of memory");
    if (text.len != 0) memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* One line of UTF-8 that no terminal obeys. NULL is fine. */
static inline void claim_plain_line(const char *text, size_t len)
{
    size_t used;
    for (size_t at = 0; at < len; at += used) {
        uint32_t code = gl_utf8_decode(text + at, len - at, &used);
        claim(code != GL_UTF8_BAD, "a message is not UTF-8");
        claim(code >= 0x20 && (code < 0x7f || code > 0x9f), "a control character in a message");
    }
}

#endif
