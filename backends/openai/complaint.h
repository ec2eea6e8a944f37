/*
 * complaint.h - what an endpoint says about a failure, wherever it put it. Pure. The shapes are
 * those of docs/internals/decode.md; a body and an event of a stream are judged alike.
 */
#ifndef GL_OPENAI_COMPLAINT_H
#define GL_OPENAI_COMPLAINT_H

#include "base/json.h"

typedef struct gl_complaint {
    gl_json message, code, type, param; /* NONE where it does not say */
    gl_json place;                      /* of what is complained of, such as ["body","model"] */
    int status;                         /* that a number only this server has stands for; 0: none */
} gl_complaint;

/* What this value, which is known to be about a failure, says. */
gl_complaint gl_complaint_read(gl_json root);

/* The part of a successful response, or of one of its events, that makes it a failure all the same:
 * the value itself, or a choice that failed. NONE: there is none. */
gl_json gl_complaint_find(gl_json root);

#endif
