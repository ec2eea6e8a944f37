/*
 * merge.h - merges the chunks of a streamed completion into the whole completion. Pure.
 *
 * Chunks are merged by choice and, in it, by tool call. Text is concatenated; of other known
 * members the first or the last value stands; unknown members are kept
 * (docs/internals/streaming.md). Time is linear in the bytes of the chunks; a chunk of known
 * members is walked once and allocates only to grow.
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

/* Strings are kept with their JSON escapes, so that halves of a surrogate pair that came in two
 * chunks are one character in the end. */
typedef struct gl_merge {
    gl_buf id, created, model, tier, fingerprint, usage; /* JSON values; empty = not given */
    gl_members others;                                   /* its other members */
    gl_members_pool pool;
    gl_merge_choice *choices; /* in the order of their index */
    size_t count, capacity;
    gl_buf text;            /* of choice 0, as UTF-8: grows by whole characters */
    size_t decoded;         /* bytes of the JSON text that are in text */
    size_t reasoned;        /* chunks that held reasoning */
    gl_json alone, padding; /* see gl_merge_alone */
    int64_t alone_index;
    bool failed; /* out of memory */
} gl_merge;

typedef enum gl_merge_result { GL_MERGE_OK, GL_MERGE_ODD, GL_MERGE_OOM } gl_merge_result;

void gl_merge_init(gl_merge *merge);
void gl_merge_reset(gl_merge *merge);
void gl_merge_free(gl_merge *merge);

/* Adds one chunk, a checked object. ODD: it has not the form of a chunk. Unknown members are
 * kept. */
gl_merge_result gl_merge_add(gl_merge *merge, gl_json chunk);

/* Returns the text of the last chunk if that is all that the same chunk with another text would
 * add, a string in that chunk; NONE: there would be more. *padding gets a string that adds nothing,
 * or NONE. */
gl_json gl_merge_alone(const gl_merge *merge, gl_json *padding);

/* Adds the text, a checked string, of a chunk that is the last one but for its text. Only where
 * gl_merge_alone has one. */
gl_merge_result gl_merge_add_alone(gl_merge *merge, gl_json text);

/* Returns true when there are at least so many choices (1 at least), and all have their
 * finish_reason. */
bool gl_merge_finished(const gl_merge *merge, size_t choices);

/* Writes the completion so far; check out->failed. */
void gl_merge_write(const gl_merge *merge, gl_buf *out);

#endif
