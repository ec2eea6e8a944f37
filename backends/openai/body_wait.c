/*
 * body_wait.c - see body_wait.h.
 *
 * Only members that describe the error are entered, never a server's echo of the request.
 */
#include "openai/body_wait.h"

#include <string.h>
#include <strings.h>

#include "openai/duration.h"
#include "openai/retry_after.h"

/* Google's stand at error.details[].retryDelay within a list: four levels, and one to spare. */
#define DEPTH_MAX 5
/* Longest name or value that is read, in bytes. */
#define TEXT_MAX 48

/* Copies a JSON string's or number's text as a C string; "" when it does not fit. */
static void text_of(gl_json value, char text[TEXT_MAX])
{
    gl_slice from = value.text;
    text[0] = '\0';
    if (value.kind == GL_JSON_STRING)
        from = gl_slice_of(from.data + 1, from.len - 2);
    else if (value.kind != GL_JSON_NUMBER)
        return;
    if (from.len >= TEXT_MAX) return;
    memcpy(text, from.data, from.len);
    text[from.len] = '\0';
}

/* "retryAfter", "retry_after" and "Retry-After" are one name. */
static void normalize(char *name)
{
    char *to = name;
    for (; *name != '\0'; name++)
        if (*name != '_' && *name != '-')
            *to++ = *name >= 'A' && *name <= 'Z' ? (char)(*name + ('a' - 'A')) : *name;
    *to = '\0';
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0) return true;
    return false;
}

/* Reads a number, a text with a number, or a duration. */
static int64_t read_wait(gl_json value, bool in_ms)
{
    char text[TEXT_MAX];
    text_of(value, text);
    if (text[0] < '0' || text[0] > '9') return -1; /* no date: its clock is not known */
    int64_t ms = in_ms ? gl_retry_after(text, NULL, 0) : gl_retry_after(NULL, text, 0);
    if (ms < 0) ms = gl_duration_at(text);
    return ms > 0 ? ms : -1;
}

static int64_t look(gl_json value, int depth)
{
    static const char *const seconds[] = { "retryafter",    "retryafterseconds", "retryaftersecs",
                                           "retryaftersec", "retryafters",       "retrydelay",
                                           "retryin",       "retryinseconds",    NULL };
    static const char *const ms[] = { "retryafterms", "retrydelayms", "retryinms",
                                      "retryaftermilliseconds", NULL };
    static const char *const inner[] = { "error",    "errors",  "detail",  "details",
                                         "metadata", "headers", "message", NULL };
    gl_json name = { .kind = GL_JSON_NONE }, member;
    gl_json_iter iter = gl_json_begin(value);
    bool object = value.kind == GL_JSON_OBJECT;
    if (depth == 0 || (!object && value.kind != GL_JSON_ARRAY)) return -1;
    while (gl_json_next(&iter, object ? &name : NULL, &member)) {
        char text[TEXT_MAX];
        text_of(name, text);
        normalize(text);
        int64_t wait = -1;
        if (object && is_one_of(text, ms))
            wait = read_wait(member, true);
        else if (object && is_one_of(text, seconds))
            wait = read_wait(member, false);
        else if (!object || is_one_of(text, inner))
            wait = look(member, depth - 1);
        if (wait > 0) return wait;
    }
    return -1;
}

int64_t gl_body_wait(gl_json failure)
{
    return look(failure, DEPTH_MAX);
}

int64_t gl_worded_wait(const char *message)
{
    static const char *const words[] = { "retry in ", "retry after ", "try again in ",
                                         "try again after " };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        for (const char *at = message; *at != '\0'; at++) {
            if (strncasecmp(at, words[i], len) != 0) continue;
            int64_t ms = gl_duration_at(at + len);
            if (ms > 0) return ms;
        }
    }
    return -1;
}
