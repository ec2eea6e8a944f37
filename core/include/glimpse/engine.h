/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the engine: submit, cancel, close; and the rules of life.
 *
 * RULES OF LIFE
 *  1. Everything runs on the thread that runs the loop. Nothing locks. No thread is ever started.
 *     The objects of one base, and samples, results and caches from it, stay on that thread;
 *     engines on different threads share nothing.
 *  2. submit copies what it is given.
 *  3. If submit returns GLIMPSE_OK, on_result runs exactly once, later, never inside submit: also
 *     after cancel and when the engine closes. If submit returns an error, it never runs.
 *  4. cancel is asynchronous, and harmless twice or too late.
 *  5. A callback may submit, cancel, close and free. A free inside a callback takes effect when
 *     control is back in the loop. Memory goes after the last callback. (The log callback may do
 *     none of it: <glimpse/log.h>.)
 *  6. A result is immutable and counted: cache, engine and caller share one. It is valid during
 *     the callback; glimpse_result_ref keeps it.
 *  7. Nothing is printed, exited, or set process-wide by the library. Running out of memory is an
 *     error, not an abort. A program that embeds it ignores SIGPIPE: signal(SIGPIPE, SIG_IGN).
 *  8. curl_global_init is the caller's if the caller uses libcurl itself; the composition calls it
 *     once for the first OpenAI sampler (libcurl counts).
 *  9. A struct that begins with its size grows at its end in later versions, and a program that was
 *     compiled before keeps working. Its init function sets the size (and that of structs in it);
 *     where there is none, .size = sizeof(the struct). The others never grow, but for those that
 *     the library alone makes.
 * 10. A secret (a key, an Authorization header) never reaches a log, an error text, a cache, a
 *     metric or a report.
 * 11. An idle engine has no event of its own in the loop: with the local sampler,
 *     event_base_dispatch returns after the last on_result. Over the network the connections that
 *     are kept for the next request hold the loop, for up to two minutes: a program that is done
 *     calls event_base_loopbreak in its last on_result, or frees the engine. The events of a
 *     sampler of the caller's own are its own.
 */
#ifndef GLIMPSE_ENGINE_H
#define GLIMPSE_ENGINE_H

#include <glimpse/cache.h>
#include <glimpse/config.h>
#include <glimpse/latency.h>
#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/sampler.h>
#include <glimpse/stats.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct glimpse_engine glimpse_engine;

/* Names a request; never reused in one engine, never 0. */
typedef uint64_t glimpse_id;

/* --- life ------------------------------------------------------------------------------------ */

/*
 * Makes an engine. A value that is not valid, such as a base_url that is no URL, is INVALID
 * under AUTO as under ALWAYS. Under AUTO the local sampler is used, and the event
 * `sampler_fallback` logged once, where neither a key nor another base URL is given, or where a
 * library underneath cannot be set up (SETUP). glimpse_engine_sampler_name tells which sampler it
 * is.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   config: set up by glimpse_config_init; borrowed during the call; its parts are referenced
 *   engine: gets the engine, NULL on an error; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM, SETUP
 *   Owner: the caller's: glimpse_engine_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_engine_new(struct event_base *base, const glimpse_config *config,
                                             glimpse_engine **engine, glimpse_problem *problem);

/*
 * Names the sampler that answers.
 *
 *   engine: not NULL
 *   Returns: "openai", "local", or the name of config.sampler; lives as long as the engine
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_engine_sampler_name(const glimpse_engine *engine);

typedef void (*glimpse_closed_fn)(void *arg);

/*
 * Takes no more work; cancels the waiting requests; lets attempts in flight finish for a time, then
 * cancels them. A second close can only shorten that time.
 *
 *   engine: not NULL
 *   grace_ms: the time for attempts in flight, in milliseconds; 0 = none, below 0 = close_grace_ms
 *     of the configuration
 *   done: called when all requests have ended; may be NULL
 *   arg: passed to the callback; may be NULL
 *   Calls: on_result of each request, then done, once, from the loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_engine_close(glimpse_engine *engine, int64_t grace_ms,
                                      glimpse_closed_fn done, void *arg);

/*
 * Closes at once if still open, and frees. Inside a callback of this engine it takes effect when
 * control is back in the loop. A look-up of a host name under way is only cancelled: libevent frees
 * its memory in the base's next turn, so turn the loop once more before freeing the base
 * (event_base_loop(base, EVLOOP_NONBLOCK)) if no memory must be left.
 *
 *   engine: NULL is fine
 *   Calls: on_result, CANCELLED, of each request without a result, before it returns
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_engine_free(glimpse_engine *engine);

/* --- requests -------------------------------------------------------------------------------- */

