/*
 * backoff.c - see backoff.h. Pure: called by the engine and by core/backoff_call.c; keeps nothing.
 *
 * The tables of the HTTP statuses are here, the table of the other kinds is in <glimpse/result.h>;
 * both together are the table of docs/internals/backoff.md, which test/unit/backoff.c reads.
 */
#include "policy/backoff.h"

#include <math.h>
#include <string.h>

#include "status.h"

/* The most that is added to a server's own wait, as a share of it (docs/wire.md section 7). */
#define SERVER_JITTER 0.1

uint64_t gl_backoff_delay(const gl_backoff *backoff, int n, gl_rng *rng)
{
    uint64_t max = gl_time_add_ms(0, backoff->max_delay_ms);
    double jitter = 1.0 + 0.5 * gl_rng_uniform(rng);
    double base = backoff->base_delay_ms > 0 ? (double)backoff->base_delay_ms * GL_MS : 0.0;
    /* ldexp overflows to infinity, never around; a delay that is not below max becomes max. */
    double delay = ldexp(base * jitter, n > 0 ? n : 0);
    return delay < (double)max ? (uint64_t)delay : max;
}

static int retryable_status(int http_status)
{
    switch (http_status) {
    case 408: /* the server gave up waiting */
    case 409: /* a conflict of the moment: OpenAI's SDKs retry it */
    case 429:
        return 1;
    case 501: /* the server will not learn the method, or */
    case 505: /* the HTTP version, in the meantime */
        return 0;
    default:
        return http_status >= 500 && http_status <= 599;
    }
}

/* Returns true when the endpoint answered with a status that failed, in its status line or within a
 * stream. */
static bool is_answer(glimpse_error error, int http_status)
{
    return error == GLIMPSE_ERR_HTTP || (error == GLIMPSE_ERR_STREAM_ERROR && http_status >= 400);
}

int gl_backoff_retryable(glimpse_error error, int http_status)
{
    return is_answer(error, http_status) ? retryable_status(http_status) : gl_error_retry(error);
}

/* The server's wait, lengthened and never shortened. */
static uint64_t server_wait(int64_t retry_after_ms, gl_rng *rng)
{
    uint64_t wait = gl_time_add_ms(0, retry_after_ms);
    uint64_t more = (uint64_t)((double)wait * SERVER_JITTER * gl_rng_uniform(rng));
    return more < GL_TIME_NEVER - wait ? wait + more : GL_TIME_NEVER;
}

/* Returns true for a failure that sending again cannot change. The answers to such requests have
 * various statuses, so the code counts too. */
static bool is_hopeless(const gl_failure *failure)
{
    static const int statuses[] = { 400, 403, 404, 413, 422 };
    static const char *const codes[] = { "context_length_exceeded", "exceed_context_size_error",
                                         "content_filter", "unsupported_parameter",
                                         "model_not_found" };
    if (failure->error != GLIMPSE_ERR_HTTP && failure->error != GLIMPSE_ERR_STREAM_ERROR)
        return false;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (failure->http_status == statuses[i]) return true;
    for (size_t i = 0; failure->code != NULL && i < sizeof codes / sizeof *codes; i++)
        if (strcmp(failure->code, codes[i]) == 0) return true;
    return false;
}

/* Steps 1 to 5 of the table: YES means that the kind of failure allows a retry. */
static gl_retry_reason judge(const gl_backoff *backoff, const gl_failure *failure)
{
    bool answered = is_answer(failure->error, failure->http_status);
    if (failure->error == GLIMPSE_ERR_QUOTA || failure->error == GLIMPSE_ERR_PROXY ||
        (answered && (failure->http_status == 401 || failure->http_status == 402)))
        return GL_RETRY_STOP_KEY;
    if (is_hopeless(failure)) return GL_RETRY_NOT_RETRYABLE;
    int retryable = gl_backoff_retryable(failure->error, failure->http_status);
    if (retryable == 2 && failure->same_once > 0) retryable = 0;
    if (!answered && retryable == 0) return GL_RETRY_NOT_RETRYABLE;
    /* A shorter wait does not take its place: by the server's word it would be in vain. */
    if (failure->retry_after_ms > backoff->max_retry_after_ms) return GL_RETRY_SERVER_WAIT_TOO_LONG;
    if (answered && failure->should_retry == 0) return GL_RETRY_SERVER_SAYS_NO;
    if (answered && failure->should_retry == 1) return GL_RETRY_YES;
    return retryable != 0 ? GL_RETRY_YES : GL_RETRY_NOT_RETRYABLE;
}

gl_retry_reason gl_backoff_decide(const gl_backoff *backoff, const gl_failure *failure, gl_time now,
                                  gl_time deadline, gl_rng *rng, uint64_t *wait_ns)
{
    *wait_ns = 0;
    gl_retry_reason reason = judge(backoff, failure);
    if (reason != GL_RETRY_YES) return reason;
    if (failure->attempts >= backoff->max_attempts) return GL_RETRY_ATTEMPTS_USED;
    uint64_t wait = failure->retry_after_ms > 0
                        ? server_wait(failure->retry_after_ms, rng)
                        : gl_backoff_delay(backoff, failure->attempts - 1, rng);
    if (deadline != GL_TIME_NEVER && wait >= gl_time_since(deadline, now)) return GL_RETRY_DEADLINE;
    *wait_ns = wait;
    return GL_RETRY_YES;
}

bool gl_backoff_elsewhere(const gl_backoff *backoff, const gl_failure *failure,
                          gl_retry_reason reason)
{
    if (reason == GL_RETRY_STOP_KEY) return true; /* each endpoint refuses its key once */
    if (failure->attempts >= backoff->max_attempts) return false;
    if (reason == GL_RETRY_NOT_RETRYABLE)
        return failure->error == GLIMPSE_ERR_DNS_UNKNOWN || failure->error == GLIMPSE_ERR_TLS;
    return reason == GL_RETRY_YES || reason == GL_RETRY_SERVER_WAIT_TOO_LONG ||
           reason == GL_RETRY_DEADLINE;
}
