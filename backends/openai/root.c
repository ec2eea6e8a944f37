/*
 * root.c - see root.h. Owns nothing. Decides the error of a choice that failed, and nothing else.
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

static void read_choice(gl_json value, gl_choice *choice)
{
    enum { MESSAGE, TEXT, USAGE, ERROR, FINISH_REASON, COUNT };
    static const char *const names[COUNT] = { "message", "text", "usage", "error",
                                              "finish_reason" };
    gl_json found[COUNT];
    gl_json_get_many(value, names, found, COUNT);
    *choice = (gl_choice){ .value = value,
                           .message = found[MESSAGE],
                           .text = found[TEXT],
                           .usage = found[USAGE],
                           .error = found[ERROR],
                           .finish_reason = found[FINISH_REASON],
                           .finish = gl_finish_of(found[FINISH_REASON]) };
}

/* OpenRouter's: the response is one, but a choice of it is {"finish_reason":"error","error":{...}};
 * DeepSeek's and others': it ended with a name for a failure. */
static bool has_failed(const gl_choice *choice)
{
    return choice->value.kind == GL_JSON_OBJECT &&
           (gl_root_tells(choice->error) || choice->finish == GL_FINISH_FAILED);
}

static void read_choices(gl_json choices, gl_root *root)
{
    gl_json value;
    gl_choice choice;
    if (choices.kind != GL_JSON_ARRAY) return;
    for (gl_json_iter iter = gl_json_begin(choices); gl_json_next(&iter, NULL, &value);) {
        read_choice(value, &choice);
        if (root->failed.kind == GL_JSON_NONE && has_failed(&choice)) root->failed = value;
        if (root->first.value.kind == GL_JSON_NONE) {
            root->first = choice;
            continue;
        }
        root->only = false;
        if (choice.finish != GL_FINISH_WELL) root->others_well = false;
    }
}

void gl_root_read(gl_json value, gl_root *root)
{
    static const char *const names[GL_ROOT_MEMBERS] = {
        [GL_ROOT_ERROR] = "error",
        [GL_ROOT_OBJECT] = "object",
        [GL_ROOT_TYPE] = "type",
        [GL_ROOT_DETAIL] = "detail",
        [GL_ROOT_ERRORS] = "errors",
        [GL_ROOT_MESSAGE] = "message",
        [GL_ROOT_MSG] = "msg",
        [GL_ROOT_CODE] = "code",
        [GL_ROOT_ERROR_MSG] = "error_msg",
        [GL_ROOT_ERROR_CODE] = "error_code",
        [GL_ROOT_BASE_RESP] = "base_resp",
        [GL_ROOT_CHOICES] = "choices",
        [GL_ROOT_OUTPUT] = "output",
        [GL_ROOT_DATA] = "data",
        [GL_ROOT_ID] = "id",
        [GL_ROOT_MODEL] = "model",
        [GL_ROOT_USAGE] = "usage",
        [GL_ROOT_STATUS] = "status",
        [GL_ROOT_INCOMPLETE_DETAILS] = "incomplete_details",
        [GL_ROOT_X_GROQ] = "x_groq",
    };
    *root = (gl_root){ .value = value, .only = true, .others_well = true };
    gl_json_get_many(value, names, root->member, GL_ROOT_MEMBERS);
    read_choices(root->member[GL_ROOT_CHOICES], root);
}
