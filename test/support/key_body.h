/*
 * key_body.h - from a canonical form back to a body that has it: that this can be done is why no
 * two bodies that differ share a form (docs/internals/key.md).
 */
#ifndef TEST_SUPPORT_KEY_BODY_H
#define TEST_SUPPORT_KEY_BODY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"

/* The rest's members in their order, then those of the places that are not null. */
static inline void key_body_of_form(gl_json form, gl_buf *out)
{
    static const char *const names[] = { "messages", "model", "temperature", "max_tokens" };
    gl_json placed[4], rest = { .kind = GL_JSON_NONE };
    bool any = false;
    gl_json_iter iter = gl_json_begin(form);
    for (int i = 0; i < 4; i++) gl_json_next(&iter, NULL, &placed[i]);
    gl_json_next(&iter, NULL, &rest);
    gl_buf_append_char(out, '{');
    if (rest.kind == GL_JSON_OBJECT) {
        gl_buf_append(out, rest.text.data + 1, rest.text.len - 2);
        any = true;
    }
    for (int i = 0; i < 4; i++) {
        if (placed[i].kind == GL_JSON_NULL) continue;
        if (any) gl_buf_append_char(out, ',');
        gl_json_write_string(out, gl_slice_str(names[i]));
        gl_buf_append_char(out, ':');
        gl_buf_append(out, placed[i].text.data, placed[i].text.len);
        any = true;
    }
    gl_buf_append_char(out, '}');
}

#endif
