/* SPDX-License-Identifier: MIT */
/*
 * sampler.h - what turns a request into a sample: OpenAI over HTTP, the local one, a simulator,
 * or the caller's own.
 *
 * A sampler is a const table of functions and a pointer. The engine starts attempts; a sampler
 * ends each of them exactly once. It never sees the engine, and decides no retry.
 */
#ifndef GLIMPSE_SAMPLER_H
#define GLIMPSE_SAMPLER_H

#include <glimpse/endpoint.h>
#include <glimpse/log.h>
#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/sample.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct glimpse_sampler glimpse_sampler;

/* One call of a sampler. Lives from start until glimpse_attempt_done, or until cancel returns. */
typedef struct glimpse_attempt glimpse_attempt;

typedef struct glimpse_sampler_vtable {
    size_t size;      /* REQUIRED: sizeof(glimpse_sampler_vtable) */
    const char *name; /* REQUIRED: for logs, static */
    bool local;       /* results say source "local" and are not cached */
    bool progress;    /* it calls glimpse_attempt_progress: the engine's connect, first-byte and
                       * idle limits apply to its attempts; else only the attempt's and the
                       * request's whole time */
    bool recorded;    /* its answers were got at another time: they say nothing of how the endpoint
                       * is now, so nothing is tried again and no stop or circuit comes of them */

    /* REQUIRED. Called from the loop, never while another start or cancel of this sampler is on
     * the stack. Must lead to one glimpse_attempt_done, inside start or later. */
    void (*start)(void *self, glimpse_attempt *attempt);

    /* Optional for a sampler that always ends inside start. The attempt is gone when cancel
     * returns: no glimpse_attempt_done for it after that. Inside cancel one does nothing, for
     * samplers over libraries that end what is cancelled by calling back. */
    void (*cancel)(void *self, glimpse_attempt *attempt);

    /* Optional. Who is asked: base URL, organization, project. Two samplers with different scopes
     * never share a cached answer. Same string each time; NULL and "" are one scope. */
    const char *(*scope)(void *self);

    /* Optional. The last reference is gone; no attempt is running. */
    void (*destroy)(void *self);
} glimpse_sampler_vtable;

/*
 * A sampler of the caller's own.
 *
 *   vtable: copied; not NULL
 *   self: passed to each of its functions
 *   sampler: gets the sampler; not NULL
 *   problem: says why it was refused; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM: self stays the caller's then
 *   Owner: the caller's, one reference: glimpse_sampler_unref
 *   Calls: the table's destroy when the last reference is gone
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_sampler_new(const glimpse_sampler_vtable *vtable, void *self,
                                              glimpse_sampler **sampler, glimpse_problem *problem);

/*
 * One more owner.
 *
 *   sampler: not NULL
 *   Returns: the sampler itself
 *   Owner: the caller's, one reference: glimpse_sampler_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_sampler *glimpse_sampler_ref(glimpse_sampler *sampler);

/*
 * One owner less; the last one frees it.
 *
 *   sampler: NULL is fine
 *   Calls: the table's destroy when it was the last
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_sampler_unref(glimpse_sampler *sampler);

/*
 * The name that its table has.
 *
 *   sampler: not NULL
 *   Returns: the table's own string
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_sampler_name(const glimpse_sampler *sampler);

/* --- what an attempt is about: borrowed, valid as long as the attempt ------------------------ */

/*
 * The chat-completions body (a draft's was written at submit).
 *
 *   attempt: not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: borrowed, as long as the attempt; NUL terminated
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_attempt_body(const glimpse_attempt *attempt, size_t *len);

/*
 * The path below the base URL.
 *
 *   attempt: not NULL
 *   Returns: "/chat/completions" and the like, borrowed, as long as the attempt
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_attempt_path(const glimpse_attempt *attempt);

/*
 * Which attempt of the request it is.
 *
 *   attempt: not NULL
 *   Returns: from 1
 *   Since: 0.1
 */
