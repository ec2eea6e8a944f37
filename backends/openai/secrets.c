/*
 * secrets.c - see secrets.h. Owns copies of the header lines that hold a secret, overwritten before
 * they are freed. Called by sampler.c for whatever leaves it.
 */
#include "openai/secrets.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

/* What is shorter is a placeholder ("none", "ollama"), not a secret, and may well be a word of an
 * answer: it is not looked for in what comes back. */
#define SECRET_MIN 8

/* Overwritten before it is freed, so that no later allocation finds it. */
static void free_line(char *text)
{
    if (text != NULL) explicit_bzero(text, strlen(text));
    gl_free(text);
}

void gl_secrets_init(gl_secrets *secrets)
{
    *secrets = (gl_secrets){ .lines = NULL };
    gl_buf_init(&secrets->scrubbed, SIZE_MAX / 2);
}

void gl_secrets_free(gl_secrets *secrets)
{
    for (size_t i = 0; i < secrets->count; i++) free_line(secrets->lines[i]);
    gl_free(secrets->lines);
    gl_buf_free(&secrets->scrubbed);
}

bool gl_secrets_reserve(gl_secrets *secrets, size_t count)
{
    secrets->lines = gl_calloc(count, sizeof *secrets->lines);
    return secrets->lines != NULL;
}

bool gl_secrets_keep(gl_secrets *secrets, char *line)
{
    if (line != NULL) secrets->lines[secrets->count++] = line;
    return line != NULL;
}

void gl_secrets_recycle(gl_secrets *secrets)
{
    /* A secret in a body is rare, and the body may be large. */
    if (secrets->scrubbed.len != 0) gl_buf_free(&secrets->scrubbed);
}

static gl_slice secret_of(const char *line)
{
    const char *blank = strrchr(line, ' '), *colon = strchr(line, ':');
    return gl_slice_str(blank != NULL ? blank + 1 : colon != NULL ? colon + 1 : line);
}

bool gl_secrets_is_one(const char *line)
{
    static const char *const words[] = { "auth", "key", "token", "secret", "cookie", "password" };
    size_t name = strcspn(line, ":");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        for (size_t at = 0; at + len <= name; at++)
            if (strncasecmp(line + at, words[i], len) == 0) return true;
    }
    return false;
}

/* Where a secret first occurs in text; NULL when none does. */
static const char *find_secret(const gl_secrets *secrets, gl_slice text, size_t *len)
{
    const char *first = NULL;
    for (size_t i = 0; i < secrets->count; i++) {
        gl_slice secret = secret_of(secrets->lines[i]);
        if (secret.len < SECRET_MIN || text.len < secret.len) continue;
        const char *at = memmem(text.data, text.len, secret.data, secret.len);
        if (at == NULL || (first != NULL && at >= first)) continue;
        first = at;
        *len = secret.len;
    }
    return first;
}

/* Asterisks over each secret in text, which holds one. */
static void cover(const gl_secrets *secrets, char *text, size_t text_len)
{
    const char *at;
    size_t len;
    while ((at = find_secret(secrets, gl_slice_of(text, text_len), &len)) != NULL)
        memset(text + (at - text), '*', len);
}

bool gl_secrets_scrub(gl_secrets *secrets, gl_slice *body)
{
    size_t len;
    if (find_secret(secrets, *body, &len) == NULL) return true;
    gl_buf_reset(&secrets->scrubbed);
    gl_buf_append(&secrets->scrubbed, body->data, body->len);
    if (secrets->scrubbed.failed) return false;
    cover(secrets, secrets->scrubbed.data, secrets->scrubbed.len);
    *body = gl_buf_slice(&secrets->scrubbed);
    return true;
}

const char *gl_secrets_scrub_line(const gl_secrets *secrets, const char *text, char *line,
                                  size_t size)
{
    size_t len;
    if (text == NULL || find_secret(secrets, gl_slice_str(text), &len) == NULL) return text;
    snprintf(line, size, "%s", text);
    cover(secrets, line, strlen(line));
    return line;
}

size_t gl_secrets_safe_length(const gl_secrets *secrets, gl_slice text)
{
    size_t held = 0;
    for (size_t i = 0; i < secrets->count; i++) {
        gl_slice secret = secret_of(secrets->lines[i]);
        if (secret.len < SECRET_MIN) continue;
        size_t len = text.len < secret.len ? text.len : secret.len - 1;
        while (len > held && memcmp(text.data + text.len - len, secret.data, len) != 0) len--;
        if (len > held) held = len;
    }
    size_t safe = text.len - held, found_len;
    /* What is held back may be the end of another secret, which must not be cut. */
    const char *at = text.data, *found;
    for (; (found = find_secret(secrets, gl_slice_of(at, text.len - (size_t)(at - text.data)),
                                &found_len)) != NULL;
         at = found + 1) {
        size_t begin = (size_t)(found - text.data);
        if (begin >= safe) break;
        if (begin + found_len > safe) safe = begin;
    }
    return safe;
}
