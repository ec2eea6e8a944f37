/* rerank.c - ranks documents by the number of the query's words in them. See embed.h. The shapes
 * are those that Jina, Cohere and vLLM share. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "mock/embed.h"
#include "mock/error.h"
#include "mock/words.h"

#define DOCUMENTS_MAX 10000

typedef struct ranked {
    gl_json document; /* a string */
    size_t index;
    double score;
} ranked;

/* Appends the letters and digits of a token; ASCII letters in lower case. */
static void append_word(gl_buf *out, gl_slice token)
{
    for (size_t i = 0; i < token.len; i++) {
        char c = token.data[i], small = (char)(c | 0x20);
        if (small >= 'a' && small <= 'z')
            gl_buf_append_char(out, small);
        else if ((c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            gl_buf_append_char(out, c);
    }
}

/* Writes the words of a text with a blank before and behind each. */
static void append_words(gl_buf *out, gl_json text, gl_buf *scratch)
{
    gl_buf_reset(scratch);
    gl_json_string_append(text, scratch, NULL);
    gl_slice rest = gl_buf_slice(scratch);
    gl_buf_append_char(out, ' ');
    while (rest.len != 0) {
        append_word(out, mock_words_next(&rest));
        gl_buf_append_char(out, ' ');
    }
}

/* Returns the share of the query's words that the document has, a little less for a longer
 * document. */
static double score(gl_slice query, gl_slice document)
{
    size_t words = 0, found = 0;
    for (size_t at = 0; at + 1 < query.len;) {
        const char *end = memchr(query.data + at + 1, ' ', query.len - at - 1);
        size_t len = (size_t)(end - query.data) - at; /* with the blank before it */
        if (len > 1) {
            words++;
            found += memmem(document.data, document.len, query.data + at, len + 1) != NULL;
        }
        at += len;
    }
    double part = words != 0 ? (double)found / (double)words : 0;
    double value = 0.02 + 0.95 * part - 0.01 * (1 - 1 / (1 + (double)document.len / 1000));
    return nearbyint(value * 1e6) / 1e6;
}

static int by_score(const void *a, const void *b)
{
    const ranked *one = a, *other = b;
    if (one->score != other->score) return one->score < other->score ? 1 : -1;
    return one->index < other->index ? -1 : 1;
}

static void write_results(const mock_ask *ask, const ranked *list, size_t count, gl_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        gl_buf_append_str(out, i != 0 ? ",{\"index\":" : "{\"index\":");
        gl_buf_append_u64(out, list[i].index);
        if (!ask->no_documents) {
            gl_buf_append_str(out, ",\"document\":{\"text\":");
            gl_buf_append(out, list[i].document.text.data, list[i].document.text.len);
            gl_buf_append_char(out, '}');
        }
        gl_buf_append_str(out, ",\"relevance_score\":");
        gl_json_write_double(out, list[i].score);
        gl_buf_append_char(out, '}');
    }
}

/* Scores each document. false: one is no text. */
static bool rank(mock_answer *answer, ranked *list, gl_buf *scratch, gl_buf *words)
{
    gl_json item;
    gl_json_iter iter = gl_json_begin(answer->ask.prompt);
    append_words(words, answer->ask.query, scratch);
    size_t query = words->len, count = 0;
    while (gl_json_next(&iter, NULL, &item)) {
        if (item.kind == GL_JSON_OBJECT) item = gl_json_get(item, "text");
        if (item.kind != GL_JSON_STRING) return false;
        words->len = query;
        append_words(words, item, scratch);
        if (words->failed || scratch->failed) {
            answer->failed = true;
            return true;
        }
        double fits = score(gl_slice_of(words->data, query),
                            gl_slice_of(words->data + query, words->len - query));
        list[count] = (ranked){ item, count, fits };
        count++;
    }
    return true;
}

int mock_rerank_answer(mock_answer *answer, gl_buf *error)
{
    const mock_ask *ask = &answer->ask;
    gl_json item;
    gl_json_iter iter = gl_json_begin(ask->prompt);
    size_t count = 0;
    if (ask->prompt.kind != GL_JSON_ARRAY)
        return mock_answer_error(400, "documents", "invalid_type",
                                 "'documents' must be an array of texts.", error);
    while (count <= DOCUMENTS_MAX && gl_json_next(&iter, NULL, &item)) count++;
    if (count == 0 || count > DOCUMENTS_MAX)
        return mock_answer_error(400, "documents", "invalid_value",
                                 "'documents' must hold 1 to 10000 texts.", error);
    ranked *list = gl_malloc(count * sizeof *list);
    gl_buf scratch, words;
    gl_buf_init(&scratch, answer->words.max);
    gl_buf_init(&words, answer->words.max);
    bool texts = list == NULL || rank(answer, list, &scratch, &words);
    if (list == NULL) answer->failed = true;
    if (texts && !answer->failed) {
        qsort(list, count, sizeof *list, by_score);
        size_t most = ask->top_n >= 0 && (uint64_t)ask->top_n < count ? (size_t)ask->top_n : count;
        answer->data.at = answer->words.len;
        write_results(ask, list, most, &answer->words);
        answer->data.len = answer->words.len - answer->data.at;
        answer->usage.prompt += (ask->query.text.len + 3) / 4 * count;
    }
    gl_free(list);
    gl_buf_free(&scratch);
    gl_buf_free(&words);
    if (texts) return 200;
    return mock_answer_error(400, "documents", "invalid_type",
                             "Each of 'documents' must be a string, or an object with 'text'.",
                             error);
}