GLIMPSE_API int glimpse_attempt_number(const glimpse_attempt *attempt);

/*
 * Whether the attempt of this request before this one ended by its connection breaking: a sampler
 * that keeps connections does well to take a new one.
 *
 *   attempt: not NULL
 *   Returns: true: it did
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_attempt_after_reset(const glimpse_attempt *attempt);

/*
 * The id that submit gave the request it belongs to.
 *
 *   attempt: not NULL
 *   Returns: a glimpse_id
 *   Since: 0.1
 */
GLIMPSE_API uint64_t glimpse_attempt_request(const glimpse_attempt *attempt);

/*
 * Whether the body asks for a stream ("stream":true), so that glimpse_attempt_text is of use.
 *
 *   attempt: not NULL
 *   Returns: true: it does
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_attempt_is_stream(const glimpse_attempt *attempt);

/* What is to be sampled, in words: a draft's parts, or of a raw body the last user message (goal
 * and constraints then ""). Never NULL; may hold NUL bytes. Never grows. */
typedef struct glimpse_words {
    const char *input, *goal, *constraints;
    size_t input_len, goal_len, constraints_len;
} glimpse_words;

/*
 * What is to be sampled, in words.
 *
 *   attempt: not NULL
 *   words: gets them, borrowed, as long as the attempt
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_words(const glimpse_attempt *attempt, glimpse_words *words);

/*
 * Why the fallback is asked.
 *
 *   attempt: not NULL
 *   status: gets the failed request's status; may be NULL
 *   message: gets its sentence, borrowed, as long as the attempt; may be NULL
 *   Returns: false when this attempt is no fallback: nothing is written
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_attempt_fallback(const glimpse_attempt *attempt, glimpse_status *status,
                                          const char **message);

/*
 * Keeps a pointer of the sampler's own with the attempt.
 *
 *   attempt: not NULL
 *   data: any; never freed here
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_set_data(glimpse_attempt *attempt, void *data);

/*
 * The pointer that was kept.
 *
 *   attempt: not NULL
 *   Returns: NULL at start
 *   Since: 0.1
 */
GLIMPSE_API void *glimpse_attempt_data(const glimpse_attempt *attempt);

/* --- what a sampler says about it ------------------------------------------------------------ */

typedef enum glimpse_progress {
    GLIMPSE_PROGRESS_CONNECTED,  /* there is a connection: the connect limit is off */
    GLIMPSE_PROGRESS_SENT,       /* the request goes out: the server may count it */
    GLIMPSE_PROGRESS_FIRST_BYTE, /* the answer begins: the first-byte limit is off */
    GLIMPSE_PROGRESS_BYTES,      /* more of it came: the idle limit starts again */
    GLIMPSE_PROGRESS_CHUNK,      /* the first piece of a stream came, whatever it holds */
    GLIMPSE_PROGRESS_REASONING   /* a piece of a stream's reasoning came, which is no text of the
                                  * answer but as much an arrival as that */
} glimpse_progress;

/*
 * Says how far the attempt is. Cheap: stores a time, which the engine's time limits look at when
 * they are due.
 *
 *   attempt: not NULL
 *   progress: what happened now
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_progress(glimpse_attempt *attempt, glimpse_progress progress);

/*
 * Says that the attempt opened a connection of its own, and how long that took. The ledger of the
 * result keeps it.
 *
 *   attempt: not NULL
 *   opening: copied; not NULL
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_opened(glimpse_attempt *attempt, const glimpse_opening *opening);

/*
 * The next piece of a streamed answer's text. Only for an attempt that is a stream (else, and for
 * an empty piece, nothing happens). The sample that ends the attempt holds the whole text all the
 * same.
 *
 *   attempt: not NULL
 *   piece: whole UTF-8 characters; copied
 *   len: its bytes, from 0
 *   Returns: GLIMPSE_OK; OOM: the sampler ends the attempt with it
 *   Calls: nothing inside; on_text from the engine's next turn
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_attempt_text(glimpse_attempt *attempt, const char *piece,
                                               size_t len);

/*
 * Says what had come of a response when the attempt was taken away; only inside cancel, and only
 * when its status line is there. The ledger of the result keeps it.
 *
 *   attempt: not NULL
 *   http_status: 100 to 599
 *   request_id: copied; may be NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_came(glimpse_attempt *attempt, int http_status,
                                      const char *request_id);

/* What an answer's headers said of one rate limit: requests or tokens a minute, what remained,
 * milliseconds until it is full again; -1 for what they did not say. Never grows. */
