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

/* The members from..to of the root, which have these names in this object. */
static inline bool root_has(const gl_root *root, size_t from, size_t to, gl_json object,
                            const char *const *names)
{
    for (size_t i = from; i < to; i++)
        if (!root_same(root->member[i], gl_json_get(object, names[i - from]))) return false;
    return true;
}

/* Whether gl_root_read finds in this value what there is. */
static inline bool root_is_read(gl_json value)
{
    static const char *const names[GL_ROOT_MEMBERS - GL_ROOT_ERROR] = {
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
        "service_tier",
    };
    static const char *const said[GL_MESSAGE_END - GL_MESSAGE_CONTENT] = {
        "content", "refusal", "tool_calls", "function_call", "audio", "images",
    };
    static const char *const counts[GL_USAGE_END - GL_USAGE_PROMPT_TOKENS] = {
        "prompt_tokens", "completion_tokens",     "total_tokens",         "input_tokens",
        "output_tokens", "prompt_tokens_details", "input_tokens_details",
    };
    gl_root root;
    gl_root_read(value, &root);
    if (!root_same(root.member[GL_ROOT_VALUE], value) ||
        !root_has(&root, GL_ROOT_ERROR, GL_ROOT_MEMBERS, value, names) ||
        !root_has(&root, GL_MESSAGE_CONTENT, GL_MESSAGE_END, root.member[GL_CHOICE_MESSAGE],
                  said) ||
        !root_has(&root, GL_USAGE_PROMPT_TOKENS, GL_USAGE_END, root.member[GL_ROOT_USAGE],
                  counts) ||
        !root_same(root.member[GL_USAGE_PROMPT_CACHED],
                   gl_json_get(root.member[GL_USAGE_PROMPT_DETAILS], "cached_tokens")) ||
        !root_same(root.member[GL_USAGE_INPUT_CACHED],
                   gl_json_get(root.member[GL_USAGE_INPUT_DETAILS], "cached_tokens")))
        return false;
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
    return root_same(root.member[GL_CHOICE], first) && root_choice_same(&root.first, first) &&
           root.only == (count < 2) && root.others_well == well &&
           root_same(root.failed, root_failed_choice(choices));
}

#endif
