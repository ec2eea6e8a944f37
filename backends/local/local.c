/*
 * local.c - the local sampler: deterministic, asks no model; and the fallback of a failed request
 * (docs/playbook.md section 4).
 *
 * For a draft: the input's beginning, clipped where a sentence ends, an essence that names intent
 * and constraints, and a delta when the draft contradicts itself. As a fallback: no text, only the
 * essence, marked with the status that made it necessary. Holds no state and always ends an
 * attempt inside start; called by the engine through the sampler's table.
 */
#include <glimpse/sampler.h>

#include <stdio.h>
#include <strings.h>

#include "base/slice.h"
#include "base/utf8.h"
#include "policy/essence.h"
#include "status.h"

/* Bytes of a sample: two or three sentences. */
#define SAMPLE_MAX 200
/* Bytes of each of intent and constraints in an essence: both with their labels fit
 * GL_ESSENCE_MAX. */
#define PART_MAX 160

/* --- reading words --- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || ((unsigned char)c & 0x80) != 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool starts_with(gl_slice text, size_t at, const char *phrase)
{
    size_t len = strlen(phrase);
    return text.len - at >= len && strncasecmp(text.data + at, phrase, len) == 0;
}

static size_t skip_spaces(gl_slice text, size_t at)
{
    while (at < text.len && is_space(text.data[at])) at++;
    return at;
}

static gl_slice trim(gl_slice text)
{
    size_t start = skip_spaces(text, 0), end = text.len;
    while (end > start && is_space(text.data[end - 1])) end--;
    return gl_slice_of(text.data + start, end - start);
}

/* --- the contradiction --- */

/* Words that ask for a change, also as the beginning of a word ("refactoring"). */
static const char *const change_words[] = { "refactor", "rewrite", "restructure", "rework" };

/* Words that negate the ask when they stand right before it: "do not refactor". */
static const char *const negations[] = { "not", "don't", "never", "no", "without" };

/* Phrases that forbid any change. */
static const char *const forbid_all[] = {
    "do not change anything", "don't change anything", "change nothing", "keep as is",
    "keep it as is",          "leave as is",           "leave it as is",
};

/* Phrases that forbid any change unless they go on to name a part: "no change" does, "no changes to
 * the API" does not. */
static const char *const forbid_some[] = {
    "no changes", "no change", "without changes", "without change", "no modifications",
};
static const char *const of_what[] = { "to ", "in ", "of ", "on ", "for " };

/* Phrases that forbid any change if no part is named after them: "without changing it". */
static const char *const forbid_if[] = { "without changing", "do not change", "don't change" };
static const char *const no_part[] = { "anything", "it", "the code", "the text", "this" };

typedef const char *const *phrases;
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* The phrase of the list that stands at text[at], or NULL. */
static const char *find_at(gl_slice text, size_t at, phrases list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (starts_with(text, at, list[i])) return list[i];
    return NULL;
}

static bool starts_word(gl_slice text, size_t at)
{
    return at == 0 || !is_letter(text.data[at - 1]);
}

static bool ends_word(gl_slice text, size_t at)
{
    return at >= text.len || !is_letter(text.data[at]);
}

/* Returns true when the word before text[at] negates the phrase there. */
static bool is_negated(gl_slice text, size_t at)
{
    while (at > 0 && is_space(text.data[at - 1])) at--;
    for (size_t i = 0; i < COUNT(negations); i++) {
        size_t len = strlen(negations[i]);
        if (at >= len && starts_with(text, at - len, negations[i]) && starts_word(text, at - len))
            return true;
    }
    return false;
}

/* Returns the word that asks for a change, or NULL. */
static const char *asks_change(gl_slice text)
{
    for (size_t at = 0; at < text.len; at++) {
        if (!starts_word(text, at)) continue;
        const char *word = find_at(text, at, change_words, COUNT(change_words));
        if (word != NULL && !is_negated(text, at)) return word;
    }
    return NULL;
}

/* Returns the phrase that forbids any change, or NULL. */
static const char *forbids_change(gl_slice text)
{
    for (size_t at = 0; at < text.len; at++) {
        if (!starts_word(text, at)) continue;
        const char *phrase = find_at(text, at, forbid_all, COUNT(forbid_all));
        if (phrase != NULL && ends_word(text, at + strlen(phrase))) return phrase;
        phrase = find_at(text, at, forbid_some, COUNT(forbid_some));
        if (phrase != NULL && ends_word(text, at + strlen(phrase))) {
            size_t next = skip_spaces(text, at + strlen(phrase));
            const char *to = find_at(text, next, of_what, COUNT(of_what));
            if (to == NULL || starts_with(text, next + strlen(to), "anything")) return phrase;
        }
        phrase = find_at(text, at, forbid_if, COUNT(forbid_if));
        if (phrase != NULL && ends_word(text, at + strlen(phrase))) {
            size_t next = skip_spaces(text, at + strlen(phrase));
            const char *part = find_at(text, next, no_part, COUNT(no_part));
            if (ends_word(text, next) || (part != NULL && ends_word(text, next + strlen(part))))
                return phrase;
        }
    }
    return NULL;
}

