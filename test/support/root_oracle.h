/*
 * root_oracle.h - what stands in a root, looked for a member at a time, for gl_root_read to be held
 * against: the walk that it saves.
 */
#ifndef TEST_ROOT_ORACLE_H
#define TEST_ROOT_ORACLE_H

#include <stdbool.h>

#include "openai/root.h"

static inline bool root_same(gl_json a, gl_json b)
{
    return a.kind == b.kind &&
           (a.kind == GL_JSON_NONE || (a.text.data == b.text.data && a.text.len == b.text.len));
}

static inline bool root_choice_same(const gl_choice *choice, gl_json value)
{
    return root_same(choice->value, value) &&
           root_same(choice->message, gl_json_get(value, "message")) &&
           root_same(choice->text, gl_json_get(value, "text")) &&
           root_same(choice->usage, gl_json_get(value, "usage")) &&
           root_same(choice->error, gl_json_get(value, "error")) &&
           root_same(choice->finish_reason, gl_json_get(value, "finish_reason")) &&
           choice->finish == gl_finish_of(gl_json_get(value, "finish_reason"));
}

static inline gl_json root_failed_choice(gl_json choices)
{
    gl_json choice;
    gl_json_iter iter = gl_json_begin(choices);
    while (choices.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &choice))
        if (choice.kind == GL_JSON_OBJECT &&
            (gl_root_tells(gl_json_get(choice, "error")) ||
             gl_finish_of(gl_json_get(choice, "finish_reason")) == GL_FINISH_FAILED))
            return choice;
    return (gl_json){ .kind = GL_JSON_NONE };
}

/* Whether gl_root_read finds in this value what there is. */
static inline bool root_is_read(gl_json value)
{
    static const char *const names[GL_ROOT_MEMBERS] = {
        "error",
        "object",
        "type",
        "detail",
        "errors",
        "message",
        "msg",
        "code",
        "error_msg",
        "error_code",
        "base_resp",
        "choices",
        "output",
        "data",
        "id",
        "model",
        "usage",
        "status",
        "incomplete_details",
        "x_groq",
    };
    gl_root root;
    gl_root_read(value, &root);
    for (size_t i = 0; i < GL_ROOT_MEMBERS; i++)
        if (!root_same(root.member[i], gl_json_get(value, names[i]))) return false;
    gl_json choices = gl_json_get(value, "choices"), choice, first = { .kind = GL_JSON_NONE };
    gl_json_iter iter = gl_json_begin(choices);
    size_t count = 0;
    bool well = true;
    while (choices.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &choice)) {
        if (count++ == 0)
            first = choice;
        else if (gl_finish_of(gl_json_get(choice, "finish_reason")) != GL_FINISH_WELL)
            well = false;
    }
    return root_choice_same(&root.first, first) && root.only == (count < 2) &&
           root.others_well == well && root_same(root.failed, root_failed_choice(choices));
}

#endif
