/*
 * secrets.c - see secrets.h. Owns copies of the words, overwritten before they are freed.
 *
 * A secret is also found where JSON's escapes spell it, in a text that was quoted any number of
 * times: a little more is covered than a reader would unescape, never less.
 */
#include "openai/secrets.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/utf8.h"

/* A cut secret of at least this many bytes is covered: an answer has no such word. */
#define CUT_MIN 8

void gl_secrets_init(gl_secrets *secrets)
{
    *secrets = (gl_secrets){ .list = NULL };
    gl_buf_init(&secrets->scrubbed, SIZE_MAX / 2);
    gl_buf_init(&secrets->scrubbed_text, SIZE_MAX / 2);
}

void gl_secrets_free(gl_secrets *secrets)
{
    for (size_t i = 0; i < secrets->count; i++) {
        /* So that no later allocation finds it. */
        explicit_bzero(secrets->list[i].text, secrets->list[i].len);
        gl_free(secrets->list[i].text);
    }
    gl_free(secrets->list);
    gl_buf_free(&secrets->scrubbed);
    gl_buf_free(&secrets->scrubbed_text);
}

static bool grow(gl_secrets *secrets)
{
    gl_secret *list =
        gl_array_room(secrets->list, &secrets->capacity, secrets->count + 1, 4, sizeof *list);
    if (list != NULL) secrets->list = list;
    return list != NULL;
}

/* The window moves on to where its last byte stands in the first bytes of a word (Horspool, 1980,
 * for all words at once); past a byte that stands in none, by its whole length. */
static void learn(gl_secrets *secrets, const gl_secret *word)
{
    if (word->len > secrets->longest) secrets->longest = word->len;
    if (secrets->count == 1 || word->len < secrets->shortest) secrets->shortest = word->len;
    size_t window = secrets->shortest < UCHAR_MAX ? secrets->shortest : UCHAR_MAX;
    secrets->window = (unsigned char)window;
    memset(secrets->skip, secrets->window, sizeof secrets->skip);
    for (size_t i = 0; i < secrets->count; i++) {
        for (size_t at = 0; at < window; at++) {
            unsigned char *skip = &secrets->skip[(unsigned char)secrets->list[i].text[at]];
            if (window - 1 - at < *skip) *skip = (unsigned char)(window - 1 - at);
        }
    }
    for (size_t at = 0; at < word->len; at++) secrets->inside[(unsigned char)word->text[at]] = true;
}

glimpse_error gl_secrets_add(gl_secrets *secrets, gl_slice word)
{
    if (word.len == 0) return GLIMPSE_OK;
    for (size_t i = 0; i < secrets->count; i++)
        if (gl_slice_equal(gl_slice_of(secrets->list[i].text, secrets->list[i].len), word))
            return GLIMPSE_OK;
    if (secrets->count == GL_SECRETS_MAX) return GLIMPSE_ERR_INVALID;
    if (!grow(secrets)) return GLIMPSE_ERR_OOM;
    char *text = gl_strndup(word.data, word.len);
    if (text == NULL) return GLIMPSE_ERR_OOM;
    unsigned char *chain = &secrets->first[(unsigned char)*text];
    secrets->list[secrets->count++] = (gl_secret){ text, word.len, *chain };
    *chain = (unsigned char)secrets->count;
    learn(secrets, &secrets->list[secrets->count - 1]);
    return GLIMPSE_OK;
}

void gl_secrets_recycle(gl_secrets *secrets)
{
    /* A secret in a body is rare, and the body may be large. */
    if (secrets->scrubbed.len != 0) gl_buf_free(&secrets->scrubbed);
    if (secrets->scrubbed_text.len != 0) gl_buf_free(&secrets->scrubbed_text);
}

/* --- finding one --- */

/* Backslashes of one character's escape: 1 of JSON, 3 of JSON in a string of JSON, 7, 15. */
#define RUN_MAX 15

static size_t run_at(gl_slice text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.data[end] == '\\') end++;
    return end - at;
}

typedef enum spelling { SPELLS_OTHER, SPELLS_PART, SPELLS_ALL } spelling;

/* The code unit of the \uXXXX at *at, which is moved behind it. PART: the text ends inside it. */
static spelling unit_at(gl_slice text, size_t *at, uint32_t *unit)
{
    size_t run = run_at(text, *at), next = *at + run;
    *unit = 0;
    if (run > RUN_MAX) return SPELLS_OTHER;
    if (next == text.len) return SPELLS_PART;
    if (run == 0 || text.data[next] != 'u') return SPELLS_OTHER;
    for (int i = 0; i < 4; i++) {
        if (++next >= text.len) return SPELLS_PART;
        char c = text.data[next], small = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            *unit = *unit << 4 | (uint32_t)(c - '0');
        else if (small >= 'a' && small <= 'f')
            *unit = *unit << 4 | (uint32_t)(small - 'a' + 10);
        else
            return SPELLS_OTHER;
    }
    *at = next + 1;
    return SPELLS_ALL;
}

