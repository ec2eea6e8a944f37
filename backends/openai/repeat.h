/*
 * repeat.h - an event of a stream that is the one before it but for its text: found by comparing
 * bytes, where reading it again would find the same. Pure.
 *
 * Most servers send the same JSON for each token, with another text in one place; OpenAI adds
 * padding in a second. Such an event is JSON when these strings are, since the rest was checked in
 * the event before.
 */
#ifndef GL_OPENAI_REPEAT_H
#define GL_OPENAI_REPEAT_H

#include "base/buf.h"
#include "base/json.h"

/* The bytes around the strings that are kept. A chunk has 200 to 400. */
#define GL_REPEAT_MAX 4096

typedef struct gl_repeat {
    gl_buf around;  /* the bytes outside the strings, their quotes included; empty: no event */
    size_t ends[2]; /* where a string stands: after so many of them */
    size_t count;   /* strings: 1 or 2 */
    size_t text;    /* which of them is the text */
} gl_repeat;

void gl_repeat_init(gl_repeat *repeat);
void gl_repeat_free(gl_repeat *repeat);

/* Keeps a checked event, of which two strings in it may differ in the next: `text`, and `padding`
 * (NONE: it has none). One with more than GL_REPEAT_MAX bytes around them is not kept. false: out
 * of memory. */
bool gl_repeat_keep(gl_repeat *repeat, gl_slice event, gl_json text, gl_json padding);
void gl_repeat_forget(gl_repeat *repeat);

/* Returns the text of an event that is the kept one but for its strings, which are checked; NONE:
 * it is another event, or no JSON. */
gl_json gl_repeat_find(const gl_repeat *repeat, gl_slice event);

#endif
