/*
 * pack.h - packing (docs/playbook.md section 5): which drafts may share a request, which element of
 * its answer is for which draft, and how its usage is shared. Pure.
 *
 * gl_prompt_write_pack writes the request itself.
 */
#ifndef GL_POLICY_PACK_H
#define GL_POLICY_PACK_H

#include <glimpse/packing.h>
#include <glimpse/result.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"

/* --- sharing a request --- */

/* The terms that the drafts of a pack have in common. */
typedef struct gl_pack_terms {
    gl_slice goal, constraints, model;
    double temperature;
    int64_t max_tokens;
    unsigned priority;
} gl_pack_terms;

bool gl_pack_same(const gl_pack_terms *a, const gl_pack_terms *b);
uint64_t gl_pack_hash(const gl_pack_terms *terms);

/* The drafts that a pack holds already. */
typedef struct gl_pack_load {
    size_t drafts, chars; /* code points of their inputs */
} gl_pack_load;

/* Returns true when a draft with this many code points of input fits as well, and each draft could
 * still have max_tokens of answer. A draft that does not fit an empty pack is not packed at all. */
bool gl_pack_takes(const glimpse_packing *rules, gl_pack_load load, size_t chars,
                   int64_t max_tokens);

/* Returns the tokens of answer that a pack of so many asks for: each draft's, and the JSON around
 * them. */
int64_t gl_pack_max_tokens(size_t drafts, int64_t max_tokens);

/* --- reading the answer --- */

typedef enum gl_pack_verdict {
    GL_PACK_MISSING,   /* no element for this number */
    GL_PACK_OK,        /* exactly one element, with text */
    GL_PACK_MALFORMED, /* without text, or with an empty one, or not UTF-8 */
    GL_PACK_DUPLICATE  /* more than one element: none is believed */
} gl_pack_verdict;

typedef struct gl_pack_item {
    gl_pack_verdict verdict;
    gl_json text; /* OK: a JSON string within the answer */
} gl_pack_item;

typedef struct gl_pack_split {
    size_t ok;      /* items whose verdict is OK */
    size_t ignored; /* elements without a number, or with one that no draft has */
    bool is_list;   /* the answer was JSON with a list */
} gl_pack_split;

/*
 * Reads {"answers":[{"n":1,"text":"..."},...]}, or the list alone, with or without a code fence, in
 * any order; items[n - 1] gets the verdict on number n, of count. cut: the answer ended at its
 * token limit and may break off anywhere; only whole elements are read, in a copy in scratch. items
 * point into text or scratch.
 */
gl_pack_split gl_pack_read(gl_slice text, bool cut, gl_buf *scratch, gl_pack_item *items,
                           size_t count);

/* --- sharing the usage --- */

/* Divides total by weights so that the shares sum to it exactly: rounded down, and the rest goes to
 * the largest remainders, the earlier first among equals. A total below 0 is not known, and no
 * share is. Weights are at most 2^24, their number at most GLIMPSE_PACK_DRAFTS_MAX. */
void gl_pack_share(int64_t total, const uint64_t *weights, size_t count, int64_t *shares);

/* --- one draft's own answer --- */

/* The parts of the pack's answer that go into each draft's. */
typedef struct gl_pack_part {
    gl_json whole; /* the pack's answer, checked; NONE when it is not JSON */
    gl_slice text, model;
    glimpse_usage usage;
} gl_pack_part;

/* Writes the draft's chat.completion as if it had been asked alone: the pack's id, creation time
 * and fingerprint, its own text and usage. */
void gl_pack_write_answer(const gl_pack_part *part, gl_buf *out);

#endif
