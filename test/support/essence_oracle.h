/*
 * essence_oracle.h - the essence, each word looked for among the stop words as text, for the packed
 * search of core/policy/essence.c to be held against.
 */
#ifndef TEST_ESSENCE_ORACLE_H
#define TEST_ESSENCE_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "policy/essence.h"

#define WORD_MAX 40

/* English words that carry grammar and no subject, sorted. */
static const char *const stop_words[] = {
    "a",      "about",   "above",   "after",  "again",  "all",    "also",    "although", "am",
    "an",     "and",     "any",     "are",    "aren't", "as",     "at",      "be",       "because",
    "been",   "before",  "being",   "below",  "both",   "but",    "by",      "can",      "can't",
    "cannot", "could",   "did",     "didn't", "do",     "does",   "doesn't", "doing",    "don't",
    "down",   "during",  "each",    "either", "else",   "etc",    "ever",    "every",    "few",
    "for",    "from",    "further", "had",    "has",    "hasn't", "have",    "haven't",  "having",
    "he",     "her",     "here",    "hers",   "him",    "his",    "how",     "however",  "i",
    "i'm",    "if",      "in",      "into",   "is",     "isn't",  "it",      "it's",     "its",
    "itself", "just",    "let",     "may",    "me",     "might",  "more",    "most",     "must",
    "my",     "neither", "no",      "nor",    "not",    "now",    "of",      "off",      "on",
    "once",   "one",     "only",    "onto",   "or",     "other",  "our",     "ours",     "out",
    "over",   "own",     "per",     "please", "same",   "shall",  "she",     "should",   "since",
    "so",     "some",    "such",    "than",   "that",   "that's", "the",     "their",    "theirs",
    "them",   "then",    "there",   "these",  "they",   "this",   "those",   "through",  "to",
    "too",    "under",   "until",   "up",     "upon",   "us",     "very",    "via",      "was",
    "wasn't", "we",      "were",    "what",   "when",   "where",  "whether", "which",    "while",
    "who",    "whom",    "whose",   "why",    "will",   "with",   "within",  "without",  "won't",
    "would",  "you",     "your",    "yours",
};

static inline bool in(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

/* Returns true for letters and digits. Beyond ASCII every code point counts as one, except the
 * blocks of punctuation, symbols and blanks that occur in texts: a table of all of Unicode would be
 * larger than this library. */
static inline bool is_word(uint32_t code)
{
    if (code < 0x80) return in(code | 0x20, 'a', 'z') || in(code, '0', '9');
    if (code == GL_UTF8_BAD || code == 0xFFFD || code == 0xFEFF) return false;
    if (in(code, 0x80, 0xBF)) return code == 0xAA || code == 0xB5 || code == 0xBA;
    return code != 0xD7 && code != 0xF7 && /* multiplication, division */
           !in(code, 0x2000, 0x206F) &&    /* blanks, dashes, quotes, ellipsis, controls */
           !in(code, 0x2190, 0x2BFF) &&    /* arrows, mathematics, boxes, dingbats */
           !in(code, 0x3000, 0x3004) &&    /* CJK punctuation */
           !in(code, 0x3008, 0x3030) && !in(code, 0xFF01, 0xFF0F) && /* full-width punctuation */
           !in(code, 0xFF1A, 0xFF20) && !in(code, 0xFF3B, 0xFF40) && !in(code, 0xFF5B, 0xFF65) &&
           !in(code, 0x1F000, 0x1FAFF); /* emoji */
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Compares a word, ASCII letters in lower case, with a lower-case string. */
static inline int compare(gl_slice word, const char *text)
{
    for (size_t i = 0; i < word.len; i++) {
        int difference = (unsigned char)lower(word.data[i]) - (unsigned char)text[i];
        if (difference != 0) return difference; /* also at the end of text, by its NUL */
    }
    return text[word.len] == '\0' ? 0 : -1;
}

static inline bool is_stop_word(gl_slice word)
{
    size_t low = 0, high = sizeof stop_words / sizeof *stop_words;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(word, stop_words[middle]);
        if (order == 0) return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static inline bool same_word(gl_slice a, gl_slice b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) return false;
    }
    return true;
}

/* Takes the next word of *rest, cut; *characters counts the whole word. false: no more. */
static inline bool next_word(gl_slice *rest, gl_slice *word, size_t *characters)
{
    size_t start = 0, end = 0, clipped = 0, used;
    *characters = 0;
    for (size_t at = 0; at < rest->len; at += used) {
        uint32_t code = gl_utf8_decode(rest->data + at, rest->len - at, &used);
        bool part = is_word(code);
        if (!part && code == '\'' && *characters != 0 && at + 1 < rest->len) {
            size_t ignored;
            part = is_word(gl_utf8_decode(rest->data + at + 1, rest->len - at - 1, &ignored));
        }
        if (part) {
            if (*characters == 0) start = at;
            ++*characters;
            end = at + used;
            if (end - start <= WORD_MAX) clipped = end;
        } else if (*characters != 0) {
            break;
        }
    }
    if (*characters == 0) return false;
    *word = gl_slice_of(rest->data + start, clipped - start);
    *rest = gl_slice_of(rest->data + end, rest->len - end);
    return true;
}

static inline bool meaningful(gl_slice word, size_t characters)
{
    if (characters == 1 && !in((unsigned char)word.data[0], '0', '9')) return false;
    return !is_stop_word(word);
}

/* Returns how many words of text were added to the `count` words that are there. */
static inline size_t take(gl_slice text, gl_slice words[GL_ESSENCE_WORDS], size_t count)
{
    gl_slice word;
    size_t characters;
    while (count < GL_ESSENCE_WORDS && next_word(&text, &word, &characters)) {
        bool known = !meaningful(word, characters);
        for (size_t i = 0; i < count && !known; i++) known = same_word(words[i], word);
        if (!known) words[count++] = word;
    }
    return count;
}

static inline size_t oracle_essence(gl_slice first, gl_slice second, char out[GL_ESSENCE_MAX])
{
    gl_slice words[GL_ESSENCE_WORDS];
    size_t count = take(first, words, 0);
    count = take(second, words, count);
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (i != 0) out[len++] = ' ';
        memcpy(out + len, words[i].data, words[i].len);
        len += words[i].len;
    }
    out[len] = '\0';
    return len;
}

#endif