/* A text to summarize, and how. A length of 0 means strlen, GLIMPSE_EMPTY means "", and so does
 * NULL. Never grows: further settings are in glimpse_options. */
typedef struct glimpse_draft {
    const char *input_text;  /* REQUIRED, UTF-8 */
    const char *goal;        /* "summarize in one sentence" */
    const char *constraints; /* "at most 20 words" */
    size_t input_text_len, goal_len, constraints_len;
} glimpse_draft;

/* A raw request: the body is sent as it is. Never grows. */
typedef struct glimpse_chat {
    const char *body; /* REQUIRED: one JSON object, whole: with the model that the endpoint wants.
                       * Nothing of the configuration or the options is put into it */
    size_t body_len;  /* 0: strlen; GLIMPSE_EMPTY: none */
    const char *path; /* below the base URL; NULL = "/chat/completions" */
} glimpse_chat;

/*
 * Settings of one request. A member that is GLIMPSE_INHERIT (model: NULL) takes the engine's
 * setting. A member that is set is kept, also where its value is the engine's. Members are only
 * ever appended.
 */
/* For glimpse_options.fallback: on, also where GLIMPSE_BREAKER_FAIL ends a request at once. */
enum { GLIMPSE_FALLBACK_ALWAYS = 2 };

typedef struct glimpse_options {
    size_t size;                   /* set by glimpse_options_init */
    const char *model;             /* drafts */
    double temperature;            /* drafts; 0 to 2 */
    int64_t max_tokens;            /* drafts; at least 1 */
    int64_t deadline_ms;           /* 0 = none */
    glimpse_thresholds thresholds; /* set all four, or none */
    int fallback;                  /* 0 off; 1 on; or GLIMPSE_FALLBACK_ALWAYS */
    int priority;                  /* a glimpse_priority */
    int stream; /* drafts: 1 sends it as a stream. A chat is a stream if its body has "stream":true
                 */
    int pack;   /* drafts: 1 may be packed with others, 0 not */
    int coalesce;      /* 1 on, 0 off */
    int cache_control; /* a glimpse_cache_control */
    int arrivals; /* 1: keep the arrival time of each piece of a stream: glimpse_result_arrivals */
    const char *scope;  /* NULL: none. Names the callers that may have each other's answers: they
                         * are part of what identifies a request, in memory, in the store and in
                         * flight. Requests of two scopes never share an answer, and a request
                         * without one shares with none that has one. Not "". A draft with a scope
                         * is not packed */
    int64_t max_age_ms; /* INHERIT: any. A stored answer that is older does not serve */

    /* "Name: value", header_count of them, sent with the request beside the endpoint's own. NULL,
     * 0: none. None of the connection, the body or the key (Host, Content-Type, Authorization).
     * Those that only name or trace a request change no answer (Idempotency-Key,
     * X-Client-Request-Id, X-Request-Id, traceparent, tracestate, baggage); each other one, such as
     * OpenAI-Beta, is a part of what identifies the request, as scope is. A request that follows an
     * identical one sends none. A draft with headers is not packed */
    const char *const *headers;
    size_t header_count;

    const char *caller; /* NULL: none. Names the caller that asks, for its turn alone: requests of
                         * one priority that wait for one model take turns by caller, so that each
                         * has as many estimated tokens. Not "". Requests without one are one
                         * caller's */
    int max_attempts;   /* 1 to 1000; INHERIT */
} glimpse_options;

