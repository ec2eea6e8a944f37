/* SPDX-License-Identifier: MIT */
/*
 * sampler.h - a sampler turns a request into a sample: OpenAI over HTTP, the local one, a
 * simulator, or the caller's own.
 *
 * A sampler is a const table of functions and a pointer. The engine starts attempts; a sampler
 * ends each of them exactly once. It never sees the engine, and decides no retry.
 *
 * A smallest sampler, whose attempts end inside start:
 *
 *     static void start(void *self, glimpse_attempt *attempt)
 *     {
 *         glimpse_outcome outcome;
 *         glimpse_outcome_init(&outcome);
 *         outcome.sample.text = "an answer"; // text_len stays 0: strlen
 *         outcome.complete = true;           // it may be cached
 *         glimpse_attempt_done(attempt, &outcome);
 *     }
 *     static const glimpse_sampler_vtable table = {
 *         .size = sizeof(glimpse_sampler_vtable), .name = "mine", .start = start
 *     };
 *
 * glimpse_sampler_new makes the sampler of the table, and glimpse_config.sampler takes it.
 *
 * A sampler whose attempts end later keeps with each the handle of its work, and gives the work up
 * in cancel. With a timer of libevent, and the event_base as self:
 *
 *     static void fired(evutil_socket_t fd, short what, void *attempt)
 *     {
 *         event_free(glimpse_attempt_data(attempt));
 *         ... // glimpse_attempt_done as above
 *     }
 *     static void start(void *self, glimpse_attempt *attempt)
 *     {
 *         struct event *timer = evtimer_new(self, fired, attempt);
 *         glimpse_attempt_set_data(attempt, timer);
 *         evtimer_add(timer, &moment);
 *     }
 *     static void cancel(void *self, glimpse_attempt *attempt)
 *     {
 *         event_free(glimpse_attempt_data(attempt)); // it does not fire any more
 *     }
 *
 * docs/examples/own_sampler.c is the whole program.
 *
 * A text of a known length sets text_len to glimpse_length(len): 0 would mean strlen. A text of ""
 * is an answer, which is empty. A text of NULL, the default, is none: with no essence, delta, body
 * or `empty` beside it the outcome counts as one that was never filled in, and fails.
 *
 * For a failure, set outcome.error in place of the text, to the kind that names it best. The
 * `retry` column of GLIMPSE_ERROR_TABLE decides whether the engine makes another attempt: after
 * CONNECT, RESET or TIMEOUT it does, after PROTOCOL once, after INVALID or TLS never. With HTTP,
 * set sample.http_status too; the status decides: 408, 409, 429 and from 500 on (but 501 and 505)
 * are retried. A retry waits for retry_after_ms, if it is set. 401, 402, QUOTA and PROXY stop the
 * engine (glimpse_engine_resume). No connection, no answer in time and statuses from 500 on are
 * evidence against the endpoint, and open the circuit when they go on (glimpse_breaker).
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
    bool local;       /* true: results have source "local" and are not cached */
    bool progress; /* it calls glimpse_attempt_progress: the engine's connect, first-byte and idle
                      limits apply to its attempts; else only the time limits of the whole attempt
                      and request */
    bool recorded; /* its answers are from another time: they say nothing about the endpoint now, so
                      no failure is retried, stops the key or opens the circuit */

    /* REQUIRED. Called from the loop, never inside submit, and never while another start or cancel
     * of this sampler is on the stack. Must lead to one glimpse_attempt_done, inside start or
     * later. */
    void (*start)(void *self, glimpse_attempt *attempt);

    /* REQUIRED unless every attempt ends inside start. The engine takes back an attempt that start
     * began and glimpse_attempt_done has not ended: its request was cancelled, or a time limit
     * passed. The sampler gives up the work and frees what it keeps for the attempt. The attempt is
     * gone when cancel returns: glimpse_attempt_done must not be called for it afterwards, and
     * inside cancel has no effect, for libraries that end a cancelled call by calling back. Called
     * from the loop, and inside glimpse_cancel, glimpse_engine_close and glimpse_engine_free. */
    void (*cancel)(void *self, glimpse_attempt *attempt);

    /* Optional. Identifies the endpoint: base URL, organization, project. Two samplers with
     * different scopes never share a cached answer. It returns the same string each time; NULL and
     * "" are one scope. */
    const char *(*scope)(void *self);

    /* Optional. Called when the last reference is gone; no attempt is running. */
    void (*destroy)(void *self);

    /* Optional. The callers of an attempt cannot take more of its stream now (glimpse/flow.h), or
     * can again. Pausing, the sampler stops taking bytes from the endpoint, so that it stops
     * sending; it may still report those that are on their way, but nothing inside this call.
     * false: it cannot pause this attempt now, and goes on. Called from the loop, and inside
     * functions of <glimpse/engine.h>. */
    bool (*pause)(void *self, glimpse_attempt *attempt, bool paused);
} glimpse_sampler_vtable;