/* The same for a character, of which two may be the halves. */
static spelling code_at(gl_slice text, size_t *at, uint32_t *code)
{
    uint32_t low;
    spelling found = unit_at(text, at, code);
    if (found != SPELLS_ALL || *code < 0xD800 || *code > 0xDFFF) return found;
    if (*code > 0xDBFF) return SPELLS_OTHER;
    found = unit_at(text, at, &low);
    if (found != SPELLS_ALL) return found;
    if (low < 0xDC00 || low > 0xDFFF) return SPELLS_OTHER;
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    return SPELLS_ALL;
}

/*
 * Takes an escape at *at of text for the next character of the secret, at *done of it, and moves
 * both on. The number of backslashes does not matter: a reader that undoes them once or again must
 * not find the secret.
 */
static spelling take_escape(gl_slice text, size_t *at, gl_slice secret, size_t *done)
{
    size_t next = *at, run = run_at(text, *at);
    uint32_t code;
    char bytes[4];
    spelling found = code_at(text, &next, &code);
    if (found == SPELLS_PART) return SPELLS_PART;
    if (found == SPELLS_ALL) {
        size_t len = gl_utf8_encode(code, bytes);
        if (secret.len - *done >= len && memcmp(secret.data + *done, bytes, len) == 0) {
            *at = next;
            *done += len;
            return SPELLS_ALL;
        }
    }
    if (run > RUN_MAX || *at + run == text.len) return SPELLS_OTHER;
    char wanted = secret.data[*done], escaped = text.data[*at + run];
    if (wanted == '\\') {
        *at += run;
        *done += run_at(secret, *done);
    } else if (wanted == escaped && (wanted == '"' || wanted == '/')) {
        *at += run + 1;
        (*done)++;
    } else {
        return SPELLS_OTHER;
    }
    return SPELLS_ALL;
}

/* Tells whether text begins with the secret, in any spelling, of *len bytes; PART: as far as the
 * text goes. */
static spelling spells(gl_slice text, gl_slice secret, size_t *len)
{
    size_t common = text.len < secret.len ? text.len : secret.len, at = 0, done = 0;
    *len = secret.len;
    if (memcmp(text.data, secret.data, common) == 0)
        return common == secret.len ? SPELLS_ALL : SPELLS_PART;
    while (done < secret.len) {
        if (at == text.len) return SPELLS_PART;
        if (text.data[at] == '\\') {
            spelling taken = take_escape(text, &at, secret, &done);
            if (taken != SPELLS_ALL) return taken;
        } else if (text.data[at++] != secret.data[done++]) {
            return SPELLS_OTHER;
        }
    }
    *len = at;
    return SPELLS_ALL;
}

/* A secret in a text: its place, the bytes that spell it, and its own length. The search also keeps
 * `stop`, the next backslash or the text's end, and `before`, the distance before it at which a
 * secret may begin that goes on there. */
typedef struct place {
    size_t begin, len, secret_len;
    size_t stop, before;
} place;

/* Tries this secret at the beginning of text: the longest match goes to *found. */
static spelling try_one(const gl_secret *secret, gl_slice text, place *found)
{
    size_t len;
    spelling one = spells(text, gl_slice_of(secret->text, secret->len), &len);
    if (one == SPELLS_ALL && len > found->len) {
        found->len = len;
        found->secret_len = secret->len;
    }
    return one;
}

/* Returns false when the second byte rules it out, as it mostly does, at the price of one
 * comparison. */
static bool may_begin(const gl_secret *secret, gl_slice text)
{
    return text.len < 2 || secret->len < 2 || text.data[1] == secret->text[1] ||
           text.data[1] == '\\';
}

/* Tries all secrets: behind a backslash each may begin, else those with this first byte. */
static spelling spells_any(const gl_secrets *secrets, gl_slice text, place *found)
{
    spelling best = SPELLS_OTHER;
    bool all = *text.data == '\\';
    size_t next = all ? secrets->count : secrets->first[(unsigned char)*text.data];
    found->len = found->secret_len = 0;
    while (next != 0) {
        const gl_secret *secret = &secrets->list[next - 1];
        if (all || may_begin(secret, text)) {
            spelling one = try_one(secret, text, found);
            if (one > best) best = one;
        }
        next = all ? next - 1 : secret->next;
    }
    return best;
}

/* Finds where the text is no longer as it reads. */
static void find_stop(const gl_secrets *secrets, gl_slice text, size_t from, place *at)
{
    const char *backslash = memchr(text.data + from, '\\', text.len - from);
    at->stop = backslash != NULL ? (size_t)(backslash - text.data) : text.len;
    at->before = at->stop;
    while (at->before > from && at->stop - at->before + 1 < secrets->longest &&
           secrets->inside[(unsigned char)text.data[at->before - 1]])
        at->before--;
}

/* The first place from `from` on where a secret may begin. One that reaches neither a backslash nor
 * the end of the text stands there as it is, so that most places are skipped; around a backslash,
 * and where the text ends, none is. */
