/* repeat.c - see repeat.h. Owns the bytes of the kept event. */
#include "openai/repeat.h"

#include "base/json_run.h"

void gl_repeat_init(gl_repeat *repeat)
{
    repeat->count = 0;
    gl_buf_init(&repeat->around, GL_REPEAT_MAX);
}

void gl_repeat_free(gl_repeat *repeat)
{
    gl_buf_free(&repeat->around);
}

void gl_repeat_forget(gl_repeat *repeat)
{
    gl_buf_reset(&repeat->around);
}

bool gl_repeat_keep(gl_repeat *repeat, gl_slice event, gl_json text, gl_json padding)
{
    bool padded = padding.kind == GL_JSON_STRING;
    bool first = !padded || text.text.data < padding.text.data;
    gl_slice strings[] = { first ? text.text : padding.text, first ? padding.text : text.text };
    const char *at = event.data;
    gl_buf_reset(&repeat->around);
    repeat->count = padded ? 2 : 1;
    repeat->text = first ? 0 : 1;
    for (size_t i = 0; i < repeat->count; i++) {
        gl_buf_append(&repeat->around, at, (size_t)(strings[i].data + 1 - at));
        repeat->ends[i] = repeat->around.len;
        at = strings[i].data + strings[i].len - 1;
    }
    gl_buf_append(&repeat->around, at, (size_t)(event.data + event.len - at));
    bool oom = repeat->around.failed && !repeat->around.too_large;
    if (repeat->around.failed) gl_buf_reset(&repeat->around);
    return !oom;
}

/* Returns the string that begins with the quote at `at`; NONE: there is none. Most are plain ASCII,
 * and need no more than a look at each byte. */
static gl_json string_at(const char *at, const char *end)
{
    const char *stop = gl_json_run_end(at + 1, end);
    gl_json value = { .kind = GL_JSON_NONE };
    if (stop < end && *stop == '"')
        return (gl_json){ GL_JSON_STRING, gl_slice_of(at, (size_t)(stop + 1 - at)) };
    while ((stop = gl_json_quote(stop, end)) < end && *stop == '\\')
        stop = end - stop > 2 ? stop + 2 : end;
    if (stop < end) (void)gl_json_check(gl_slice_of(at, (size_t)(stop + 1 - at)), &value, NULL);
    return value;
}

gl_json gl_repeat_find(const gl_repeat *repeat, gl_slice event)
{
    const gl_buf *around = &repeat->around;
    gl_json found[2], none = { .kind = GL_JSON_NONE };
    const char *at = event.data, *end = event.data + event.len;
    size_t from = 0;
    if (around->len == 0 || event.len < around->len) return none;
    for (size_t i = 0; i < repeat->count; i++) {
        size_t len = repeat->ends[i] - from;
        if ((size_t)(end - at) < len || memcmp(at, around->data + from, len) != 0) return none;
        from += len;
        found[i] = string_at(at + len - 1, end);
        if (found[i].kind != GL_JSON_STRING) return none;
        at = found[i].text.data + found[i].text.len - 1;
    }
    bool same = (size_t)(end - at) == around->len - from &&
                memcmp(at, around->data + from, around->len - from) == 0;
    return same ? found[repeat->text] : none;
}
