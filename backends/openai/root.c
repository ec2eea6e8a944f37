/*
 * root.c - see root.h: the table of what is wanted, and the choices behind the first. Owns nothing.
 * Decides the error of a choice that failed, and nothing else.
 */
#include "openai/root.h"

bool gl_root_tells(gl_json value)
{
    gl_json_iter iter;
    gl_json first;
    switch (value.kind) {
    case GL_JSON_OBJECT:
    case GL_JSON_TRUE:
    case GL_JSON_NUMBER:
        return true;
    case GL_JSON_STRING:
        return gl_json_has_text(value);
    case GL_JSON_ARRAY:
        iter = gl_json_begin(value);
        return gl_json_next(&iter, NULL, &first);
    default:
        return false;
    }
}

static const gl_json_wanted wanted[GL_ROOT_WANTED] = {
    [GL_ROOT_VALUE] = { NULL, 0, GL_ROOT_ERROR, GL_ROOT_MEMBERS - GL_ROOT_ERROR },
    [GL_ROOT_ERROR] = { GL_JSON_NAME("error"), 0, 0 },
    [GL_ROOT_OBJECT] = { GL_JSON_NAME("object"), 0, 0 },
    [GL_ROOT_TYPE] = { GL_JSON_NAME("type"), 0, 0 },
    [GL_ROOT_DETAIL] = { GL_JSON_NAME("detail"), 0, 0 },
    [GL_ROOT_ERRORS] = { GL_JSON_NAME("errors"), 0, 0 },
    [GL_ROOT_MESSAGE] = { GL_JSON_NAME("message"), 0, 0 },
    [GL_ROOT_MSG] = { GL_JSON_NAME("msg"), 0, 0 },
    [GL_ROOT_CODE] = { GL_JSON_NAME("code"), 0, 0 },
    [GL_ROOT_ERROR_MSG] = { GL_JSON_NAME("error_msg"), 0, 0 },
    [GL_ROOT_ERROR_CODE] = { GL_JSON_NAME("error_code"), 0, 0 },
    [GL_ROOT_BASE_RESP] = { GL_JSON_NAME("base_resp"), 0, 0 },
    [GL_ROOT_CHOICES] = { GL_JSON_NAME("choices"), GL_CHOICE, 1 },
    [GL_ROOT_OUTPUT] = { GL_JSON_NAME("output"), 0, 0 },
    [GL_ROOT_DATA] = { GL_JSON_NAME("data"), 0, 0 },
    [GL_ROOT_ID] = { GL_JSON_NAME("id"), 0, 0 },
    [GL_ROOT_MODEL] = { GL_JSON_NAME("model"), 0, 0 },
    [GL_ROOT_USAGE] = { GL_JSON_NAME("usage"), GL_USAGE_PROMPT_TOKENS,
                        GL_USAGE_END - GL_USAGE_PROMPT_TOKENS },
    [GL_ROOT_STATUS] = { GL_JSON_NAME("status"), 0, 0 },
    [GL_ROOT_INCOMPLETE_DETAILS] = { GL_JSON_NAME("incomplete_details"), 0, 0 },
    [GL_ROOT_X_GROQ] = { GL_JSON_NAME("x_groq"), 0, 0 },
    [GL_ROOT_SERVICE_TIER] = { GL_JSON_NAME("service_tier"), 0, 0 },
    [GL_CHOICE] = { NULL, 0, GL_CHOICE_MESSAGE, GL_CHOICE_END - GL_CHOICE_MESSAGE },
    [GL_CHOICE_MESSAGE] = { GL_JSON_NAME("message"), GL_MESSAGE_CONTENT,
                            GL_MESSAGE_END - GL_MESSAGE_CONTENT },
    [GL_CHOICE_TEXT] = { GL_JSON_NAME("text"), 0, 0 },
    [GL_CHOICE_USAGE] = { GL_JSON_NAME("usage"), 0, 0 },
    [GL_CHOICE_ERROR] = { GL_JSON_NAME("error"), 0, 0 },
    [GL_CHOICE_FINISH_REASON] = { GL_JSON_NAME("finish_reason"), 0, 0 },
    [GL_MESSAGE_CONTENT] = { GL_JSON_NAME("content"), 0, 0 },
    [GL_MESSAGE_REFUSAL] = { GL_JSON_NAME("refusal"), 0, 0 },
    [GL_MESSAGE_TOOL_CALLS] = { GL_JSON_NAME("tool_calls"), 0, 0 },
    [GL_MESSAGE_FUNCTION_CALL] = { GL_JSON_NAME("function_call"), 0, 0 },
    [GL_MESSAGE_AUDIO] = { GL_JSON_NAME("audio"), 0, 0 },
    [GL_MESSAGE_IMAGES] = { GL_JSON_NAME("images"), 0, 0 },
    [GL_USAGE_PROMPT_TOKENS] = { GL_JSON_NAME("prompt_tokens"), 0, 0 },
    [GL_USAGE_COMPLETION_TOKENS] = { GL_JSON_NAME("completion_tokens"), 0, 0 },
    [GL_USAGE_TOTAL_TOKENS] = { GL_JSON_NAME("total_tokens"), 0, 0 },
    [GL_USAGE_INPUT_TOKENS] = { GL_JSON_NAME("input_tokens"), 0, 0 },
    [GL_USAGE_OUTPUT_TOKENS] = { GL_JSON_NAME("output_tokens"), 0, 0 },
    [GL_USAGE_PROMPT_DETAILS] = { GL_JSON_NAME("prompt_tokens_details"), GL_USAGE_PROMPT_CACHED,
                                  1 },
    [GL_USAGE_INPUT_DETAILS] = { GL_JSON_NAME("input_tokens_details"), GL_USAGE_INPUT_CACHED, 1 },
    [GL_USAGE_PROMPT_CACHED] = { GL_JSON_NAME("cached_tokens"), 0, 0 },
    [GL_USAGE_INPUT_CACHED] = { GL_JSON_NAME("cached_tokens"), 0, 0 },
};

