/* slice.h - bytes of a text that another owner keeps: a pointer and a length, no NUL promised. */
#ifndef GL_BASE_SLICE_H
#define GL_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct gl_slice {
    const char *data; /* never read when len is 0 */
    size_t len;
} gl_slice;

static inline gl_slice gl_slice_of(const char *data, size_t len)
{
    gl_slice slice = { data, len };
    return slice;
}

/* NULL makes an empty one. */
static inline gl_slice gl_slice_str(const char *text)
{
    return gl_slice_of(text, text != NULL ? strlen(text) : 0);
}

/* Returns a text of the caller's, by the one rule for its length (GLIMPSE_EMPTY in
 * <glimpse/result.h>): 0 means strlen, SIZE_MAX means none. NULL is empty. */
static inline gl_slice gl_slice_given(const char *text, size_t len)
{
    if (len == SIZE_MAX) return gl_slice_of("", 0);
    return len != 0 && text != NULL ? gl_slice_of(text, len) : gl_slice_str(text);
}

static inline bool gl_slice_equal(gl_slice a, gl_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool gl_slice_is(gl_slice a, const char *text)
{
    return gl_slice_equal(a, gl_slice_str(text));
}

/* Finds the first place of a part in a text; NULL: it is not there, or is empty. A part that stands
 * where its first byte first does, as a long one mostly does, costs a comparison; memmem prepares
 * itself for one of 256 bytes or more by ten thousand instructions. */
const char *gl_slice_find(gl_slice text, gl_slice part);

static inline bool gl_slice_ends(gl_slice a, const char *end)
{
    size_t len = strlen(end);
    return a.len >= len && memcmp(a.data + a.len - len, end, len) == 0;
}

#endif
