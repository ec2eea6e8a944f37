/*
 * say.c - lines for the user. Holds nothing; called by every command.
 *
 * Never prints a secret: callers name the option of a value, not the value.
 */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "terminal/shown.h"

/* A terminal must obey no byte of a quoted text (a misspelt key, a file's name), and the line stays
 * one line of UTF-8: controls and broken characters become '?'. */
static void make_plain(char *line)
{
    size_t len = strlen(line), used, to = 0;
    for (size_t at = 0; at < len; at += used) {
        uint32_t code = gl_utf8_decode(line + at, len - at, &used);
        bool shown = code != GL_UTF8_BAD && !gl_utf8_is_control(code);
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

void say_text(FILE *stream, const char *text, size_t len)
{
    if (isatty(fileno(stream)) == 0) {
        fwrite(text, 1, len, stream);
        return;
    }
    while (len > 0) {
        char escape[SHOWN_ESCAPE];
        size_t used = shown_plain(text, len);
        fwrite(text, 1, used, stream);
        if (used < len) {
            used += shown_escape(text + used, len - used, escape);
            fputs(escape, stream);
        }
        text += used;
        len -= used;
    }
}

bool say_flush_stdout(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) return true;
    say("cannot write to standard output: %s", errno != 0 ? strerror(errno) : "write error");
    return false;
}