_Static_assert(GL_ROOT_WANTED <= GL_JSON_WANTED_MAX, "the check takes no more");

/* From the values of its members, in the order in which they are wanted. */
static gl_choice choice_of(gl_json value, const gl_json *found)
{
    const gl_json *reason = &found[GL_CHOICE_FINISH_REASON - GL_CHOICE_MESSAGE];
    return (gl_choice){ .value = value,
                        .message = found[0],
                        .text = found[GL_CHOICE_TEXT - GL_CHOICE_MESSAGE],
                        .usage = found[GL_CHOICE_USAGE - GL_CHOICE_MESSAGE],
                        .error = found[GL_CHOICE_ERROR - GL_CHOICE_MESSAGE],
                        .finish_reason = *reason,
                        .finish = gl_finish_of(*reason) };
}

/* OpenRouter's: the response is one, but a choice of it is {"finish_reason":"error","error":{...}};
 * DeepSeek's and others': it ended with a name for a failure. */
static bool has_failed(const gl_choice *choice)
{
    return choice->value.kind == GL_JSON_OBJECT &&
           (gl_root_tells(choice->error) || choice->finish == GL_FINISH_FAILED);
}

/* The choices behind the first. */
static void read_others(gl_json choices, gl_root *root)
{
    enum { COUNT = GL_CHOICE_END - GL_CHOICE_MESSAGE };
    const char *names[COUNT];
    gl_json value, found[COUNT];
    for (size_t i = 0; i < COUNT; i++) names[i] = wanted[GL_CHOICE_MESSAGE + i].name;
    gl_json_iter iter = gl_json_begin(choices);
    for (bool first = true; gl_json_next(&iter, NULL, &value); first = false) {
        if (first) continue;
        gl_json_get_many(value, names, found, COUNT);
        gl_choice choice = choice_of(value, found);
        if (root->failed.kind == GL_JSON_NONE && has_failed(&choice)) root->failed = value;
        root->only = false;
        if (choice.finish != GL_FINISH_WELL) root->others_well = false;
    }
}

/* Whether another element stands behind the first of a list. */
static bool has_more(gl_json list, gl_json first)
{
    const char *at = first.text.data + first.text.len;
    while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') at++;
    return at + 1 < list.text.data + list.text.len;
}

static void read_choices(gl_root *root)
{
    gl_json first = root->member[GL_CHOICE], choices = root->member[GL_ROOT_CHOICES];
    root->only = root->others_well = true;
    root->failed.kind = GL_JSON_NONE;
    root->first = choice_of(first, &root->member[GL_CHOICE_MESSAGE]);
    if (first.kind == GL_JSON_NONE) return;
    if (has_failed(&root->first)) root->failed = first;
    if (has_more(choices, first)) read_others(choices, root);
}

gl_json_error gl_root_check(gl_slice text, gl_root *root, size_t *at)
{
    gl_json_error error = gl_json_check_wanted(text, wanted, root->member, GL_ROOT_WANTED, at);
    if (error != GL_JSON_OK)
        for (size_t i = 0; i < GL_ROOT_WANTED; i++) root->member[i].kind = GL_JSON_NONE;
    read_choices(root);
    return error;
}

void gl_root_read(gl_json value, gl_root *root)
{
    (void)gl_root_check(value.kind != GL_JSON_NONE ? value.text : gl_slice_of("", 0), root, NULL);
}
