/* logprobs.c - the probability of each token, from the token alone: the answer's token has the
 * highest, and below it are others, each half as likely as the one before. See write.h. */
#include <math.h>

#include "base/siphash.h"
#include "mock/words.h"
#include "mock/write.h"

/* Alternatives to a token: the first ones that differ from it. */
static const char *const others[] = { " the", " a",    " to",   " and", " of",   " in",  " it",
                                      " is",  " that", " for",  " on",  " with", " as",  " at",
                                      " by",  " this", " from", " or",  " an",   " not", " be" };

/* 0.5 to 0.99: with half of the rest for the second, and so on, all are below 1. */
static double likelihood(gl_slice token)
{
    return 0.5 + 0.49 * (double)(gl_hash(0, token.data, token.len) % 1000) / 999;
}

static void write_number(gl_buf *out, double probability)
{
    gl_json_write_double(out, nearbyint(log(probability) * 1e6) / 1e6);
}

static void write_one(gl_buf *out, gl_slice token, double probability)
{
    gl_buf_append_str(out, "{\"token\":");
    gl_json_write_string(out, token);
    gl_buf_append_str(out, ",\"logprob\":");
    write_number(out, probability);
    gl_buf_append_str(out, ",\"bytes\":[");
    for (size_t i = 0; i < token.len; i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        gl_buf_append_u64(out, (unsigned char)token.data[i]);
    }
    gl_buf_append_char(out, ']');
}

/* Returns the i-th alternative; the 0th is the token itself. */
static gl_slice other(gl_slice token, size_t *at)
{
    const size_t count = sizeof others / sizeof others[0];
    while (*at < count && gl_slice_is(token, others[*at])) ++*at;
    return gl_slice_str(others[(*at)++ % count]);
}

void mock_write_logprob(const mock_answer *answer, gl_slice token, gl_buf *out)
{
    double probability = likelihood(token), rest = 1 - probability;
    size_t at = 0;
    write_one(out, token, probability);
    gl_buf_append_str(out, ",\"top_logprobs\":[");
    for (int64_t i = 0; i < answer->ask.top_logprobs; i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        if (i == 0)
            write_one(out, token, probability);
        else
            write_one(out, other(token, &at), rest /= 2);
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_str(out, "]}");
}

void mock_write_logprobs(const mock_answer *answer, gl_slice text, gl_buf *out)
{
    gl_buf_append_char(out, '[');
    for (bool first = true; text.len != 0; first = false) {
        if (!first) gl_buf_append_char(out, ',');
        mock_write_logprob(answer, mock_words_next(&text), out);
    }
    gl_buf_append_char(out, ']');
}

static void write_old_tops(const mock_answer *answer, gl_slice text, gl_buf *out)
{
    for (bool first = true; text.len != 0; first = false) {
        gl_slice token = mock_words_next(&text);
        double probability = likelihood(token), rest = 1 - probability;
        size_t at = 0;
        gl_buf_append_str(out, first ? "{" : ",{");
        for (int64_t i = 0; i < answer->ask.top_logprobs; i++) {
            if (i != 0) gl_buf_append_char(out, ',');
            gl_json_write_string(out, i == 0 ? token : other(token, &at));
            gl_buf_append_char(out, ':');
            write_number(out, i == 0 ? probability : (rest /= 2));
        }
        gl_buf_append_char(out, '}');
    }
}

void mock_write_old_logprobs(const mock_answer *answer, gl_slice text, size_t offset, gl_buf *out)
{
    gl_slice rest = text;
    gl_buf_append_str(out, "{\"tokens\":[");
    while (rest.len != 0) {
        gl_json_write_string(out, mock_words_next(&rest));
        if (rest.len != 0) gl_buf_append_char(out, ',');
    }
    gl_buf_append_str(out, "],\"token_logprobs\":[");
    for (rest = text; rest.len != 0;) {
        write_number(out, likelihood(mock_words_next(&rest)));
        if (rest.len != 0) gl_buf_append_char(out, ',');
    }
    gl_buf_append_str(out, "],\"top_logprobs\":[");
    write_old_tops(answer, text, out);
    gl_buf_append_str(out, "],\"text_offset\":[");
    for (rest = text; rest.len != 0;) {
        gl_buf_append_u64(out, offset);
        offset += mock_words_next(&rest).len;
        if (rest.len != 0) gl_buf_append_char(out, ',');
    }
    gl_buf_append_str(out, "]}");
}
