/*
 * sse.c - see sse.h. Owns the event being gathered, and nothing of its line: the value of a `data`
 * line goes into the event as it comes, so no byte is kept or searched twice.
 */
#include "openai/sse.h"

#include "base/json_run.h"

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

/* Counts the bytes that a growing buffer moves. */
static inline void append(gl_sse *sse, gl_buf *to, const char *bytes, size_t len)
{
    size_t capacity = to->capacity, held = to->len;
    gl_buf_append(to, bytes, len);
    sse->copied += len + (to->capacity != capacity ? held : 0);
}

static inline void take_value(gl_sse *sse, const char *bytes, size_t len)
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
    sse->has_data = sse->bare = false;
    return more;
}

/* The field's name is known, and its value follows. false: the callback wants no more. */
static bool begin_value(gl_sse *sse, gl_sse_fn fn, void *arg)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* a byte order mark, before the first line only */
    gl_slice field = gl_slice_of(sse->field, sse->field_len);
    bool more = true;
    sse->kind = GL_SSE_OTHER;
    if (field.len <= GL_SSE_FIELD_MAX) {
        if (sse->first_line && field.len >= 3 && memcmp(field.data, mark, 3) == 0)
            field = gl_slice_of(field.data + 3, field.len - 3);
        bool error = gl_slice_is(field, "error");
        bool data = error || gl_slice_is(field, "data"), event = gl_slice_is(field, "event");
        if (sse->bare && (data || event)) more = end_event(sse, fn, arg);
        if (data) {
            sse->kind = GL_SSE_DATA;
            if (sse->has_data) append(sse, &sse->data, "\n", 1);
            sse->has_data = true;
        } else if (event) {
            sse->kind = GL_SSE_NAME;
        }
        if (error || event) gl_buf_reset(&sse->name);
        if (error) append(sse, &sse->name, "error", 5);
    }
    sse->at = GL_SSE_SPACE;
    return more;
}

/* Returns true when a line that begins so is JSON without a field before it: an event of its own,
 * over all its lines. */
static bool begins_bare(const gl_sse *sse, char c)
{
    return c == '{' || c == '[' || (sse->bare && (c == '}' || c == ']' || c == '"' || c == ' '));
}

/* The whole line is data. false: the callback wants no more. */
static bool begin_bare(gl_sse *sse, gl_sse_fn fn, void *arg)
{
    bool more = true;
    if (!sse->bare) {
        if (sse->has_data) more = end_event(sse, fn, arg); /* a cut one, whose blank line is lost */
        sse->bare = sse->has_data = true;
    } else {
        append(sse, &sse->data, "\n", 1);
    }
    sse->kind = GL_SSE_DATA;
    sse->at = GL_SSE_VALUE;
    return more;
}

static bool end_line(gl_sse *sse, gl_sse_fn fn, void *arg)
{
    bool blank = sse->at == GL_SSE_FIELD && sse->field_len == 0, more = true;
    if (blank)
        more = end_event(sse, fn, arg);
    else if (sse->at == GL_SSE_FIELD)
        more = begin_value(sse, fn, arg); /* a line that is only a name has an empty value */
    sse->at = GL_SSE_FIELD;
    sse->field_len = 0;
    sse->first_line = false;
    return more;
}

/* Returns the bytes before the next line end. Not two memchr: with line ends of one kind, the
 * search for the other kind would go through the whole rest at every line. */
static inline size_t run_of(const char *at, const char *end)
{
    const char *start = at;
#ifdef __SSE2__
    while ((size_t)(end - at) >= sizeof(__m128i)) {
        __m128i bytes = gl_sixteen(at);
        unsigned found = gl_sixteen_equal(bytes, '\n') | gl_sixteen_equal(bytes, '\r');
        if (found != 0) return (size_t)(at - start) + (size_t)__builtin_ctz(found);
        at += sizeof(__m128i);
    }
#endif
    while (at < end && *at != '\n' && *at != '\r') at++;
    return (size_t)(at - start);
}

static gl_sse_result failure_of(const gl_sse *sse)
{
    return sse->data.too_large || sse->name.too_large ? GL_SSE_TOO_LARGE : GL_SSE_OOM;
}

/* Returns the byte behind a line end. A CR that ends the read may be half of a CRLF: where the line
 * before ended in one it is, and its event need not wait for the LF. */
static inline const char *take_line_end(gl_sse *sse, const char *at, const char *end)
{
    bool cr = *at++ == '\r', cut = cr && at == end, pair = cr && !cut && *at == '\n';
    sse->after_cr = cut;
    sse->owed = cut && sse->pairs;
    sse->pairs = pair;
    sse->here = at + pair;
    sse->begun = 0;
    return sse->here;
}