/*
 * Makes a sampler of the caller's own.
 *
 *   vtable: its size, name and start are set; copied; not NULL
 *   self: passed to each of its functions
 *   sampler: gets the sampler; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM: self stays the caller's then
 *   Owner: the caller's, one reference: glimpse_sampler_unref
 *   Calls: the table's destroy when the last reference is gone
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_sampler_new(const glimpse_sampler_vtable *vtable, void *self,
                                              glimpse_sampler **sampler, glimpse_problem *problem);

/*
 * Adds an owner.
 *
 *   sampler: not NULL
 *   Returns: the sampler itself
 *   Owner: the caller's, one reference: glimpse_sampler_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_sampler *glimpse_sampler_ref(glimpse_sampler *sampler);

/*
 * Removes an owner; the last one frees it.
 *
 *   sampler: NULL is fine
 *   Calls: the table's destroy when it was the last
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_sampler_unref(glimpse_sampler *sampler);

/*
 * Returns the name in its table.
 *
 *   sampler: not NULL
 *   Returns: the table's own string
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_sampler_name(const glimpse_sampler *sampler);

/* --- the inputs of an attempt: borrowed, valid as long as the attempt ------------------------- */

/*
 * Returns the chat-completions body (a draft's was written at submit).
 *
 *   attempt: not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: borrowed, as long as the attempt; NUL terminated
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_attempt_body(const glimpse_attempt *attempt, size_t *len);

/*
 * Returns the path below the base URL.
 *
 *   attempt: not NULL
 *   Returns: "/chat/completions" and the like, borrowed, as long as the attempt
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_attempt_path(const glimpse_attempt *attempt);

/*
 * Returns the headers that the caller sends with the request.
 *
 *   attempt: not NULL
 *   count: gets their number; not NULL
 *   Returns: "Name: value" each, borrowed, as long as the attempt; NULL where there are none
 *   Since: 0.1
 */
GLIMPSE_API const char *const *glimpse_attempt_headers(const glimpse_attempt *attempt,
                                                       size_t *count);

/*
 * Returns the number of the attempt in its request.
 *
 *   attempt: not NULL
 *   Returns: from 1
 *   Since: 0.1
 */
GLIMPSE_API int glimpse_attempt_number(const glimpse_attempt *attempt);

/*
 * Returns true when the request's attempt before this one ended with a broken connection: a sampler
 * that keeps connections should open a new one.
 *
 *   attempt: not NULL
 *   Returns: true: it did
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_attempt_after_reset(const glimpse_attempt *attempt);

/*
 * Returns the id of its request, as submit gave it.
 *
 *   attempt: not NULL
 *   Returns: a glimpse_id
 *   Since: 0.1
 */
GLIMPSE_API uint64_t glimpse_attempt_request(const glimpse_attempt *attempt);

