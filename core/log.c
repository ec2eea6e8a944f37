/*
 * log.c - one event as one line of text or JSON, and the sending of events to the caller.
 *
 * Nothing is allocated, so an event about a lack of memory can be logged. Lines are one line with
 * any values: bytes that are not UTF-8 become U+FFFD; quotes, backslashes, control characters (also
 * DEL, U+0080 to U+009F and the two Unicode line ends, which terminals and viewers act upon) are
 * written as JSON escapes.
 */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

void gl_log_emit(const gl_log *log, glimpse_log_level level, const char *name,
                 const glimpse_log_field *fields, size_t field_count)
{
    if (!gl_log_wants(log, level)) return;
    glimpse_log_event event = { level, name, fields, field_count };
    log->fn(&event, log->arg);
}

const char *glimpse_log_level_name(glimpse_log_level level)
{
    static const char *const names[GLIMPSE_LOG_LEVEL_COUNT] = { "error", "warn", "info", "debug" };
    return (unsigned)level < GLIMPSE_LOG_LEVEL_COUNT ? names[level] : "unknown";
}

/* --- a bounded buffer that counts the bytes it could not take --- */

typedef struct sink {
    char *buffer;
    size_t size, len; /* len: of the whole line, also past size */
} sink;

static void put(sink *out, const char *text, size_t len)
{
    if (out->len < out->size) {
        size_t room = out->size - out->len;
        memcpy(out->buffer + out->len, text, len < room ? len : room);
    }
    out->len += len;
}

static void put_str(sink *out, const char *text)
{
    put(out, text, strlen(text));
}

static void put_number(sink *out, int64_t number)
{
    char digits[24]; /* a sign, 19 digits, NUL */
    int len = snprintf(digits, sizeof digits, "%" PRId64, number);
    put(out, digits, (size_t)len);
}

/* Cuts the text at the end of the buffer, between characters, and terminates it. */
static size_t finish(sink *out)
{
    if (out->size == 0) return out->len;
    size_t end = out->len;
    if (end >= out->size) {
        end = out->size - 1;
        while (end > 0 && ((unsigned char)out->buffer[end] & 0xc0) == 0x80) end--;
    }
    out->buffer[end] = '\0';
    return out->len;
}

/* --- values --- */

static void put_escape(sink *out, uint32_t code)
{
    char escape[8];
    if (code == '"' || code == '\\')
        snprintf(escape, sizeof escape, "\\%c", (char)code);
    else if (code == '\n' || code == '\r' || code == '\t')
        snprintf(escape, sizeof escape, "\\%c", code == '\n' ? 'n' : code == '\r' ? 'r' : 't');
    else
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(code & 0xffff));
    put_str(out, escape);
}

static void put_quoted(sink *out, const char *text)
{
    size_t len = strlen(text);
    put(out, "\"", 1);
    for (size_t at = 0, used = 1; at < len; at += used) {
        uint32_t code = gl_utf8_decode(text + at, len - at, &used);
        if (code == GL_UTF8_BAD)
            put_str(out, "\xef\xbf\xbd"); /* U+FFFD */
        else if (code == '"' || code == '\\' || gl_utf8_is_control(code))
            put_escape(out, code);
        else
            put(out, text + at, used);
    }
    put(out, "\"", 1);
}

/* Returns true when the text can stand in a line without quotes. */
static bool is_plain(const char *text)
{
    if (*text == '\0') return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text >= 0x7f || *text == '"' || *text == '=' || *text == '\\')
            return false;
    return true;
}

static void put_word(sink *out, const char *text)
{
    if (is_plain(text))
        put_str(out, text);
    else
        put_quoted(out, text);
}

/* RFC 3339, UTC, milliseconds; times outside the years 0 to 9999 are moved to their ends. */
static void put_time(sink *out, int64_t unix_ms)
{
    const int64_t first = INT64_C(-62167219200000), last = INT64_C(253402300799999);
    if (unix_ms < first) unix_ms = first;
    if (unix_ms > last) unix_ms = last;
    int ms = (int)(unix_ms % 1000);
    if (ms < 0) ms += 1000;
    time_t seconds = (time_t)((unix_ms - ms) / 1000);
    struct tm tm;
    char text[96];
    if (gmtime_r(&seconds, &tm) == NULL) return;
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
    put_str(out, text);
}

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

size_t glimpse_log_format_text(const glimpse_log_event *event, int64_t unix_ms, char *buffer,
                               size_t size)
{
    static const char *const levels[GLIMPSE_LOG_LEVEL_COUNT] = { "ERROR", "WARN", "INFO", "DEBUG" };
    sink out = { buffer, size, 0 };
    put_time(&out, unix_ms);
    put(&out, " ", 1);
    put_str(&out, (unsigned)event->level < GLIMPSE_LOG_LEVEL_COUNT ? levels[event->level] : "?");
    put(&out, " ", 1);
    put_word(&out, text_of(event->name));
    for (size_t i = 0; i < event->field_count; i++) {
        const glimpse_log_field *field = &event->fields[i];
        put(&out, " ", 1);
        put_word(&out, text_of(field->name));
        put(&out, "=", 1);
        if (field->text != NULL)
            put_word(&out, field->text);
        else
            put_number(&out, field->number);
    }
    return finish(&out);
}

size_t glimpse_log_format_json(const glimpse_log_event *event, int64_t unix_ms, char *buffer,
                               size_t size)
{
    sink out = { buffer, size, 0 };
    put_str(&out, "{\"ts\":\"");
    put_time(&out, unix_ms);
    put_str(&out, "\",\"level\":");
    put_quoted(&out, glimpse_log_level_name(event->level));
    put_str(&out, ",\"event\":");
    put_quoted(&out, text_of(event->name));
    for (size_t i = 0; i < event->field_count; i++) {
        const glimpse_log_field *field = &event->fields[i];
        put(&out, ",", 1);
        put_quoted(&out, text_of(field->name));
        put(&out, ":", 1);
        if (field->text != NULL)
            put_quoted(&out, field->text);
        else
            put_number(&out, field->number);
    }
    put(&out, "}", 1);
    return finish(&out);
}
