/*
 * advice.c - see advice.h.
 *
 * A raw body is sent as it was written, so its author needs to know. A parameter that we write for
 * a draft can be left out by a profile or --omit (docs/internals/profiles.md).
 */
#include "openai/advice.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "openai/plain.h"

/* Bytes of a URL that are shown. */
#define URL_MAX 200

/* --- parameters --- */

static bool contains(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

/* Returns true when the complaint is that a parameter is present, and not about its value. */
static bool is_unwanted(const gl_complaint *c, const char *message)
{
    static const char *const codes[] = { "unsupported_parameter", "unsupported_value",
                                         "unknown_parameter", "extra_forbidden" };
    static const char *const words[] = { "unsupported", "not supported", "not permitted",
                                         "not allowed", "unknown",       "unrecognized",
                                         "unexpected",  "only allowed" };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (gl_json_string_is(c->code, codes[i]) || gl_json_string_is(c->type, codes[i]))
            return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (contains(message, words[i])) return true;
    return false;
}

/* Matches `param`, with its members ("stream_options.include_usage"), or FastAPI's place. */
static bool is_about(const gl_complaint *c, const char *name)
{
    size_t len = strlen(name);
    gl_json item;
    if (c->param.kind == GL_JSON_STRING && c->param.text.len >= len + 2 &&
        memcmp(c->param.text.data + 1, name, len) == 0 &&
        strchr(".[\"", c->param.text.data[1 + len]) != NULL)
        return true;
    if (c->place.kind != GL_JSON_ARRAY) return false;
    gl_json_iter iter = gl_json_begin(c->place);
    while (gl_json_next(&iter, NULL, &item))
        if (gl_json_string_is(item, name)) return true;
    return false;
}

const char *gl_advice_parameter(int status, const gl_complaint *complaint, const char *message)
{
    static const struct {
        const char *name, *advice;
        bool by_words; /* its name in the message is enough, because it is no word of a sentence */
    } table[] = {
        { "stream_options",
          " (leave stream_options out: --omit stream_options, or \"stream_options\": false in a "
          "profile)",
          true },
        { "max_tokens", " (send max_completion_tokens for this model)", false },
        { "max_completion_tokens", " (send max_tokens to this server)", false },
        { "temperature", " (leave temperature out for this model)", false },
        { "response_format", " (leave response_format out for this model)", true },
    };
    if ((status != 400 && status != 422) || !is_unwanted(complaint, message)) return NULL;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (is_about(complaint, table[i].name) ||
            (table[i].by_words && contains(message, table[i].name)))
            return table[i].advice;
    return NULL;
}

/* --- addresses --- */

/* A segment like v1, v4 or v1beta, behind the host. */
static bool has_version(const char *url)
{
    const char *at = strstr(url, "://");
    for (at = at != NULL ? at + 3 : url; (at = strstr(at, "/v")) != NULL; at++)
        if (at[2] >= '0' && at[2] <= '9') return true;
    return false;
}

/* Returns where `end` begins, as the end of text; NULL: the text does not end so. */
static const char *find_end(const char *text, const char *end)
{
    size_t len = strlen(text), more = strlen(end);
    return len >= more && strcmp(text + len - more, end) == 0 ? text + len - more : NULL;
}

void gl_advice_address(const char *base_url, const char *path, char *out, size_t size)
{
    static const char *const ends[] = { "/chat/completions", "/completions", "/responses",
                                        "/embeddings" };
    char url[URL_MAX + 1];
    snprintf(url, sizeof url, "%s%s", base_url, path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (find_end(base_url, ends[i]) != NULL) {
            snprintf(out, size, " (asked was %s: leave %s out of the base URL)", url, ends[i]);
            return;
        }
    bool azure = strncmp(path, "/openai/", 8) == 0; /* it has its version in the query */
    snprintf(out, size, " (asked was %s%s)", url,
             azure || has_version(base_url) ? "" : ": the base URL may lack /v1");
}

/* Writes a URL without user, password, query and control bytes. */
static void show_url(const char *url, char *out, size_t size)
{
    char kept[URL_MAX + 1];
    const char *host = strstr(url, "://");
    size_t scheme = host != NULL ? (size_t)(host + 3 - url) : 0;
    const char *rest = url + scheme, *user = memchr(rest, '@', strcspn(rest, "/?#"));
    if (user != NULL) rest = user + 1;
    snprintf(kept, sizeof kept, "%.*s%.*s", (int)(scheme < 16 ? scheme : 0), url,
             (int)strcspn(rest, "?#"), rest);
    gl_plain(gl_slice_str(kept), out, size);
}

void gl_advice_redirect(int status, const char *target, const char *path, char *out, size_t size)
{
    char url[URL_MAX + 1] = "";
    if (target != NULL) show_url(target, url, sizeof url);
    if (url[0] == '\0') {
        snprintf(out, size, "the server redirects (HTTP %d) and does not say where to", status);
        return;
    }
    const char *end = path != NULL ? find_end(url, path) : NULL;
    bool whole = strstr(url, "://") != NULL && end != NULL && end != url;
    if (whole)
        snprintf(out, size,
                 "the server redirects to %s (HTTP %d), which is not followed: use %.*s as the "
                 "base URL",
                 url, status, (int)(end - url), url);
    else
        snprintf(out, size,
                 "the server redirects to %s (HTTP %d), which is not followed: look at the base "
                 "URL",
                 url, status);
}
