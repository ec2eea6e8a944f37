/* words.c - see words.h. */
#include "mock/words.h"

#include "base/utf8.h"

/* --- the text --------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static gl_slice trim(gl_slice text)
{
    while (text.len != 0 && is_blank(text.data[0])) text = gl_slice_of(text.data + 1, text.len - 1);
    while (text.len != 0 && is_blank(text.data[text.len - 1])) text.len--;
    return text;
}

/* Returns the text to be summarized: everything behind a line that reads "Input:", as the prompts
 * of core/policy/prompt.c have it, else the last paragraph. */
static gl_slice subject_of(gl_slice text)
{
    if (text.len == 0) return text;
    gl_slice paragraph = { 0 };
    const char *started = NULL; /* where the current paragraph begins */
    const char *at = text.data, *end = text.data + text.len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        gl_slice line = trim(gl_slice_of(at, (size_t)(line_end - at)));
        if (newline != NULL && gl_slice_is(line, "Input:"))
            return trim(gl_slice_of(newline + 1, (size_t)(end - newline - 1)));
        if (line.len == 0) {
            started = NULL;
        } else {
            if (started == NULL) started = at;
            paragraph = gl_slice_of(started, (size_t)(line_end - started));
        }
        at = newline != NULL ? newline + 1 : end;
    }
    return trim(paragraph);
}

static gl_slice gist_of(gl_slice subject)
{
    size_t end = 0, word = 0; /* word: the end of the last whole word */
    for (; end < subject.len && end < MOCK_GIST_MAX; end++) {
        char c = subject.data[end];
        if (!is_blank(c)) continue;
        word = end;
        if (end != 0 && strchr(".!?", subject.data[end - 1]) != NULL) break;
        if (c == '\n' && end + 1 < subject.len && is_blank(subject.data[end + 1]))
            break; /* the paragraph ends, or a heading that indented lines follow */
    }
    if (end == MOCK_GIST_MAX && end < subject.len)
        end = word != 0 ? word : gl_utf8_clip(subject.data, subject.len, MOCK_GIST_MAX);
    return trim(gl_slice_of(subject.data, end));
}

gl_slice mock_words_gist(gl_slice text)
{
    return gist_of(subject_of(text));
}

void mock_words_say(gl_slice subject, gl_buf *out)
{
    gl_slice gist = gist_of(trim(subject));
    if (gist.len == 0) gist = gl_slice_str("There is no user message to answer.");
    for (size_t i = 0; i < gist.len; i++) {
        if (!is_blank(gist.data[i]))
            gl_buf_append_char(out, gist.data[i]);
        else if (i == 0 || !is_blank(gist.data[i - 1]))
            gl_buf_append_char(out, ' ');
    }
}

void mock_words_answer(gl_slice message, gl_buf *out)
{
    mock_words_say(subject_of(message), out);
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* The further bytes of a UTF-8 character. */
static bool is_inner(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

gl_slice mock_words_next(gl_slice *rest)
{
    const char *text = rest->data;
    size_t len = 0, most;
    while (len < rest->len && is_blank(text[len])) len++;
    most = len + MOCK_TOKEN_MAX;
    while (len < rest->len && !is_blank(text[len]) && (len < most || is_inner(text[len]))) len++;
    *rest = gl_slice_of(text + len, rest->len - len);
    return gl_slice_of(text, len);
}

size_t mock_words_count(gl_slice text)
{
    size_t count = 0;
    for (; text.len != 0; count++) mock_words_next(&text);
    return count;
}

size_t mock_words_first(gl_slice text, uint64_t tokens)
{
    gl_slice rest = text;
    while (tokens-- != 0 && rest.len != 0) mock_words_next(&rest);
    return text.len - rest.len;
}

void mock_words_fill(uint64_t tokens, uint64_t seed, bool blank, gl_buf *out)
{
    static const char *const words[] = { "and", "then", "the",  "small", "river", "turns",
                                         "to",  "a",    "wide", "quiet", "plain", "where",
                                         "it",  "goes", "on",   "again" };
    for (uint64_t i = 0; i < tokens && !out->failed; i++) {
        if (blank || i != 0) gl_buf_append_char(out, ' ');
        gl_buf_append_str(out, words[(seed + i) % (sizeof words / sizeof words[0])]);
    }
}
