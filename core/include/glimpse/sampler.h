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

/* A sampler with one owner; the table is copied, self is passed back. Errors: INVALID, OOM (self
 * stays the caller's then). */
GLIMPSE_API glimpse_error glimpse_sampler_new(const glimpse_sampler_vtable *vtable, void *self,
                                              glimpse_sampler **sampler, glimpse_problem *problem);
GLIMPSE_API glimpse_sampler *glimpse_sampler_ref(glimpse_sampler *sampler);
GLIMPSE_API void glimpse_sampler_unref(glimpse_sampler *sampler);
GLIMPSE_API const char *glimpse_sampler_name(const glimpse_sampler *sampler);

/* --- what an attempt is about: borrowed, valid as long as the attempt ------------------------ */

/* The chat-completions body (a draft's was written at submit), the path below the base URL
 * ("/chat/completions"), and which attempt of the request it is, from 1. */
GLIMPSE_API const char *glimpse_attempt_body(const glimpse_attempt *attempt, size_t *len);
GLIMPSE_API const char *glimpse_attempt_path(const glimpse_attempt *attempt);
GLIMPSE_API int glimpse_attempt_number(const glimpse_attempt *attempt);

/* Whether the attempt of this request before this one ended by its connection breaking: a sampler
 * that keeps connections does well to take a new one. */
GLIMPSE_API bool glimpse_attempt_after_reset(const glimpse_attempt *attempt);

/* The id that submit gave the request it belongs to. */
GLIMPSE_API uint64_t glimpse_attempt_request(const glimpse_attempt *attempt);

/* Whether the body asks for a stream ("stream":true), so that glimpse_attempt_text is of use. */
GLIMPSE_API bool glimpse_attempt_is_stream(const glimpse_attempt *attempt);

/* What is to be sampled, in words: a draft's parts, or of a raw body the last user message (goal
 * and constraints then ""). Never NULL; may hold NUL bytes. */
typedef struct glimpse_words {
    const char *input, *goal, *constraints;
    size_t input_len, goal_len, constraints_len;
} glimpse_words;
GLIMPSE_API void glimpse_attempt_words(const glimpse_attempt *attempt, glimpse_words *words);

/* Why the fallback is asked: the failed request's status and its sentence. false when this attempt
 * is no fallback. */
GLIMPSE_API bool glimpse_attempt_fallback(const glimpse_attempt *attempt, glimpse_status *status,
                                          const char **message);

/* A pointer of the sampler's own, NULL at start. */
GLIMPSE_API void glimpse_attempt_set_data(glimpse_attempt *attempt, void *data);
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

/* Cheap: stores a time. The engine's time limits look at it when they are due. */
GLIMPSE_API void glimpse_attempt_progress(glimpse_attempt *attempt, glimpse_progress progress);

/* The attempt opened a connection of its own, which took so long. The ledger of the result keeps
 * it. */
GLIMPSE_API void glimpse_attempt_opened(glimpse_attempt *attempt, const glimpse_opening *opening);

/*
 * The next piece of a streamed answer's text: whole UTF-8 characters, copied. It reaches the caller
 * from the engine's next turn; nothing of the caller's runs inside. Only for an attempt that is a
 * stream (else, and for an empty piece, nothing happens). The sample that ends the attempt holds
 * the whole text all the same. Errors: OOM; the sampler ends the attempt with it.
 */
GLIMPSE_API glimpse_error glimpse_attempt_text(glimpse_attempt *attempt, const char *piece,
                                               size_t len);

/* What had come of a response when the attempt was taken away; only inside cancel, and only when
 * its status line is there. request_id may be NULL. The ledger of the result keeps it. */
GLIMPSE_API void glimpse_attempt_came(glimpse_attempt *attempt, int http_status,
                                      const char *request_id);

/* What an answer's headers said of one rate limit: requests or tokens a minute, what remained,
 * milliseconds until it is full again; -1 for what they did not say. */
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

GLIMPSE_API void glimpse_outcome_defaults(glimpse_outcome *outcome);

static inline void glimpse_outcome_init(glimpse_outcome *outcome)
{
    outcome->size = sizeof *outcome;
    outcome->sample.size = sizeof outcome->sample;
    glimpse_outcome_defaults(outcome);
}

/* Ends the attempt, exactly once; the attempt is gone afterwards. No callback of the caller's runs
 * inside but that of the log. */
GLIMPSE_API void glimpse_attempt_done(glimpse_attempt *attempt, const glimpse_outcome *outcome);

/* --- ours ------------------------------------------------------------------------------------ */

/*
 * A sampler that asks an endpoint, on the caller's base, which must outlive it. log NULL = silence.
 * Errors: INVALID (problem, which may be NULL, says why), OOM, SETUP.
 */
GLIMPSE_API glimpse_error glimpse_openai_sampler_new(struct event_base *base,
                                                     const glimpse_endpoint *endpoint,
                                                     const glimpse_logger *log,
                                                     glimpse_sampler **sampler,
                                                     glimpse_problem *problem);

/* The local sampler: deterministic, no model asked. Also the essence-only fallback of the
 * docs/playbook.md section 4. A new reference to a new sampler. Errors: OOM. */
GLIMPSE_API glimpse_error glimpse_local_sampler_new(glimpse_sampler **sampler);

#ifdef __cplusplus
}
#endif
#endif
