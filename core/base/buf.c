/* buf.c - see buf.h. Doubles from 256 bytes; one byte more than the capacity is there, for a NUL.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void gl_buf_init(gl_buf *buf, size_t max)
{
    *buf = (gl_buf){ .max = max };
}

void gl_buf_free(gl_buf *buf)
{
    gl_free(buf->data);
    gl_buf_init(buf, buf->max);
}

void gl_buf_reset(gl_buf *buf)
{
    buf->len = 0;
    buf->failed = buf->too_large = false;
}

void gl_buf_recycle(gl_buf *buf, size_t keep)
{
    if (buf->capacity > keep)
        gl_buf_free(buf);
    else
        gl_buf_reset(buf);
}

static bool fail(gl_buf *buf, bool too_large)
{
    buf->failed = true;
    buf->too_large = too_large;
    return false;
}

bool gl_buf_reserve(gl_buf *buf, size_t more)
{
    if (buf->failed) return false;
    if (buf->data != NULL && more <= buf->capacity - buf->len) return true;
    if (more > buf->max - buf->len) return fail(buf, true);
    size_t need = buf->len + more;
    size_t capacity = buf->capacity != 0 ? buf->capacity : 256;
    while (capacity < need) capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    if (capacity > buf->max) capacity = buf->max;
    if (capacity == SIZE_MAX) return fail(buf, false);
    char *data = gl_realloc(buf->data, capacity + 1);
    if (data == NULL) return fail(buf, false);
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void gl_buf_append(gl_buf *buf, const char *data, size_t len)
{
    if (len == 0 || (!gl_buf_has_room(buf, len) && !gl_buf_reserve(buf, len))) return;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
}

void gl_buf_append_u64(gl_buf *buf, uint64_t number)
{
    char digits[20]; /* 2^64 - 1 has 20 */
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    gl_buf_append(buf, digits + at, sizeof digits - at);
}

void gl_buf_append_i64(gl_buf *buf, int64_t number)
{
    if (number < 0) gl_buf_append_char(buf, '-');
    gl_buf_append_u64(buf, number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number);
}

void gl_buf_append_hex(gl_buf *buf, uint64_t number, size_t least)
{
    char digits[16]; /* 2^64 - 1 has as many */
    size_t at = sizeof digits;
    if (least > sizeof digits) least = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % 16];
        number /= 16;
    } while (number != 0 || sizeof digits - at < least);
    gl_buf_append(buf, digits + at, sizeof digits - at);
}

void gl_buf_printf(gl_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    gl_buf_vprintf(buf, format, args);
    va_end(args);
}

void gl_buf_vprintf(gl_buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0) {
        fail(buf, false);
    } else if (gl_buf_reserve(buf, (size_t)len)) {
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

bool gl_buf_terminate(gl_buf *buf)
{
    if (!gl_buf_reserve(buf, 0)) return false;
    buf->data[buf->len] = '\0';
    return true;
}