/* --- writing the sample --- */

/* Returns the longest beginning of at most SAMPLE_MAX bytes that ends a sentence; if there is none,
 * a word; if there is none, a character. */
static gl_slice clip_sample(gl_slice text)
{
    text = trim(text);
    if (text.len <= SAMPLE_MAX) return text;
    size_t sentence = 0, word = 0;
    for (size_t at = 1; at <= SAMPLE_MAX; at++) {
        char before = text.data[at - 1];
        bool ends = before == '.' || before == '!' || before == '?';
        if (is_space(text.data[at]) && ends) sentence = at;
        if (is_space(text.data[at])) word = at;
        /* The full stop, and the full-width exclamation and question mark, need no blank. */
        if (at >= 3 && (memcmp(text.data + at - 3, "\xE3\x80\x82", 3) == 0 ||
                        memcmp(text.data + at - 3, "\xEF\xBC\x81", 3) == 0 ||
                        memcmp(text.data + at - 3, "\xEF\xBC\x9F", 3) == 0))
            sentence = at;
    }
    size_t len = sentence != 0 ? sentence : word;
    if (len == 0) len = gl_utf8_clip(text.data, text.len, SAMPLE_MAX);
    return trim(gl_slice_of(text.data, len));
}

/* Copies text, controls turned to blanks, clipped to so many bytes; returns the end. */
static char *put(char *to, gl_slice text, size_t limit)
{
    size_t len = text.len <= limit ? text.len : gl_utf8_clip(text.data, text.len, limit);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        *to++ = c < 0x20 || c == 0x7F ? ' ' : text.data[i];
    }
    *to = '\0';
    return to;
}

static void name_intent(const glimpse_words *words, char out[GL_ESSENCE_MAX])
{
    gl_slice goal = trim(gl_slice_of(words->goal, words->goal_len));
    gl_slice constraints = trim(gl_slice_of(words->constraints, words->constraints_len));
    if (goal.len == 0 && constraints.len == 0) {
        gl_essence_words(gl_slice_of(words->input, words->input_len), goal, out);
        return;
    }
    char *at = put(out, gl_slice_str("intent: "), PART_MAX);
    at = put(at, goal.len != 0 ? goal : gl_slice_str("not given"), PART_MAX);
    if (constraints.len == 0) return;
    at = put(at, gl_slice_str("; constraints: "), PART_MAX);
    put(at, constraints, PART_MAX);
}

/* docs/playbook.md section 4: the draft's words and the status, or the error alone. */
static void name_failure(const glimpse_words *words, glimpse_status status, const char *message,
                         char out[GL_ESSENCE_MAX])
{
    const char *name = glimpse_status_name(status);
    if (gl_status_essence_only(status)) {
        gl_essence_marked(gl_slice_of(words->input, words->input_len),
                          gl_slice_of(words->goal, words->goal_len), name, out);
        return;
    }
    if (message == NULL || message[0] == '\0') message = glimpse_status_sentence(status);
    char *at = out + snprintf(out, GL_ESSENCE_MAX, "[%s] ", name);
    put(at, gl_slice_str(message), GL_ESSENCE_MAX - 1 - (size_t)(at - out));
}

static void start(void *self, glimpse_attempt *attempt)
{
    (void)self;
    glimpse_words words;
    glimpse_attempt_words(attempt, &words);
    glimpse_status status;
    const char *message;
    char essence[GL_ESSENCE_MAX], delta[96];
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.sample.essence = essence;
    outcome.sample.model = "local";
    if (glimpse_attempt_fallback(attempt, &status, &message)) {
        name_failure(&words, status, message, essence);
        glimpse_attempt_done(attempt, &outcome);
        return;
    }
    gl_slice goal = gl_slice_of(words.goal, words.goal_len);
    gl_slice constraints = gl_slice_of(words.constraints, words.constraints_len);
    gl_slice input = gl_slice_of(words.input, words.input_len), sample = clip_sample(input);
    outcome.complete = true;
    outcome.sample.text = sample.data;
    outcome.sample.text_len = glimpse_length(sample.len);
    name_intent(&words, essence);

    const char *change = asks_change(goal), *none = forbids_change(constraints);
    if (change == NULL) change = asks_change(input);
    if (none == NULL) none = forbids_change(goal);
    if (change != NULL && none != NULL) {
        snprintf(delta, sizeof delta, "the draft asks for a change (%s) and forbids one (%s)",
                 change, none);
        outcome.sample.delta = delta;
    }
    glimpse_attempt_done(attempt, &outcome);
}

glimpse_error glimpse_local_sampler_new(glimpse_sampler **sampler, glimpse_problem *problem)
{
    static const glimpse_sampler_vtable vtable = {
        .size = sizeof(glimpse_sampler_vtable),
        .name = "local",
        .local = true,
        .start = start,
    };
    return glimpse_sampler_new(&vtable, NULL, sampler, problem);
}