/* The most lines in glimpse_options.headers, and bytes of one. */
#define GLIMPSE_REQUEST_HEADERS_MAX 16
#define GLIMPSE_REQUEST_HEADER_MAX  4096

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   options: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_options_defaults(glimpse_options *options);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   options: not NULL
 *   Since: 0.1
 */
static inline void glimpse_options_init(glimpse_options *options)
{
    options->size = sizeof *options;
    glimpse_options_defaults(options);
}

/*
 * Makes the checks of submit, of the options alone.
 *
 *   options: set up by glimpse_options_init
 *   problem: names the member; may be NULL
 *   Returns: GLIMPSE_OK; INVALID
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_options_check(const glimpse_options *options,
                                                glimpse_problem *problem);

/*
 * The callbacks of a request. Any of them may be NULL. Copied at submit. Called from the loop.
 *
 * on_text is for streams: it gets the next len bytes of the answer's text (borrowed; whole
 * characters; not NUL terminated), several network reads in one call when they came in one turn.
 * The pieces together are the text of the result. An answer that did not come as a stream (from the
 * cache, say) comes in one piece before on_result. A refusal is passed as text when it is all there
 * is. A request whose on_text has been called is not sent again: when its stream breaks, it fails,
 * and glimpse_result_partial has the text that came. Without on_text, or before its first call, a
 * broken stream is retried like any failure.
 *
 * on_event is for streams too: it gets each event as it came, once one with a part of the answer is
 * there. Until then a failure is retried; afterwards not, as with on_text. A request that follows
 * an identical one gets the events from the first one on. The event that announces the end comes
 * just before the result of an answer, and never before a failure. An answer that did not come as a
 * stream, or came from the cache, has no events, only its result.
 */
typedef struct glimpse_observer {
    size_t size; /* set by glimpse_observer_init, or .size = sizeof(glimpse_observer) */
    void (*on_notice)(glimpse_id id, const glimpse_notice *notice, void *arg);
    void (*on_text)(glimpse_id id, const char *text, size_t len, void *arg);
    void (*on_result)(glimpse_id id, const glimpse_result *result, void *arg); /* exactly once */
    void (*on_event)(glimpse_id id, const glimpse_event *event, void *arg);
} glimpse_observer;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   observer: its size is set; not NULL
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_observer_defaults(glimpse_observer *observer);

/*
 * Sets up the struct: its size, and no callbacks. Call it before a member is set.
 *
 *   observer: not NULL
 *   Calls: nothing
 *   Since: 0.1
 */
static inline void glimpse_observer_init(glimpse_observer *observer)
{
    observer->size = sizeof *observer;
    glimpse_observer_defaults(observer);
}

