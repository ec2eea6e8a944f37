/* slice.c - see slice.h. */
#include "base/slice.h"

const char *gl_slice_find(gl_slice text, gl_slice part)
{
    if (part.len == 0 || part.len > text.len) return NULL;
    const char *first = memchr(text.data, part.data[0], text.len - part.len + 1);
    if (first == NULL || memcmp(first, part.data, part.len) == 0) return first;
    return memmem(first, text.len - (size_t)(first - text.data), part.data, part.len);
}
