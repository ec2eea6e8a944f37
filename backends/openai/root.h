/*
 * root.h - the members of an answer, or of an event of a stream, that anybody asks for: found in
 * the walk that checks the text, for the search for an error (complaint.h) and for the reading of
 * the answer (answer.c). Pure; all are slices of a checked text.
 */
#ifndef GL_OPENAI_ROOT_H
#define GL_OPENAI_ROOT_H

#include "base/json.h"
#include "openai/finish.h"

typedef enum gl_root_member {
    GL_ROOT_VALUE, /* the root itself */
    GL_ROOT_ERROR,
    GL_ROOT_OBJECT,
    GL_ROOT_TYPE,
    GL_ROOT_DETAIL,
    GL_ROOT_ERRORS,
    GL_ROOT_MESSAGE,
    GL_ROOT_MSG,
    GL_ROOT_CODE,
    GL_ROOT_ERROR_MSG,
    GL_ROOT_ERROR_CODE,
    GL_ROOT_BASE_RESP,
    GL_ROOT_CHOICES,
    GL_ROOT_OUTPUT,
    GL_ROOT_DATA,
    GL_ROOT_ID,
    GL_ROOT_MODEL,
    GL_ROOT_USAGE,
    GL_ROOT_STATUS,
    GL_ROOT_INCOMPLETE_DETAILS,
    GL_ROOT_X_GROQ,
    GL_ROOT_SERVICE_TIER,
    GL_ROOT_MEMBERS,

    GL_CHOICE = GL_ROOT_MEMBERS, /* the first of the choices */
    GL_CHOICE_MESSAGE,
    GL_CHOICE_TEXT,
    GL_CHOICE_USAGE,
    GL_CHOICE_ERROR,
    GL_CHOICE_FINISH_REASON,
    GL_CHOICE_END,

    GL_MESSAGE_CONTENT = GL_CHOICE_END, /* of its message */
    GL_MESSAGE_REFUSAL,
    GL_MESSAGE_TOOL_CALLS,
    GL_MESSAGE_FUNCTION_CALL,
    GL_MESSAGE_AUDIO,
    GL_MESSAGE_IMAGES,
    GL_MESSAGE_END,

    GL_USAGE_PROMPT_TOKENS = GL_MESSAGE_END, /* of the root's usage */
    GL_USAGE_COMPLETION_TOKENS,
    GL_USAGE_TOTAL_TOKENS,
    GL_USAGE_INPUT_TOKENS,
    GL_USAGE_OUTPUT_TOKENS,
    GL_USAGE_PROMPT_DETAILS,
    GL_USAGE_INPUT_DETAILS,
    GL_USAGE_END,

    GL_USAGE_PROMPT_CACHED = GL_USAGE_END, /* of its details */
    GL_USAGE_INPUT_CACHED,
    GL_ROOT_WANTED
} gl_root_member;

/* A choice of a completion. NONE: it does not have it, or is no object. */
typedef struct gl_choice {
    gl_json value, message, text, usage, error, finish_reason;
    gl_finish finish;
} gl_choice;

typedef struct gl_root {
    gl_json member[GL_ROOT_WANTED]; /* NONE: it is not there */
    gl_choice first;                /* of the choices; its value is NONE: there is none */
    gl_json failed;                 /* the first choice that is a failure; NONE: none is */
    bool only;                      /* no choice stands behind the first */
    bool others_well;               /* and those that do have ended well */
} gl_root;

/* Checks a text (gl_json_check) and reads it. Where it fails, the root is NONE and has nothing in
 * it. */
gl_json_error gl_root_check(gl_slice text, gl_root *root, size_t *at);

/* Reads a checked value; all that is no object, or NONE, has nothing in it. */
void gl_root_read(gl_json value, gl_root *root);

/* Returns true when a member that belongs to failures has a content; some servers always send it,
 * empty. */
bool gl_root_tells(gl_json value);

#endif
