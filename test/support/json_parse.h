/*
 * json_parse.h - for tests of the JSON text layer: a text that must be valid, and a slice that must
 * be a text. Include after cmocka.h.
 */
#ifndef JSON_PARSE_H
#define JSON_PARSE_H

#include "base/json.h"

static inline gl_json parse(const char *text)
{
    gl_json root = { .kind = GL_JSON_NONE };
    size_t at = 0;
    gl_json_error error = gl_json_check(gl_slice_str(text), &root, &at);
    if (error != GL_JSON_OK) fail_msg("%s: %s at %zu", text, gl_json_error_text(error), at);
    return root;
}

static inline void assert_slice(gl_slice slice, const char *text)
{
    if (!gl_slice_is(slice, text)) fail_msg("%.*s is not %s", (int)slice.len, slice.data, text);
}

#endif
