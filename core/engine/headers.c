/*
 * headers.c - see headers.h.
 *
 * A header that is known to name or to trace a request changes no answer. Any other one may, so it
 * is a part of what identifies the request: two values never share an answer.
 */
#include "engine/headers.h"

#include <glimpse/engine.h>
#include <strings.h>

#include "base/alloc.h"

/* Headers of the connection, of the body and of the endpoint's key. */
static const char *const refused[] = {
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept",
    "accept-encoding",
    "authorization",
    "proxy-authorization",
    "api-key",
    "x-api-key",
    "cookie",
    "openai-organization",
    "openai-project",
};

static const char *const neutral[] = { "idempotency-key", "traceparent",         "tracestate",
                                       "baggage",         "x-client-request-id", "x-request-id" };

static bool is_among(const char *const *names, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0) return true;
    return false;
}

#define IS_AMONG(names, line, len) is_among(names, sizeof names / sizeof *names, line, len)

/* --- checks ----------------------------------------------------------------------------------- */

static size_t name_len(const char *line)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$%&'*+-.^_`|~";
    return strspn(line, token); /* RFC 9110, section 5.6.2 */
}

static const char *value_of(const char *line)
{
    line += name_len(line) + 1;
    return line + strspn(line, " \t");
}

static const char *check(const char *line)
{
    if (line == NULL) return "has a line that is NULL";
    size_t name = name_len(line), len = strnlen(line, GLIMPSE_REQUEST_HEADER_MAX + 1);
    if (len > GLIMPSE_REQUEST_HEADER_MAX) return "has a line that is too long";
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
            return "has a line with a control character";
    if (name == 0 || line[name] != ':' || *value_of(line) == '\0')
        return "has a line that is not \"Name: value\"";
    if (IS_AMONG(refused, line, name))
        return "names a header of the connection, the body or the endpoint";
    return NULL;
}

const char *gl_headers_check(const char *const *lines, size_t count)
{
    if (count > GLIMPSE_REQUEST_HEADERS_MAX) return "has too many lines";
    if (count != 0 && lines == NULL) return "is NULL";
    const char *fault = NULL;
    for (size_t i = 0; i < count && fault == NULL; i++) fault = check(lines[i]);
    return fault;
}

/* --- the copy --------------------------------------------------------------------------------- */

static char *put(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    at[len] = '\0';
    return at + len + 1;
}

/* Writes a name in small letters, its value, and a NUL, which neither has. */
static char *put_deciding(char *at, const char *line)
{
    size_t name = name_len(line);
    const char *value = value_of(line);
    for (size_t i = 0; i < name; i++, at++)
        *at = line[i] >= 'A' && line[i] <= 'Z' ? (char)(line[i] | 0x20) : line[i];
    *at++ = ':';
    return put(at, value, strlen(value));
}

gl_headers *gl_headers_new(const char *const *lines, size_t count)
{
    size_t size = sizeof(gl_headers) + count * sizeof *lines;
    for (size_t i = 0; i < count; i++) size += 2 * (strlen(lines[i]) + 1);
    gl_headers *headers = gl_malloc(size);
    if (headers == NULL) return NULL;
    const char **copies = (const char **)(void *)(headers + 1);
    char *at = (char *)(copies + count);
    for (size_t i = 0; i < count; i++) {
        copies[i] = at;
        at = put(at, lines[i], strlen(lines[i]));
    }
    char *deciding = at;
    for (size_t i = 0; i < count; i++)
        if (!IS_AMONG(neutral, lines[i], name_len(lines[i]))) at = put_deciding(at, lines[i]);
    *headers = (gl_headers){ count, copies, { NULL, 0 } };
    if (at != deciding) headers->deciding = gl_slice_of(deciding, (size_t)(at - deciding));
    return headers;
}
