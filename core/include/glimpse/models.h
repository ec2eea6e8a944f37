/* SPDX-License-Identifier: MIT */
/*
 * models.h - the list of models of an endpoint, as it gives it: GET /models.
 */
#ifndef GLIMPSE_MODELS_H
#define GLIMPSE_MODELS_H

#include <glimpse/endpoint.h>
#include <glimpse/log.h>
#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct glimpse_models glimpse_models;

/* An endpoint's answer. All of it is borrowed during the callback. Made by the library alone. */
typedef struct glimpse_models_answer {
    glimpse_error error; /* GLIMPSE_OK: a response of any status came */
    int http_status;     /* 0: none came */
    const char *message; /* of an error: one sentence without a secret; else "" */
    const char *body;    /* as the endpoint sent it, without secrets; "" when none came */
    size_t body_len;
} glimpse_models_answer;

typedef void (*glimpse_models_fn)(const glimpse_models_answer *answer, void *arg);

/*
 * Makes a client for an endpoint's list. It asks once for each question, and repeats nothing.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   endpoint: set up by glimpse_endpoint_init; borrowed during the call
 *   log: where events go; NULL = nowhere; copied
 *   models: gets the client; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM, SETUP
 *   Owner: the caller's: glimpse_models_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_models_new(struct event_base *base,
                                             const glimpse_endpoint *endpoint,
                                             const glimpse_logger *log, glimpse_models **models,
                                             glimpse_problem *problem);

/*
 * Asks for the list.
 *
 *   models: not NULL
 *   timeout_ms: the longest time for it; above 0
 *   fn: gets the answer; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will run once, unless the client is freed before; OOM; INVALID: a
 *     question is under way
 *   Calls: fn, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_models_ask(glimpse_models *models, int64_t timeout_ms,
                                             glimpse_models_fn fn, void *arg);

/*
 * Drops the question under way, without its callback, and frees the client. Not from the callback.
 *
 *   models: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_models_free(glimpse_models *models);

#ifdef __cplusplus
}
#endif
#endif