static __attribute__((noinline)) gl_sse_result feed(gl_sse *sse, gl_slice bytes, gl_sse_fn fn,
                                                    void *arg)
{
    const char *at = bytes.data, *end = bytes.len != 0 ? bytes.data + bytes.len : bytes.data;
    sse->owed = false;
    while (at < end) {
        size_t run = sse->at == GL_SSE_VALUE ? run_of(at, end) : 0;
        if (run != 0) {
            take_value(sse, at, run);
            at += run;
            if (!sse->data.failed && !sse->name.failed) continue;
            return failure_of(sse);
        }
        char c = *at;
        bool second_half = sse->after_cr && c == '\n'; /* of a CRLF cut between reads */
        sse->after_cr = false;
        if (second_half) {
            at++;
            sse->pairs = true;
        } else if (c == '\n' || c == '\r') {
            at = take_line_end(sse, at, end);
            if (!end_line(sse, fn, arg)) return GL_SSE_STOPPED;
        } else if (sse->at == GL_SSE_FIELD && sse->field_len == 0 && begins_bare(sse, c)) {
            sse->here = at;
            sse->begun = 0;
            if (!begin_bare(sse, fn, arg)) return GL_SSE_STOPPED;
        } else if (sse->at == GL_SSE_FIELD) {
            at++;
            if (c == ':') {
                size_t here = (size_t)(at - 1 - bytes.data);
                sse->begun = sse->field_len > here ? sse->field_len - here : 0;
                sse->here = sse->begun != 0 ? bytes.data : at - 1 - sse->field_len;
                if (!begin_value(sse, fn, arg)) return GL_SSE_STOPPED;
            } else if (sse->field_len++ < GL_SSE_FIELD_MAX)
                sse->field[sse->field_len - 1] = c;
        } else {
            if (sse->at == GL_SSE_SPACE && c == ' ') at++;
            sse->at = GL_SSE_VALUE;
        }
        if (sse->data.failed || sse->name.failed) return failure_of(sse);
    }
    return GL_SSE_MORE;
}

/* Returns true when the bytes are one byte of data, and takes it: a stream may come byte by byte.
 */
static inline bool take_byte(gl_sse *sse, gl_slice bytes)
{
    if (bytes.len != 1 || sse->at != GL_SSE_VALUE || sse->kind != GL_SSE_DATA) return false;
    char c = *bytes.data;
    if (c == '\n' || c == '\r' || !gl_buf_has_room(&sse->data, 1)) return false;
    sse->data.data[sse->data.len++] = c;
    sse->copied++;
    return true;
}

gl_sse_result gl_sse_feed(gl_sse *sse, gl_slice bytes, gl_sse_fn fn, void *arg)
{
    return take_byte(sse, bytes) ? GL_SSE_MORE : feed(sse, bytes, fn, arg);
}

/* Blanks before an answer that may still become a stream. Each read begins the search anew, so more
 * of them would cost the square of their number; a stream behind more is read when it is whole. */
#define BLANKS_MAX ((size_t)4096)

gl_sse_guess gl_sse_guess_of(gl_slice beginning)
{
    static const char *const fields[] = { "data:", "event:", "id:", "retry:", "error:" };
    static const char mark[] = "\xEF\xBB\xBF";
    const char *at = beginning.data;
    size_t left = beginning.len, marked = left < 3 ? left : 3;
    if (left == 0) return GL_SSE_TOO_SHORT;
    if (*at == '{') return GL_SSE_IT_IS_NOT; /* as nearly all answers begin */
    if (memcmp(at, mark, marked) == 0) {
        at += marked;
        left -= marked;
    }
    for (; left != 0 && memchr(" \t\r\n", *at, 4) != NULL; at++) left--;
    if (beginning.len - left >= BLANKS_MAX) return GL_SSE_IT_IS_NOT;
    if (left == 0) return GL_SSE_TOO_SHORT;
    if (*at == ':') return GL_SSE_IT_IS;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t len = strlen(fields[i]), seen = left < len ? left : len;
        if (memcmp(at, fields[i], seen) == 0) return seen == len ? GL_SSE_IT_IS : GL_SSE_TOO_SHORT;
    }
    return GL_SSE_IT_IS_NOT;
}

bool gl_sse_is_within(gl_slice bytes)
{
    static const char field[] = "data:";
    size_t len = sizeof field - 1;
    if (gl_sse_guess_of(bytes) == GL_SSE_IT_IS) return true;
    for (size_t at = 0; bytes.len - at > len;) {
        const char *end = memchr(bytes.data + at, '\n', bytes.len - at);
        if (end == NULL) return false;
        at = (size_t)(end - bytes.data) + 1;
        if (bytes.len - at >= len && memcmp(bytes.data + at, field, len) == 0) return true;
    }
    return false;
}