typedef struct glimpse_rate_limit {
    int64_t limit, remaining, reset_ms;
} glimpse_rate_limit;

/* How an attempt ended. All of it is borrowed during glimpse_attempt_done and copied there. */
typedef struct glimpse_outcome {
    size_t size;               /* set by glimpse_outcome_init */
    glimpse_error error;       /* GLIMPSE_OK: sample is an answer */
    const char *error_code;    /* the endpoint's own code, or NULL */
    const char *error_message; /* one sentence without a secret, or NULL */
    int64_t retry_after_ms;    /* what the server asked to wait, -1 when it did not */
    int should_retry;          /* 1 or 0: the server said so in x-should-retry; -1: it did not */
    int error_status;          /* the HTTP status a failure is judged by, where that is not the
                                * response's own: an error within a 200, or a request that is too
                                * long whichever status says so; 0 elsewhere */
    bool complete;             /* an answer that may be cached: whole, not cut by a limit */
    bool no_done;              /* a stream that was whole and did not announce its end */
    glimpse_rate_limit requests, tokens, project_tokens;
    glimpse_sample_fields sample;
    bool empty;  /* an answer that says nothing: no text, no call, no image; never complete */
    bool reused; /* it went out on a connection that had carried another before it: when that ends
                  * before a byte of a response, the engine asks again at once */
} glimpse_outcome;

/*
 * Writes the defaults. For the init function below, and for a caller in another language, which
 * sets the sizes itself.
 *
 *   outcome: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_outcome_defaults(glimpse_outcome *outcome);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   outcome: not NULL
 *   Since: 0.1
 */
static inline void glimpse_outcome_init(glimpse_outcome *outcome)
{
    outcome->size = sizeof *outcome;
    outcome->sample.size = sizeof outcome->sample;
    glimpse_outcome_defaults(outcome);
}

/*
 * Ends the attempt, exactly once, inside start or later, from the loop.
 *
 *   attempt: gone afterwards
 *   outcome: set up by glimpse_outcome_init; copied
 *   Calls: nothing of the caller's inside but the log's function; on_result later
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_done(glimpse_attempt *attempt, const glimpse_outcome *outcome);

/* --- ours ------------------------------------------------------------------------------------ */

/*
 * A sampler that asks an endpoint.
 *
 *   base: the caller's loop; it outlives what is made here; not NULL
 *   endpoint: set up by glimpse_endpoint_init; borrowed during the call
 *   log: where events go; NULL = nowhere; copied
 *   sampler: gets the sampler; not NULL
 *   problem: says why it was refused; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM, SETUP
 *   Owner: the caller's, one reference: glimpse_sampler_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_openai_sampler_new(struct event_base *base,
                                                     const glimpse_endpoint *endpoint,
                                                     const glimpse_logger *log,
                                                     glimpse_sampler **sampler,
                                                     glimpse_problem *problem);

/*
 * The local sampler: deterministic, no model asked. Also the essence-only fallback
 * (docs/playbook.md section 4).
 *
 *   sampler: gets the sampler; not NULL
 *   Returns: GLIMPSE_OK; OOM
 *   Owner: the caller's, one reference: glimpse_sampler_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_local_sampler_new(glimpse_sampler **sampler);

#ifdef __cplusplus
}
#endif
#endif