static size_t next_begin(const gl_secrets *secrets, gl_slice text, size_t from, place *at)
{
    if (from >= text.len) return text.len;
    if (from > at->stop) find_stop(secrets, text, from, at);
    if (from >= at->before) return from;
    size_t next = from, window = secrets->window, skip;
    while (next < at->before && at->stop - next >= window) {
        skip = secrets->skip[(unsigned char)text.data[next + window - 1]];
        if (skip == 0) return next;
        next += skip;
    }
    return at->before;
}

/* The next secret in text from `from` on, or a part of one with which the text ends; OTHER: there
 * is none. */
static spelling find(const gl_secrets *secrets, gl_slice text, size_t from, place *found)
{
    if (secrets->count == 0) return SPELLS_OTHER;
    for (size_t at = from; (at = next_begin(secrets, text, at, found)) < text.len; at++) {
        char c = text.data[at];
        if (c != '\\' && secrets->first[(unsigned char)c] == 0) continue;
        size_t run = run_at(text, at);
        /* An even number is left of a long run, which escapes nothing behind it. */
        if (run > RUN_MAX) at += run - (run % 2 == 0 ? RUN_MAX - 1 : RUN_MAX);
        spelling one = spells_any(secrets, gl_slice_of(text.data + at, text.len - at), found);
        found->begin = at;
        if (one != SPELLS_OTHER) return one;
        if (run != 0) at += run_at(text, at) - 1;
    }
    return SPELLS_OTHER;
}

/* --- covering it --- */

/* Like find, but true only for a secret to cover, at its end or before. A part of a secret at the
 * end of a text that may have been cut is covered when it is too long for a word. */
static bool find_covered(const gl_secrets *secrets, gl_slice text, bool cut, place *at)
{
    spelling found;
    size_t from = at->begin + at->len;
    while ((found = find(secrets, text, from, at)) == SPELLS_PART) {
        size_t rest = text.len - at->begin;
        if (cut && rest >= CUT_MIN) {
            at->len = at->secret_len = rest;
            return true;
        }
        from = at->begin + 1;
    }
    return found == SPELLS_ALL;
}

/* Puts asterisks over each secret in text, as many as it has bytes; returns the new length of the
 * text, which is less where escapes spelled one. */
static size_t cover(const gl_secrets *secrets, char *text, size_t len, bool cut)
{
    size_t read = 0, written = 0;
    place at = { 0 };
    while (find_covered(secrets, gl_slice_of(text, len), cut, &at)) {
        memmove(text + written, text + read, at.begin - read);
        written += at.begin - read;
        memset(text + written, '*', at.secret_len);
        written += at.secret_len;
        read = at.begin + at.len;
    }
    memmove(text + written, text + read, len - read);
    return written + len - read;
}

static bool holds_one(const gl_secrets *secrets, gl_slice text, bool cut)
{
    place at = { 0 };
    return find_covered(secrets, text, cut, &at);
}

static bool scrub(const gl_secrets *secrets, gl_slice *text, gl_buf *copy)
{
    if (!holds_one(secrets, *text, false)) return true;
    gl_buf_reset(copy);
    gl_buf_append(copy, text->data, text->len);
    if (copy->failed) return false;
    copy->len = cover(secrets, copy->data, copy->len, false);
    *text = gl_buf_slice(copy);
    return true;
}

bool gl_secrets_scrub(gl_secrets *secrets, gl_slice *body)
{
    return scrub(secrets, body, &secrets->scrubbed);
}

const char *gl_secrets_scrub_line(const gl_secrets *secrets, const char *text, char *line,
                                  size_t size)
{
    if (text == NULL || !holds_one(secrets, gl_slice_str(text), true)) return text;
    snprintf(line, size, "%s", text);
    line[cover(secrets, line, strlen(line), true)] = '\0';
    return line;
}

bool gl_secrets_scrub_outcome(gl_secrets *secrets, glimpse_outcome *outcome,
                              gl_secrets_words *words)
{
    glimpse_sample_fields *sample = &outcome->sample;
    struct {
        const char **text;
        char *line;
    } lines[] = {
        { &outcome->error_code, words->lines[0] },   { &outcome->error_message, words->lines[1] },
        { &sample->request_id, words->lines[2] },    { &sample->model, words->lines[3] },
        { &sample->finish_reason, words->lines[4] },
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        *lines[i].text =
            gl_secrets_scrub_line(secrets, *lines[i].text, lines[i].line, sizeof words->lines[0]);
    if (sample->text == NULL) return true;
    gl_slice text = gl_slice_of(sample->text, sample->text_len);
    bool ok = scrub(secrets, &text, &secrets->scrubbed_text);
    sample->text = text.data;
    sample->text_len = text.len;
    return ok;
}

size_t gl_secrets_safe_length(const gl_secrets *secrets, gl_slice text)
{
    place at = { 0 };
    spelling found;
    while ((found = find(secrets, text, at.begin + at.len, &at)) == SPELLS_ALL) continue;
    return found == SPELLS_PART ? at.begin : text.len;
}
