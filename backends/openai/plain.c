/*
 * plain.c - text of an endpoint on its way into a message of ours.
 *
 * An endpoint may answer with anything: terminal escapes, line ends, a page of HTML, the key it was
 * sent. Nothing of that may reach a log or a terminal. Allocates nothing.
 */
#include "openai/plain.h"

#include <stdbool.h>

#include "base/utf8.h"

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Blanks, C0 and C1 controls, line and paragraph separators, and the characters that turn the
 * direction of a terminal's line. */
static bool is_blank(uint32_t code)
{
    return code <= 0x20 || (code >= 0x7F && code <= 0xA0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* Length of a key at text[at], 0 when there is none. Servers shorten keys with asterisks or dots
 * when they quote them: these belong to it, but for a dot at its end. */
static size_t key_length(gl_slice text, size_t at)
{
    if (text.len - at < 4 || memcmp(text.data + at, "sk-", 3) != 0) return 0;
    if (at > 0 && is_alnum(text.data[at - 1])) return 0; /* "risk-free" */
    size_t end = at + 3;
    while (end < text.len && (is_alnum(text.data[end]) || memchr("-_*.", text.data[end], 4))) end++;
    while (text.data[end - 1] == '.') end--;
    return end - at > 3 ? end - at : 0;
}

size_t gl_plain(gl_slice text, char *out, size_t size)
{
    static const char mask[] = "sk-****";
    size_t len = 0, used;
    bool blank = false;
    for (size_t at = 0; at < text.len; at += used) {
        char c = text.data[at];
        /* Most are letters and digits; a key begins with an s. */
        if (c > 0x20 && c < 0x7F && c != 's' && !blank && len + 1 < size) {
            out[len++] = c;
            used = 1;
            continue;
        }
        uint32_t code = gl_utf8_decode(text.data + at, text.len - at, &used);
        const char *piece = text.data + at;
        size_t piece_len = used;
        if (code == GL_UTF8_BAD) {
            piece = "?";
            piece_len = 1;
        } else if (is_blank(code)) {
            blank = len != 0;
            continue;
        } else {
            size_t key = key_length(text, at);
            if (key != 0) {
                used = key;
                piece = mask;
                piece_len = sizeof mask - 1;
            }
        }
        if (len + blank + piece_len >= size) break;
        if (blank) out[len++] = ' ';
        blank = false;
        memcpy(out + len, piece, piece_len);
        len += piece_len;
    }
    out[len] = '\0';
    return len;
}