/*
 * Makes the checks of glimpse_submit_draft and names the fault. Call it before, or after an
 * INVALID.
 *
 *   draft: as for glimpse_submit_draft
 *   options: for the same call; may be NULL
 *   observer: for the same call; may be NULL
 *   problem: names the fault: "draft.goal", "options.temperature", "observer.size"; may be NULL
 *   Returns: GLIMPSE_OK; INVALID
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_draft_check(const glimpse_draft *draft,
                                              const glimpse_options *options,
                                              const glimpse_observer *observer,
                                              glimpse_problem *problem);

/*
 * Makes the checks of glimpse_submit_chat and names the fault. Call it before, or after an INVALID.
 * An error in the JSON of the body arrives in on_result.
 *
 *   chat: as for glimpse_submit_chat
 *   options: for the same call; may be NULL
 *   observer: for the same call; may be NULL
 *   problem: names the fault: "chat.path", "options.temperature", "observer.size"; may be NULL
 *   Returns: GLIMPSE_OK; INVALID
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_chat_check(const glimpse_chat *chat,
                                             const glimpse_options *options,
                                             const glimpse_observer *observer,
                                             glimpse_problem *problem);

/*
 * Submits a draft. Every error of the request itself arrives in on_result.
 *
 *   engine: not NULL
 *   draft: copied; its input_text is not NULL
 *   options: NULL = the engine's settings; copied
 *   observer: NULL = no callbacks; copied
 *   arg: passed to the callback; may be NULL
 *   id: gets the request's name; may be NULL
 *   Returns: GLIMPSE_OK: on_result will run once; INVALID (glimpse_draft_check names the fault),
 *     OOM, CLOSING: nothing will be called
 *   Calls: the observer's functions, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_submit_draft(glimpse_engine *engine, const glimpse_draft *draft,
                                               const glimpse_options *options,
                                               const glimpse_observer *observer, void *arg,
                                               glimpse_id *id);

/*
 * Submits a request whose body the caller wrote. Every error of the request itself arrives in
 * on_result.
 *
 *   engine: not NULL
 *   chat: copied; its body is not NULL
 *   options: NULL = the engine's settings; copied
 *   observer: NULL = no callbacks; copied
 *   arg: passed to the callback; may be NULL
 *   id: gets the request's name; may be NULL
 *   Returns: GLIMPSE_OK: on_result will run once; INVALID (glimpse_chat_check names the fault),
 *     OOM, CLOSING: nothing will be called
 *   Calls: the observer's functions, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_submit_chat(glimpse_engine *engine, const glimpse_chat *chat,
                                              const glimpse_options *options,
                                              const glimpse_observer *observer, void *arg,
                                              glimpse_id *id);

/*
 * Gives the body that a draft would be sent with. glimpse_key_of_chat of it is the draft's key,
 * with which a caller can look for an answer first.
 *
 *   engine: not NULL
 *   draft: as for glimpse_submit_draft
 *   options: NULL = the engine's settings
 *   body: gets the body, NUL terminated; not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: GLIMPSE_OK; INVALID (glimpse_draft_check names the fault), OOM
 *   Owner: the caller's: glimpse_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_draft_body(glimpse_engine *engine, const glimpse_draft *draft,
                                             const glimpse_options *options, char **body,
                                             size_t *len);

/*
 * Gives the key of a raw body, as glimpse_key_of_chat does, in memory that the engine keeps from
 * one call to the next: for a caller that asks for the keys of many bodies.
 *
 *   engine: not NULL
 *   body: borrowed during the call; not NULL
 *   len: its bytes; 0 = strlen, GLIMPSE_EMPTY = none
 *   key: gets the key; not NULL
 *   Returns: as glimpse_key_of_chat; INVALID (an argument is NULL)
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_chat_key(glimpse_engine *engine, const char *body, size_t len,
                                           glimpse_key *key);

/*
 * Ends a request with status cancelled. Does nothing to a request that has ended.
 *
 *   engine: not NULL
 *   id: from submit
 *   Calls: inside this call the sampler's cancel, if an attempt runs (a request that waits never
 *     reached the sampler); its on_result, later, from the loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_cancel(glimpse_engine *engine, glimpse_id id);

/*
 * Says whether a request waits for its turn: it is queued for admission, or follows an identical
 * one that is, and nothing was ever sent for it. A caller with a longest wait of its own asks when
 * that has passed, and cancels.
 *
 *   engine: not NULL
 *   id: from submit
 *   Returns: true: it waits; false: something was sent for it, or it has ended
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_request_waits(const glimpse_engine *engine, glimpse_id id);

/*
 * Returns how long a request that waits for its turn is held up by all endpoints that could take
 * it: each asked to wait, is at its rate limit, has an open circuit or a stopped key. A caller that
 * gives up need not come back before.
 *
 *   engine: not NULL
 *   id: from submit
 *   Returns: ns until the first of them may be asked; 0: one may be, but for the places that other
 *     requests have, or the request does not wait
 *   Since: 0.1
 */