/*
 * Returns true when the body asks for a stream ("stream":true), so that glimpse_attempt_text has an
 * effect.
 *
 *   attempt: not NULL
 *   Returns: true: it does
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_attempt_is_stream(const glimpse_attempt *attempt);

/* The words to be sampled: a draft's parts, or of a raw body the last user message (goal and
 * constraints are "" then). Never NULL; may hold NUL bytes. Never grows. */
typedef struct glimpse_words {
    const char *input, *goal, *constraints;
    size_t input_len, goal_len, constraints_len;
} glimpse_words;

/*
 * Gives the words to be sampled.
 *
 *   attempt: not NULL
 *   words: gets them, borrowed, as long as the attempt
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_words(const glimpse_attempt *attempt, glimpse_words *words);

/*
 * Says why the fallback is asked.
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
 * Returns the pointer that was kept.
 *
 *   attempt: not NULL
 *   Returns: NULL at start
 *   Since: 0.1
 */
GLIMPSE_API void *glimpse_attempt_data(const glimpse_attempt *attempt);

/* --- reports of a sampler on an attempt ------------------------------------------------------- */

typedef enum glimpse_progress {
    GLIMPSE_PROGRESS_CONNECTED,  /* there is a connection: the connect limit is off */
    GLIMPSE_PROGRESS_SENT,       /* the request goes out: the server may count it */
    GLIMPSE_PROGRESS_FIRST_BYTE, /* the answer begins: the first-byte limit is off */
    GLIMPSE_PROGRESS_BYTES,      /* more of it came: the idle limit starts again */
    GLIMPSE_PROGRESS_CHUNK,      /* the first piece of a stream came, with or without text */
    GLIMPSE_PROGRESS_REASONING   /* a piece of a stream's reasoning came: no text of the answer, but
                                    an arrival */
} glimpse_progress;

/*
 * Reports how far the attempt is. Cheap: stores a time, which the engine reads when a time limit is
 * due.
 *
 *   attempt: not NULL
 *   progress: the event that happened now
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_progress(glimpse_attempt *attempt, glimpse_progress progress);

/*
 * Reports that the attempt opened a connection of its own, and how long that took. The ledger of
 * the result keeps it.
 *
 *   attempt: not NULL
 *   opening: copied; not NULL
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_opened(glimpse_attempt *attempt, const glimpse_opening *opening);

/*
 * Passes on the next piece of a streamed answer's text. Does nothing for an attempt that is no
 * stream, and for an empty piece. The sample that ends the attempt must hold the whole text all the
 * same.
 *
 *   attempt: not NULL
 *   piece: whole UTF-8 characters, which is not checked; copied
 *   len: its bytes; 0 = strlen, GLIMPSE_EMPTY = none (glimpse_length of a slice)
 *   Returns: GLIMPSE_OK; OOM: the sampler ends the attempt with it
 *   Calls: nothing inside; on_text from the engine's next turn
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_attempt_text(glimpse_attempt *attempt, const char *piece,
                                               size_t len);

/* An event of a stream. In a callback all of it is borrowed. Never grows. */
typedef struct glimpse_event {
    const char *name; /* of its `event` line, not NUL terminated */
    size_t name_len;  /* 0: it has none */
    const char *data; /* its data, lines joined by LF */
    size_t data_len;
    const char *bytes; /* as it came, with comments before it, and its blank line */
    size_t len;
} glimpse_event;

/* The part of an event in its stream; a sum. */
typedef enum glimpse_event_part {
    GLIMPSE_EVENT_OUTPUT =
        1,                 /* it has some of the answer: no attempt may follow once it was seen */
    GLIMPSE_EVENT_LAST = 2 /* it announces the end, and holds only if the whole was an answer */
} glimpse_event_part;

