/*
 * pack.h - packing (docs/playbook.md section 5): which drafts may share a request, what its answer
 * says to each, and whose share of the usage is whose. Pure.
 *
 * The request itself is written by gl_prompt_write_pack.
 */
#ifndef GL_POLICY_PACK_H
#define GL_POLICY_PACK_H

#include <glimpse/packing.h>
#include <glimpse/result.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"

/* --- who shares a request --- */

/* What the drafts of a pack have in common. */
typedef struct gl_pack_terms {
    gl_slice goal, constraints, model;
    double temperature;
    int64_t max_tokens;
    unsigned priority;
} gl_pack_terms;

bool gl_pack_same(const gl_pack_terms *a, const gl_pack_terms *b);
uint64_t gl_pack_hash(const gl_pack_terms *terms);

/* What a pack holds already. */
typedef struct gl_pack_load {
    size_t drafts, chars; /* code points of their inputs */
} gl_pack_load;

/* Whether a draft with this many code points of input fits as well, and each could still have
 * max_tokens of answer. A draft that does not fit an empty pack is not packed at all. */
bool gl_pack_takes(const glimpse_packing *rules, gl_pack_load load, size_t chars,
                   int64_t max_tokens);

/* Tokens of answer that a pack of so many asks for: what each may have, and the JSON around it. */
int64_t gl_pack_max_tokens(size_t drafts, int64_t max_tokens);

/* --- what the answer says --- */

typedef enum gl_pack_verdict {
    GL_PACK_MISSING,   /* no answer to this one */
    GL_PACK_OK,        /* exactly one, with text */
    GL_PACK_MALFORMED, /* no text, an empty one, or one that is not UTF-8 */
    GL_PACK_DUPLICATE  /* more than one answer: none of them is believed */
} gl_pack_verdict;

typedef struct gl_pack_item {
    gl_pack_verdict verdict;
    gl_json text; /* OK: a JSON string within the answer */
} gl_pack_item;

typedef struct gl_pack_split {
    size_t ok;      /* items with that verdict */
    size_t ignored; /* elements with no number, or one that nobody has */
    bool is_list;   /* the answer was JSON and held a list */
} gl_pack_split;

/*
 * Reads {"answers":[{"n":1,"text":"..."},...]}, or the list alone, a code fence around it or not,
 * in any order; items[n - 1] gets the verdict on number n, of count. cut: the answer ended at its
 * token limit, so that it may break off anywhere; only elements that are whole are read, in a copy
 * that is made in scratch. items point into text or scratch.
 */
gl_pack_split gl_pack_read(gl_slice text, bool cut, gl_buf *scratch, gl_pack_item *items,
                           size_t count);

/* --- whose usage --- */

/* Divides total by weights so that the shares sum to it exactly: rounded down, and what is left
 * goes to the largest remainders, the earlier first among equals. A total below 0 is not known, and
 * no share is. Weights are at most 2^24 and count at most
 * GLIMPSE_PACK_DRAFTS_MAX. */
void gl_pack_share(int64_t total, const uint64_t *weights, size_t count, int64_t *shares);

/* --- one draft's own answer --- */

/* What of the pack's answer goes into each draft's. */
typedef struct gl_pack_part {
    gl_json whole; /* the pack's answer, checked; NONE when it is not JSON */
    gl_slice text, model;
    glimpse_usage usage;
} gl_pack_part;

/* The draft's chat.completion, as it would have been had it been asked alone: the pack's id,
 * creation time and fingerprint, its own text and usage. */
void gl_pack_write_answer(const gl_pack_part *part, gl_buf *out);

#endif
