/*
 * root.h - the members of the root of an answer, or of an event of a stream: found in one walk, for
 * the search for an error (complaint.h) and for the reading of the answer (answer.c). Pure; all are
 * slices of a checked text.
 */
#ifndef GL_OPENAI_ROOT_H
#define GL_OPENAI_ROOT_H

#include "base/json.h"
#include "openai/finish.h"

typedef enum gl_root_member {
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
    GL_ROOT_MEMBERS
} gl_root_member;

/* A choice of a completion. NONE: it does not have it, or is no object. */
typedef struct gl_choice {
    gl_json value, message, text, usage, error, finish_reason;
    gl_finish finish;
} gl_choice;

typedef struct gl_root {
    gl_json value;
    gl_json member[GL_ROOT_MEMBERS]; /* NONE: it is not there, or the root is no object */
    gl_choice first;                 /* of the choices; its value is NONE: there is none */
    gl_json failed;                  /* the first choice that is a failure; NONE: none is */
    bool only;                       /* no choice stands behind the first */
    bool others_well;                /* and those that do have ended well */
} gl_root;

/* Reads a checked value; all that is no object, or NONE, has nothing in it. */
void gl_root_read(gl_json value, gl_root *root);

/* Returns true when a member that belongs to failures has a content; some servers always send it,
 * empty. */
bool gl_root_tells(gl_json value);

#endif
