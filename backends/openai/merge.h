/*
 * merge.h - the chunks of a streamed completion, merged into the completion they are parts of.
 * Pure.
 *
 * By choice and, in it, by tool call; text is concatenated, of what is known besides the first or
 * the last word stands, and what is not known is kept (docs/internals/streaming.md). Time linear in
 * the bytes of the chunks; a chunk of known members is walked once and allocates only to grow.
 */
#ifndef GL_OPENAI_MERGE_H
#define GL_OPENAI_MERGE_H

#include "base/buf.h"
#include "base/json.h"
#include "openai/members.h"

/* Choices of a completion, and tool calls of a choice, at the most: OpenAI's limit for n, and for
 * the tools of a request. */
#define GL_MERGE_MAX 128

typedef struct gl_merge_choice gl_merge_choice;

/* Strings are kept as they stand in the JSON, escapes and all, so that halves of a surrogate pair
 * that came in two chunks are one character in the end. */
typedef struct gl_merge {
    gl_buf id, created, model, tier, fingerprint, usage; /* JSON values; empty = not given */
    gl_members others;                                   /* what else is said of it */
    gl_members_pool pool;
    gl_merge_choice *choices; /* in the order of their index */
    size_t count, capacity;
    gl_buf text;     /* of choice 0, as UTF-8: grows by whole characters */
    size_t decoded;  /* bytes of its JSON that are in text */
    size_t reasoned; /* chunks that held reasoning */
    bool failed;     /* out of memory */
} gl_merge;

typedef enum gl_merge_result { GL_MERGE_OK, GL_MERGE_ODD, GL_MERGE_OOM } gl_merge_result;

void gl_merge_init(gl_merge *merge);
void gl_merge_reset(gl_merge *merge);
void gl_merge_free(gl_merge *merge);

/* One chunk, a checked object. ODD: it has not the form of one. What is not known is kept. */
gl_merge_result gl_merge_add(gl_merge *merge, gl_json chunk);

/* Whether there are at least so many choices (1 at least), and all have their finish_reason. */
bool gl_merge_finished(const gl_merge *merge, size_t choices);

/* The completion, as far as it came; look at out->failed. */
void gl_merge_write(const gl_merge *merge, gl_buf *out);

#endif
