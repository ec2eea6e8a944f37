/*
 * sse.c - see sse.h. Owns the event being gathered, and nothing of the line it stands in: the value
 * of a `data` line goes to the event as it comes, so no byte is kept twice or looked for again.
 * Called by stream.c and the fuzzer.
 */
#include "openai/sse.h"

/* Memory kept from one stream to the next; events of completions are some hundred bytes. */
#define KEEP_BYTES ((size_t)4096)

void gl_sse_init(gl_sse *sse, size_t max)
{
    *sse = (gl_sse){ .first_line = true };
    gl_buf_init(&sse->data, max);
    gl_buf_init(&sse->name, max);
}

void gl_sse_free(gl_sse *sse)
{
    gl_buf_free(&sse->data);
    gl_buf_free(&sse->name);
}

void gl_sse_reset(gl_sse *sse)
{
    gl_buf data = sse->data, name = sse->name;
    *sse = (gl_sse){ .first_line = true, .data = data, .name = name };
    gl_buf_recycle(&sse->data, KEEP_BYTES);
    gl_buf_recycle(&sse->name, KEEP_BYTES);
}

/* A buffer that grows moves what it holds. */
static void append(gl_sse *sse, gl_buf *to, const char *bytes, size_t len)
{
    size_t capacity = to->capacity, held = to->len;
    gl_buf_append(to, bytes, len);
    sse->copied += len + (to->capacity != capacity ? held : 0);
}

/* The field's name is known: what follows is its value. */
static void begin_value(gl_sse *sse)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* a byte order mark, before the first line only */
    gl_slice field = gl_slice_of(sse->field, sse->field_len);
    sse->kind = GL_SSE_OTHER;
    if (field.len <= GL_SSE_FIELD_MAX) {
        if (sse->first_line && field.len >= 3 && memcmp(field.data, mark, 3) == 0)
            field = gl_slice_of(field.data + 3, field.len - 3);
        bool error = gl_slice_is(field, "error");
        if (error || gl_slice_is(field, "data")) {
            sse->kind = GL_SSE_DATA;
            if (sse->has_data) append(sse, &sse->data, "\n", 1);
            sse->has_data = true;
        } else if (gl_slice_is(field, "event")) {
            sse->kind = GL_SSE_NAME;
        }
        if (error || sse->kind == GL_SSE_NAME) gl_buf_reset(&sse->name);
        if (error) append(sse, &sse->name, "error", 5);
    }
    sse->at = GL_SSE_SPACE;
}

static void take_value(gl_sse *sse, const char *bytes, size_t len)
{
    if (sse->kind == GL_SSE_DATA)
        append(sse, &sse->data, bytes, len);
    else if (sse->kind == GL_SSE_NAME)
        append(sse, &sse->name, bytes, len);
}

/* A blank line ends the event. false: the callback wants no more. */
static bool end_event(gl_sse *sse, gl_sse_fn fn, void *arg)
{
    bool more = true;
    if (sse->data.len != 0) more = fn(arg, gl_buf_slice(&sse->name), gl_buf_slice(&sse->data));
    gl_buf_reset(&sse->data);
    gl_buf_reset(&sse->name);
    sse->has_data = false;
    return more;
}

static bool end_line(gl_sse *sse, gl_sse_fn fn, void *arg)
{
    bool blank = sse->at == GL_SSE_FIELD && sse->field_len == 0, more = true;
    if (blank)
        more = end_event(sse, fn, arg);
    else if (sse->at == GL_SSE_FIELD)
        begin_value(sse); /* a line that is only a name has an empty value */
    sse->at = GL_SSE_FIELD;
    sse->field_len = 0;
    sse->first_line = false;
    return more;
}

/* The bytes before the next line end. Not two memchr: with line ends of one kind only, the other
 * would be looked for through all the rest at every line. */
static size_t run_of(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at != '\n' && *at != '\r') at++;
    return (size_t)(at - start);
}

gl_sse_result gl_sse_feed(gl_sse *sse, gl_slice bytes, gl_sse_fn fn, void *arg)
{
    const char *at = bytes.data, *end = bytes.len != 0 ? bytes.data + bytes.len : bytes.data;
    while (at < end) {
        char c = *at;
        bool second_half = sse->after_cr && c == '\n'; /* of a CRLF */
        sse->after_cr = false;
        if (second_half) {
            at++;
        } else if (c == '\n' || c == '\r') {
            at++;
            sse->after_cr = c == '\r';
            if (!end_line(sse, fn, arg)) return GL_SSE_STOPPED;
        } else if (sse->at == GL_SSE_FIELD) {
            at++;
            if (c == ':')
                begin_value(sse);
            else if (sse->field_len++ < GL_SSE_FIELD_MAX)
                sse->field[sse->field_len - 1] = c;
        } else {
            if (sse->at == GL_SSE_SPACE && c == ' ') at++;
            sse->at = GL_SSE_VALUE;
            size_t run = run_of(at, end);
            take_value(sse, at, run);
            at += run;
        }
        if (sse->data.failed || sse->name.failed)
            return sse->data.too_large || sse->name.too_large ? GL_SSE_TOO_LARGE : GL_SSE_OOM;
    }
    return GL_SSE_MORE;
}
