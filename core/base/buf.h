/*
 * buf.h - growing byte buffer with a maximum fixed at init.
 *
 * An append that does not fit the maximum, or finds no memory, sets `failed` and changes nothing;
 * later appends then do nothing, so a writer may append many times and look once at the end.
 * Contents are not NUL terminated unless gl_buf_terminate says so.
 */
#ifndef GL_BASE_BUF_H
#define GL_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

typedef struct gl_buf {
    char *data;
    size_t len, capacity, max;
    bool failed;
    bool too_large; /* it failed because of the maximum, not for want of memory */
} gl_buf;

void gl_buf_init(gl_buf *buf, size_t max);
void gl_buf_free(gl_buf *buf);  /* and back to empty, same maximum */
void gl_buf_reset(gl_buf *buf); /* empty, memory kept, failed cleared */

/* The same, but gives back memory beyond keep bytes. */
void gl_buf_recycle(gl_buf *buf, size_t keep);

/* Room for more bytes behind len; false sets failed. */
bool gl_buf_reserve(gl_buf *buf, size_t more);

void gl_buf_append(gl_buf *buf, const char *data, size_t len);
void gl_buf_append_u64(gl_buf *buf, uint64_t number);
void gl_buf_append_i64(gl_buf *buf, int64_t number);
void gl_buf_append_hex(gl_buf *buf, uint64_t number, size_t least); /* digits, at least so many */
void gl_buf_printf(gl_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gl_buf_vprintf(gl_buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* A NUL behind the contents, counted neither in len nor for the maximum. false: it has failed, or
 * was empty and found no memory. */
bool gl_buf_terminate(gl_buf *buf);

/* Whether more bytes have room as it is. Most appends need no more than this look. */
static inline bool gl_buf_has_room(const gl_buf *buf, size_t more)
{
    return !buf->failed && more <= buf->capacity - buf->len;
}

static inline void gl_buf_append_char(gl_buf *buf, char c)
{
    if (gl_buf_has_room(buf, 1) || gl_buf_reserve(buf, 1)) buf->data[buf->len++] = c;
}

/* Inline, so that the compiler knows the length of a literal: a short one is then copied by a few
 * moves and without a call. An answer of the mock is 40 of them. */
static inline void gl_buf_append_str(gl_buf *buf, const char *text)
{
    size_t len = strlen(text);
    if (__builtin_constant_p(len) && len <= 64 && gl_buf_has_room(buf, len)) {
        if (len == 0) return;
        memcpy(buf->data + buf->len, text, len);
        buf->len += len;
    } else {
        gl_buf_append(buf, text, len);
    }
}

static inline gl_slice gl_buf_slice(const gl_buf *buf)
{
    return gl_slice_of(buf->data, buf->len);
}

#endif