GLIMPSE_API int64_t glimpse_request_held_ns(const glimpse_engine *engine, glimpse_id id);

/*
 * Returns how many requests of a caller wait for their turn.
 *
 *   engine: not NULL
 *   caller: its name, as in glimpse_options.caller; NULL = the requests without one
 *   Returns: requests, from 0
 *   Since: 0.1
 */
GLIMPSE_API size_t glimpse_engine_waiting(const glimpse_engine *engine, const char *caller);

/*
 * Lifts the stop; call it when the account is in order again. Does nothing when there is no stop.
 * The stop: when the endpoint refuses the key (401), or reports that its quota or budget is used up
 * (error QUOTA), no other request can succeed, and the engine sends nothing more. Requests that
 * wait, for their turn or for a retry, and requests submitted from then on end at once with the
 * same error and message, without being sent (answers from the cache still come). Attempts in
 * flight finish, and are not retried. The event `key_stopped` is logged, once. In a pool a stop is
 * of one endpoint, and this holds where no endpoint is left; this call lifts all stops.
 *
 *   engine: not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_engine_resume(glimpse_engine *engine);

/*
 * Counts a failure for the alert error_rate that was no request of the engine's, such as one that
 * the caller refused because too many waited.
 *
 *   engine: NULL is fine
 *   Calls: glimpse_config.on_alert, when the alert fires by it
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_engine_note_failure(glimpse_engine *engine);

/*
 * Returns how many more requests would be sent at once if they were submitted now: the window, at
 * most concurrency, less the requests in flight and in the queue. A reader of a long job submits
 * this many and no more, so that requests do not age in the queue. A request that waits for a
 * retry, or gathers for a pack, takes no room. While requests wait for an open circuit
 * (GLIMPSE_BREAKER_WAIT) it is concurrency less those, so that their deadlines pass together.
 *
 *   engine: not NULL
 *   Returns: requests, from 0
 *   Since: 0.1
 */
GLIMPSE_API size_t glimpse_engine_room(const glimpse_engine *engine);

/*
 * Gives the thresholds that a request of a model would have now: those of the configuration or the
 * model's profile, or with thresholds_auto the calibrated ones.
 *
 *   engine: not NULL
 *   model: its name; NULL = the engine's
 *   thresholds: gets them; not NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_engine_thresholds(const glimpse_engine *engine, const char *model,
                                                    glimpse_thresholds *thresholds);

/*
 * Gives a snapshot of the engine's counters and gauges.
 *
 *   engine: not NULL
 *   stats: set up by glimpse_stats_init
 *   Returns: GLIMPSE_OK; INVALID
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_engine_stats(const glimpse_engine *engine, glimpse_stats *stats);

/*
 * Replaces the pool while requests run. An endpoint whose name, address and key stay the same keeps
 * its connections and all that was learned of it; a key stop ends. Attempts in flight end where
 * they are, and what waits takes the new pool.
 *
 *   engine: made with a pool (config.pool); not NULL
 *   pool: set up by glimpse_pool_init; borrowed during the call
 *   problem: names the member, as "pool.endpoints[2].weight"; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM, SETUP: nothing has changed
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_engine_set_pool(glimpse_engine *engine, const glimpse_pool *pool,
                                                  glimpse_problem *problem);

/*
 * Gives the state of one of the engine's endpoints.
 *
 *   engine: not NULL
 *   index: 0 is the first, in the order of the pool
 *   stats: set up by glimpse_endpoint_stats_init
 *   Returns: GLIMPSE_OK; INVALID: an argument, or there is no endpoint of this index
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_engine_endpoint(const glimpse_engine *engine, size_t index,
                                                  glimpse_endpoint_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
