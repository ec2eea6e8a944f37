/*
 * complaint.h - finds an endpoint's description of a failure, in any of its places. Pure. The
 * shapes are those of docs/internals/decode.md; a body and an event of a stream are judged alike.
 */
#ifndef GL_OPENAI_COMPLAINT_H
#define GL_OPENAI_COMPLAINT_H

#include "base/json.h"
#include "openai/root.h"

typedef struct gl_complaint {
    gl_json message, code, type, param; /* NONE where there is none */
    gl_json place;                      /* the place of the fault, such as ["body","model"] */
    int status; /* the status of a number that only this server uses; 0: none */
} gl_complaint;

/* Reads a value that is known to describe a failure. */
gl_complaint gl_complaint_read(gl_json root);

/* Returns the part of a successful response, or of one of its events, that makes it a failure all
 * the same: the value itself, or a choice that failed. NONE: there is none. */
gl_json gl_complaint_find(const gl_root *root);

#endif
