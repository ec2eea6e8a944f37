/*
 * say.c - lines for the user. Holds nothing; called by every command.
 *
 * Never prints a secret: callers name the option a value came from, not the value.
 */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

/* Whatever a line quotes (a misspelt key, a file's name), a terminal obeys none of it, and it stays
 * one line of UTF-8: controls and broken characters become '?'. */
static void make_plain(char *line)
{
    size_t len = strlen(line), used, to = 0;
    for (size_t at = 0; at < len; at += used) {
        uint32_t code = gl_utf8_decode(line + at, len - at, &used);
        bool shown = code != GL_UTF8_BAD && code >= 0x20 && (code < 0x7f || code > 0x9f);
        if (shown)
            memmove(line + to, line + at, used);
        else
            line[to] = '?';
        to += shown ? used : 1;
    }
    line[to] = '\0';
}

void say(const char *format, ...)
{
    char line[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    make_plain(line);
    fprintf(stderr, "glimpse: %s\n", line); /* one write: stderr lines of others stay whole */
}

/* How many bytes at text are one control character a terminal might obey; 0 = none. */
static size_t control_length(const unsigned char *text, size_t len)
{
    if (text[0] == '\n' || text[0] == '\t') return 0;
    if (text[0] < 0x20 || text[0] == 0x7f) return 1;
    /* U+0080 to U+009F in UTF-8. */
    if (text[0] == 0xc2 && len > 1 && text[1] >= 0x80 && text[1] <= 0x9f) return 2;
    return 0;
}

void say_text(FILE *stream, const char *text, size_t len)
{
    if (isatty(fileno(stream)) == 0) {
        fwrite(text, 1, len, stream);
        return;
    }
    size_t start = 0, i = 0;
    while (i < len) {
        size_t skip = control_length((const unsigned char *)text + i, len - i);
        if (skip == 0) {
            i++;
            continue;
        }
        fwrite(text + start, 1, i - start, stream);
        i += skip;
        start = i;
    }
    fwrite(text + start, 1, len - start, stream);
}

bool say_flush_stdout(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) return true;
    say("cannot write to standard output: %s", errno != 0 ? strerror(errno) : "write error");
    return false;
}