/*
 * Says whether the request wants the events of a stream, so that glimpse_attempt_event has an
 * effect.
 *
 *   attempt: not NULL
 *   Returns: true: it does
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_attempt_wants_events(const glimpse_attempt *attempt);

/*
 * Passes on the next event of a stream that is part of an answer: no error, and nothing that only
 * keeps the connection alive.
 *
 *   attempt: not NULL
 *   event: copied; not NULL
 *   part: a sum of glimpse_event_part
 *   Returns: GLIMPSE_OK; OOM: the sampler ends the attempt with it
 *   Calls: nothing inside; on_event from the engine's next turn
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_attempt_event(glimpse_attempt *attempt,
                                                const glimpse_event *event, unsigned part);

/*
 * Reports the part of a response that had come when the attempt was taken away. Call it only inside
 * cancel, and only when the status line is there. The ledger of the result keeps it.
 *
 *   attempt: not NULL
 *   http_status: 100 to 599
 *   request_id: copied; may be NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_came(glimpse_attempt *attempt, int http_status,
                                      const char *request_id);

/* One rate limit from an answer's headers: requests or tokens a minute, the rest that remained,
 * milliseconds until it is full again; -1 (the default) where the headers have no value. Never
 * grows. */
typedef struct glimpse_rate_limit {
    int64_t limit, remaining, reset_ms;
} glimpse_rate_limit;

/*
 * The outcome of an attempt. All of it is borrowed during glimpse_attempt_done and copied there.
 * For an answer set sample.text, and complete where it may be cached; for a failure set error. The
 * other members are optional. Each line begins with the default.
 */
typedef struct glimpse_outcome {
    size_t size;               /* set by glimpse_outcome_init */
    glimpse_error error;       /* GLIMPSE_OK: sample is an answer; else the kind of the failure */
    const char *error_code;    /* NULL; else the endpoint's own code */
    const char *error_message; /* NULL: the sentence of the error; else one without a secret */
    int64_t retry_after_ms;    /* -1; else the milliseconds that the server asked to wait */
    int should_retry;          /* -1: no such header; else x-should-retry: 1 or 0 */
    int error_status;          /* 0; else the HTTP status that a failure counts as, where that is
                                * not sample.http_status: an error within a 200, or a request that
                                * is too long with any status */
    bool complete; /* false; true: the answer may be cached: whole, not cut by a limit */
    bool no_done;  /* false; true: a stream that was complete and did not announce its
                    * end */
    glimpse_rate_limit requests, tokens, project_tokens; /* -1, -1, -1 each */
    glimpse_sample_fields sample; /* as glimpse_sample_fields_init; http_status and body are kept of
                                   * a failure too */
    bool empty; /* false; true: an empty answer: no text, no call, no image; never complete */
    bool
        reused; /* false; true: it went out on a connection that had carried another request before:
                 * when that breaks before a byte of a response, the engine sends again at once */
} glimpse_outcome;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
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
 *   outcome: set up by glimpse_outcome_init; copied. One that was not set up, or that is GLIMPSE_OK
 *     with neither a text, a body, an essence, a delta nor `empty`, ends the attempt with INVALID;
 *     a text, an essence or a delta that is not UTF-8 ends it with BAD_UTF8
 *   Calls: inside only the log's callback; on_result later
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_attempt_done(glimpse_attempt *attempt, const glimpse_outcome *outcome);

/* --- ours ------------------------------------------------------------------------------------ */

/*
 * Makes a sampler that asks an endpoint.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   endpoint: set up by glimpse_endpoint_init; borrowed during the call
 *   log: where events go; NULL = nowhere; copied
 *   sampler: gets the sampler; not NULL
 *   problem: gets the reason of a refusal; may be NULL
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
 * Makes the local sampler, which is deterministic and asks no model: its text is the beginning of
 * the input. It is also the fallback: no text, and an essence of the draft's words and the
 * failure's status (docs/playbook.md section 4).
 *
 *   sampler: gets the sampler; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's, one reference: glimpse_sampler_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_local_sampler_new(glimpse_sampler **sampler,
                                                    glimpse_problem *problem);

#ifdef __cplusplus
}
#endif
#endif
