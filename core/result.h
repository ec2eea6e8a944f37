/* result.h - glimpse_result while the engine fills it in; immutable after delivery. */
#ifndef GL_RESULT_H
#define GL_RESULT_H

#include <glimpse/cache.h>
#include <glimpse/engine.h>
#include <glimpse/result.h>

#include "base/buf.h"
#include "endpoint_name.h"

/* The attempts that the ledger keeps: max_attempts may be 1000, and a request that fails so often
 * says nothing new. */
#define GL_LEDGER_MAX 32
/* Bytes of an attempt's message that are kept: the difference between two failures is at the
 * front. */
#define GL_LEDGER_WORDS_MAX 200

typedef struct gl_ledger_entry {
    glimpse_attempt_record record; /* request_id points into response, or is "" */
    glimpse_sample *response;      /* owned; may be NULL */
    char *message;                 /* owned; NULL: no message, or no memory for it */
    gl_endpoint_name *endpoint;    /* owned; NULL: there is no pool */
} gl_ledger_entry;

struct glimpse_result {
    size_t owners;
    glimpse_id id;
    glimpse_status status;
    glimpse_error error;
    glimpse_source source;
    bool stale, has_key, circuit_open, no_done, empty;
    bool kept;      /* given to the cache or the store */
    int64_t age_ms; /* of a stored answer; -1: of none */
    int thresholds_crossed;
    int attempts;                           /* requests sent */
    int pack_drafts;                        /* drafts that shared one of them; 0: none was shared */
    unsigned ledger_count, ledger_capacity; /* entries of the ledger, and room for them */
    glimpse_key key;
    char *error_code, *error_message; /* one block, owned by error_code; NULL = the table's texts */
    glimpse_sample *sample;           /* the answer or the fallback's; may be NULL */
    glimpse_sample *response;         /* the last response of the network; may be NULL */
    gl_endpoint_name
        *endpoint; /* of the last attempt, a leader's too; owned; NULL: none, or no pool */
    gl_endpoint_name
        *left_out;    /* of a failure: one whose key is stopped; owned; NULL: none, or no pool */
    gl_buf *partial;  /* text of a stream that failed; NULL: none */
    gl_buf *arrivals; /* int64_t each; NULL: none, or not asked for */
    glimpse_timings timings;
    gl_ledger_entry *ledger; /* &first until there is a second */
    gl_ledger_entry first;
};

glimpse_result *gl_result_new(void); /* one owner; NULL: out of memory */

/* An empty buffer in memory of its own, for text that most requests do not have. NULL: out of
 * memory. */
gl_buf *gl_result_buf_new(size_t max);
void gl_result_buf_free(gl_buf *buf); /* NULL is fine */

/* What it holds; NULL: nothing. */
static inline gl_slice gl_result_held(const gl_buf *buf)
{
    return buf != NULL && buf->len != 0 ? gl_buf_slice(buf) : gl_slice_of("", 0);
}

/* Adds to the ledger, and drops the oldest attempt when it is full. Takes over the reference to
 * response; copies the record's message (NULL: none), as far as it is kept. Without memory for a
 * second entry it keeps only the last. */
void gl_result_add_attempt(glimpse_result *result, const glimpse_attempt_record *record,
                           glimpse_sample *response);

/* Names the endpoint of the attempt that was added last, with an owner more. NULL is fine. */
void gl_result_set_endpoint(glimpse_result *result, gl_endpoint_name *endpoint);

/* Returns the message of the last attempt in the ledger; "" when there is none. */
const char *gl_result_last_words(const glimpse_result *result);

/* Copies the answer or the failure from one result to another. Attempts and times stay each one's
 * own. */
void gl_result_share(glimpse_result *to, const glimpse_result *from);

/* Sets the error. code and message may be NULL; they are copied, and the table's texts stand in
 * when there is no memory for them. */
void gl_result_set_error(glimpse_result *result, glimpse_error error, const char *code,
                         const char *message);

#endif
