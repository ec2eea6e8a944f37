/* form.c - see form.h. Called for a body or a line of input that is no JSON. */
#include "base/form.h"

#include <stddef.h>

typedef struct magic {
    const char *bytes;
    size_t len;
    const char *name;
    bool compressed;
} magic;

/* The byte order mark of UTF-32 begins with that of UTF-16. The entries for zlib are its headers
 * that cannot be text (RFC 1950: deflate, a window of 32 KiB, all levels but one). */
static const magic table[] = {
    { "\x1F\x8B", 2, "gzip", true },
    { "\x28\xB5\x2F\xFD", 4, "zstd", true },
    { "\x78\x01", 2, "zlib", true },
    { "\x78\x9C", 2, "zlib", true },
    { "\x78\xDA", 2, "zlib", true },
    { "\xFD\x37zXZ", 5, "xz", true },
    { "BZh", 3, "bzip2", true },
    { "PK\x03\x04", 4, "zip", true },
    { "\xFF\xFE\0\0", 4, "UTF-32", false },
    { "\0\0\xFE\xFF", 4, "UTF-32", false },
    { "\xFF\xFE", 2, "UTF-16", false },
    { "\xFE\xFF", 2, "UTF-16", false },
};

/* UTF-16 or UTF-32 without a mark: every other byte of ASCII text is NUL. */
static bool is_wide(gl_slice bytes)
{
    if (bytes.len < 4) return false;
    bool first = bytes.data[0] == '\0', second = bytes.data[1] == '\0';
    return first != second && (bytes.data[2] == '\0') == first && (bytes.data[3] == '\0') == second;
}

const char *gl_form_name(gl_slice bytes, bool *compressed)
{
    bool ignored;
    if (compressed == NULL) compressed = &ignored;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        *compressed = table[i].compressed;
        if (bytes.len >= table[i].len && memcmp(bytes.data, table[i].bytes, table[i].len) == 0)
            return table[i].name;
    }
    *compressed = false;
    return is_wide(bytes) ? "UTF-16" : NULL;
}
