/*
 * essence.c - the short form of a text: its first meaningful words.
 *
 * A word is a run of letters and digits of any script, with apostrophes inside. Stop words, repeats
 * and single characters other than digits are skipped. Pure; called for every sample and by the
 * local fallback; allocates nothing and accepts bytes that are not UTF-8.
 */
#include "policy/essence.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"

/* A word is cut to so many bytes: the longest word of everyday English has 28 letters, and 8 of
 * these with a status fit GL_ESSENCE_MAX. */
#define WORD_MAX 40

/* The longest of the words below. */
enum { STOP_MAX = 8 };

/* English words that carry grammar and no subject, sorted. */
static const char stop_words[][STOP_MAX + 1] = {
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

static bool in(uint32_t code, uint32_t first, uint32_t last)
{
    return code >= first && code <= last;
}

/* Beyond ASCII every code point counts as a letter, except the blocks of punctuation, symbols and
 * blanks that occur in texts: a table of all of Unicode would be larger than this library. */
static bool is_word_beyond_ascii(uint32_t code)
{
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

/* Returns true for letters and digits. */
static inline bool is_word(uint32_t code)
{
    if (code < 0x80) return in(code | 0x20, 'a', 'z') || in(code, '0', '9');
    return is_word_beyond_ascii(code);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static uint64_t at_bit(char byte, int bit)
{
    return (uint64_t)(unsigned char)byte << bit;
}

/* Eight bytes as the number that sorts as they do; compilers know this form and load it at once. */
static uint64_t number_of(const char b[STOP_MAX])
{
    return at_bit(b[0], 56) | at_bit(b[1], 48) | at_bit(b[2], 40) | at_bit(b[3], 32) |
           at_bit(b[4], 24) | at_bit(b[5], 16) | at_bit(b[6], 8) | at_bit(b[7], 0);
}

/* The place of the first stop word with each letter, and their number: of the letter behind the
 * last one. */
static const unsigned char first_of_letter['z' - 'a' + 2] = { 0,   16,  25,  29,  38,  44,  48,
                                                              48,  62,  73,  74,  74,  75,  82,
                                                              87,  101, 103, 103, 103, 111, 127,
                                                              132, 134, 154, 154, 157, 157 };

_Static_assert(sizeof stop_words / sizeof *stop_words == 157, "first_of_letter ends there");

static bool is_stop_word(gl_slice word)
{
    char padded[STOP_MAX] = { 0 };
    if (word.len > STOP_MAX) return false;
    unsigned letter = (unsigned)(unsigned char)(lower(word.data[0]) - 'a');
    if (letter > 'z' - 'a') return false;
    size_t low = first_of_letter[letter], high = first_of_letter[letter + 1];
    if (low == high) return false;
    /* The bit makes letters small, and is set in digits and apostrophes already; other bytes stand
     * in no stop word, with it or without. */
    memcpy(padded, word.data, word.len);
    uint64_t small = UINT64_C(0x2020202020202020) << 8 * (STOP_MAX - word.len);
    uint64_t wanted = number_of(padded) | small;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint64_t number = number_of(stop_words[middle]);
        if (number == wanted) return true;
        if (number > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool same_word(gl_slice a, gl_slice b)
{
    if (a.len != b.len || lower(a.data[0]) != lower(b.data[0])) return false;
    for (size_t i = 1; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) return false;
    }
    return true;
}

/* Most are ASCII, and need no call. */
static inline uint32_t code_at(const gl_slice *text, size_t at, size_t *used)
{
    *used = 1;
    if ((unsigned char)text->data[at] < 0x80) return (unsigned char)text->data[at];
    return gl_utf8_decode(text->data + at, text->len - at, used);
}

/* A bit for each ASCII letter and digit. */
static const uint64_t ascii_words[2] = { UINT64_C(0x03FF000000000000),
                                         UINT64_C(0x07FFFFFE07FFFFFE) };

static inline bool is_ascii_word(unsigned char byte)
{
    return byte < 0x80 && (ascii_words[byte >> 6] >> (byte & 63) & 1) != 0;
}

/* Most words are ASCII and end at a blank, a stop or the end of the text: the end of such a word
 * that begins at `at`; `at` itself where it is another. */
static inline size_t plain_word_end(gl_slice text, size_t at)
{
    size_t end = at;
    while (end < text.len && is_ascii_word((unsigned char)text.data[end])) end++;
    bool whole =
        end == text.len || ((unsigned char)text.data[end] < 0x80 && text.data[end] != '\'');
    return whole && end - at <= WORD_MAX ? end : at;
}

/* Takes the next word of *rest, cut; *characters counts the whole word. false: no more. */
static bool next_word(gl_slice *rest, gl_slice *word, size_t *characters)
{
    size_t start = 0, end = 0, clipped = 0, used;
    if (rest->len == 0) return false;
    while (start < rest->len && (unsigned char)rest->data[start] < 0x80 &&
           !is_ascii_word((unsigned char)rest->data[start]))
        start++;
    *rest = gl_slice_of(rest->data + start, rest->len - start);
    if ((end = plain_word_end(*rest, 0)) != 0) {
        *characters = end;
        *word = gl_slice_of(rest->data, end);
        *rest = gl_slice_of(rest->data + end, rest->len - end);
        return true;
    }
    start = *characters = 0;
    for (size_t at = 0; at < rest->len; at += used) {
        uint32_t code = code_at(rest, at, &used);
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

static bool meaningful(gl_slice word, size_t characters)
{
    if (characters == 1 && !in((unsigned char)word.data[0], '0', '9')) return false;
    return !is_stop_word(word);
}

/* Returns how many words of text were added to the `count` words that are there. */
static size_t take(gl_slice text, gl_slice words[GL_ESSENCE_WORDS], size_t count)
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

size_t gl_essence_words(gl_slice first, gl_slice second, char out[GL_ESSENCE_MAX])
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

size_t gl_essence_marked(gl_slice first, gl_slice second, const char *status,
                         char out[GL_ESSENCE_MAX])
{
    size_t len = gl_essence_words(first, second, out);
    if (len != 0) out[len++] = ' ';
    out[len++] = '[';
    size_t room = GL_ESSENCE_MAX - len - 2, name = strlen(status); /* the bracket and the NUL */
    if (name > room) name = gl_utf8_clip(status, name, room);
    memcpy(out + len, status, name);
    len += name;
    out[len++] = ']';
    out[len] = '\0';
    return len;
}
