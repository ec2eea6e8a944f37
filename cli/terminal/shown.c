/* shown.c - see shown.h. */
#include "terminal/shown.h"

#include <stdio.h>

#include "base/utf8.h"

static bool is_shown(const char *text, size_t len, uint32_t code)
{
    if (code == '\n' || code == '\t') return true;
    if (code == '\r') return len > 1 && text[1] == '\n';
    return code != GL_UTF8_BAD && !gl_utf8_is_control(code);
}

size_t shown_plain(const char *text, size_t len)
{
    size_t at = 0, used;
    for (; at < len; at += used)
        if (!is_shown(text + at, len - at, gl_utf8_decode(text + at, len - at, &used))) break;
    return at;
}

size_t shown_escape(const char *text, size_t len, char escape[SHOWN_ESCAPE])
{
    size_t used;
    uint32_t code = gl_utf8_decode(text, len, &used);
    if (code == GL_UTF8_BAD)
        snprintf(escape, SHOWN_ESCAPE, "\\x%02x", (unsigned)(unsigned char)*text);
    else
        snprintf(escape, SHOWN_ESCAPE, "\\u%04x", (unsigned)code & 0xffff); /* none is higher */
    return used;
}

void shown_append(gl_buf *out, gl_slice text)
{
    for (size_t at = 0; at < text.len;) {
        char escape[SHOWN_ESCAPE];
        size_t plain = shown_plain(text.data + at, text.len - at);
        gl_buf_append(out, text.data + at, plain);
        at += plain;
        if (at == text.len) return;
        at += shown_escape(text.data + at, text.len - at, escape);
        gl_buf_append_str(out, escape);
    }
}
