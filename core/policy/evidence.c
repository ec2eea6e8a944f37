/* evidence.c - see evidence.h. Pure: asked by core/engine/attempt.c when an attempt has failed;
 * keeps nothing. */
#include "policy/evidence.h"

/* The first class of a failure, from the error alone. */
typedef enum kind {
    OURS,     /* no memory or no descriptor: no endpoint was asked */
    ANSWERED, /* the endpoint is there, and refused or answered badly */
    OUTAGE    /* no endpoint, as seen from here */
} kind;

static kind kind_of(const gl_evidence *e)
{
    switch (e->error) {
    case GLIMPSE_ERR_INVALID:
    case GLIMPSE_ERR_OOM:
    case GLIMPSE_ERR_CLOSING:
    case GLIMPSE_ERR_SETUP:
    case GLIMPSE_ERR_BEHIND:
    case GLIMPSE_ERR_CANCELLED:
    case GLIMPSE_ERR_DEADLINE:
    case GLIMPSE_ERR_DESCRIPTORS:
    case GLIMPSE_ERR_NOT_CACHED:
    case GLIMPSE_ERR_NO_MODEL:
    case GLIMPSE_ERR_STORE:
        return OURS;
    case GLIMPSE_ERR_CONNECT:
    case GLIMPSE_ERR_DNS:
    case GLIMPSE_ERR_DNS_UNKNOWN:
    case GLIMPSE_ERR_TLS:
    case GLIMPSE_ERR_TIMEOUT_CONNECT:
    case GLIMPSE_ERR_TIMEOUT_FIRST_BYTE:
    case GLIMPSE_ERR_TIMEOUT_IDLE:
    case GLIMPSE_ERR_TIMEOUT:
    case GLIMPSE_ERR_RESET:
    case GLIMPSE_ERR_STREAM_TRUNCATED:
    case GLIMPSE_ERR_PROTOCOL:
        return OUTAGE;
    case GLIMPSE_ERR_HTTP:
    case GLIMPSE_ERR_STREAM_ERROR: /* classed by the status that it names, if any */
        return e->http_status >= 500 && e->http_status != 501 && e->http_status != 505 ? OUTAGE
                                                                                       : ANSWERED;
    default:
        return ANSWERED;
    }
}

/* A server answers 500 for a failure of this request; about itself it answers 502, 503 or 504. A
 * request that is the cause gets 500 each time (llama-server: a request it cannot read), while a
 * broken server answers it to all. */
static bool failed_at_this_one(const gl_evidence *e)
{
    return e->http_status == 500 &&
           (e->error == GLIMPSE_ERR_HTTP || e->error == GLIMPSE_ERR_STREAM_ERROR);
}

/* The server closed the connection while the request was on its way: it may do so whenever a
 * connection is idle, without warning (RFC 9112, section 9.5). */
static bool is_stale(const gl_evidence *e)
{
    return e->error == GLIMPSE_ERR_RESET && e->sent && e->reused && !e->came && !e->again;
}

/* Returns true when other requests are answered while this one is refused, or when this one alone
 * gets 500 again. */
static bool is_its_own(const gl_evidence *e)
{
    return e->sent && e->refused && (e->others || failed_at_this_one(e));
}

/* The server had the request and may still be working on it, and bill it. A server that is slower
 * than the limit fails every attempt in this way: a probe that cost nothing would be repeated for
 * ever. */
static bool ran_out_of_time(const gl_evidence *e)
{
    return e->sent && (e->error == GLIMPSE_ERR_TIMEOUT_FIRST_BYTE ||
                       e->error == GLIMPSE_ERR_TIMEOUT_IDLE || e->error == GLIMPSE_ERR_TIMEOUT);
}

gl_verdict gl_evidence_judge(const gl_evidence *e)
{
    if (e->error == GLIMPSE_OK) return (gl_verdict){ .endpoint = GL_ENDPOINT_UP };
    if (is_stale(e)) return (gl_verdict){ .spared = true, .again = true };
    switch (kind_of(e)) {
    case OURS:
        return (gl_verdict){ .endpoint = GL_ENDPOINT_UNKNOWN };
    case ANSWERED:
        return (gl_verdict){ .endpoint = GL_ENDPOINT_UP };
    case OUTAGE:
        break;
    }
    if (is_its_own(e)) return (gl_verdict){ .refused = true };
    return (gl_verdict){ .endpoint = GL_ENDPOINT_DOWN,
                         .spared =
                             e->probe && !e->begun && !failed_at_this_one(e) && !ran_out_of_time(e),
                         .refused = e->sent };
}
