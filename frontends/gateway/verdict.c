/* verdict.c - see verdict.h. */
#include "gateway/verdict.h"

#include "gateway/gateway.h"

#include <string.h>

static gateway_verdict ours(int status, const char *code, const char *proxy_error)
{
    return (gateway_verdict){ .status = status, .code = code, .proxy_error = proxy_error };
}

/* The name that RFC 9209, section 2.3, has for a failure between us and the endpoint. */
static const char *proxy_error_of(glimpse_error error)
{
    switch (error) {
    case GLIMPSE_ERR_DNS:
        return "dns_timeout";
    case GLIMPSE_ERR_DNS_UNKNOWN:
        return "dns_error";
    case GLIMPSE_ERR_CONNECT:
        return "connection_refused";
    case GLIMPSE_ERR_TIMEOUT_CONNECT:
        return "connection_timeout";
    case GLIMPSE_ERR_TIMEOUT_FIRST_BYTE:
    case GLIMPSE_ERR_TIMEOUT_IDLE:
    case GLIMPSE_ERR_TIMEOUT:
        return "http_response_timeout";
    case GLIMPSE_ERR_TLS:
        return "tls_certificate_error";
    case GLIMPSE_ERR_RESET:
        return "connection_terminated";
    case GLIMPSE_ERR_STREAM_TRUNCATED:
        return "http_response_incomplete";
    case GLIMPSE_ERR_BODY_TOO_LARGE:
        return "http_response_body_size";
    case GLIMPSE_ERR_PROXY:
        return "destination_unavailable";
    case GLIMPSE_ERR_DESCRIPTORS:
    case GLIMPSE_ERR_OOM:
        return "proxy_internal_error";
    default:
        return "http_protocol_error";
    }
}

/* The status that an answer of 200 with an error in it stands for: it goes by the status of the
 * result. */
static int meant(const gateway_outcome *outcome)
{
    if (outcome->http_status >= 400) return outcome->http_status;
    switch (outcome->status) {
    case GLIMPSE_STATUS_RATE_LIMITED:
        return 429;
    case GLIMPSE_STATUS_AUTH_ERROR:
        return 401;
    case GLIMPSE_STATUS_BAD_REQUEST:
        return 400;
    case GLIMPSE_STATUS_NOT_FOUND:
        return 404;
    case GLIMPSE_STATUS_UNPROCESSABLE:
        return 422;
    case GLIMPSE_STATUS_PERMISSION_DENIED:
        return 403;
    default:
        return 502;
    }
}

/* The endpoint answered with an error of its own. */
static gateway_verdict judge_refusal(const gateway_outcome *outcome)
{
    int status = meant(outcome);
    gateway_verdict verdict = { .status = status, .no_retry = outcome->spent };
    if (status == 401 || status == 403) { /* the caller's own key is in order */
        verdict = ours(424, "upstream_auth", NULL);
        verdict.no_retry = true;
    } else if (outcome->error == GLIMPSE_ERR_QUOTA) {
        verdict.no_retry = true;
    } else if (status >= 500) {
        verdict = ours(502, "upstream_error", NULL);
        verdict.no_retry = outcome->spent;
    }
    return verdict;
}

static gateway_verdict judge_unsent(const gateway_outcome *outcome)
{
    switch (outcome->error) {
    case GLIMPSE_ERR_BAD_JSON:
    case GLIMPSE_ERR_BAD_UTF8:
        return ours(400, "invalid_json", NULL);
    case GLIMPSE_ERR_HTTP:
    case GLIMPSE_ERR_QUOTA: /* the key is stopped: what was refused before would be again */
        break;
    case GLIMPSE_ERR_NO_MODEL: {
        gateway_verdict unknown = ours(404, "model_not_found", NULL);
        unknown.no_retry = true;
        return unknown;
    }
    default:
        return ours(502, "upstream_error", proxy_error_of(outcome->error));
    }
    gateway_verdict verdict = outcome->status == GLIMPSE_STATUS_AUTH_ERROR
                                  ? ours(424, "upstream_auth", NULL)
                                  : ours(429, "insufficient_quota", NULL);
    verdict.no_retry = true;
    return verdict;
}

gateway_verdict gateway_judge(const gateway_outcome *outcome)
{
    gateway_verdict verdict;
    switch (outcome->error) {
    case GLIMPSE_OK:
        return (gateway_verdict){ .status =
                                      outcome->http_status != 0 ? outcome->http_status : 200 };
    case GLIMPSE_ERR_CONTENT_FILTER: /* within an answer, or in place of it: the endpoint's words */
        if (outcome->http_status >= 200 && outcome->http_status < 300)
            return (gateway_verdict){ .status = outcome->http_status };
        return judge_refusal(outcome);
    case GLIMPSE_ERR_CANCELLED:
    case GLIMPSE_ERR_CLOSING:
        return ours(503, "draining", NULL);
    case GLIMPSE_ERR_DEADLINE:
        return ours(504, "deadline", "http_response_timeout");
    case GLIMPSE_ERR_BEHIND:
        return ours(499, "slow_reader", NULL);
    case GLIMPSE_ERR_NOT_CACHED:
        return ours(504, "not_cached", NULL);
    case GLIMPSE_ERR_OOM:
        return ours(503, "out_of_memory", "proxy_internal_error");
    case GLIMPSE_ERR_DESCRIPTORS:
        return ours(503, "out_of_descriptors", "proxy_internal_error");
    default:
        break;
    }
    if (outcome->circuit_open) return ours(503, "circuit_open", "destination_unavailable");
    if (!outcome->sent) {
        verdict = judge_unsent(outcome);
    } else if (outcome->error == GLIMPSE_ERR_HTTP || outcome->error == GLIMPSE_ERR_QUOTA ||
               outcome->error == GLIMPSE_ERR_STREAM_ERROR) {
        return judge_refusal(outcome);
    } else {
        bool late = outcome->error == GLIMPSE_ERR_TIMEOUT ||
                    outcome->error == GLIMPSE_ERR_TIMEOUT_IDLE ||
                    outcome->error == GLIMPSE_ERR_TIMEOUT_FIRST_BYTE;
        verdict = ours(late ? 504 : 502, late ? "upstream_timeout" : "upstream_error",
                       proxy_error_of(outcome->error));
    }
    verdict.no_retry |= outcome->spent;
    return verdict;
}

bool gateway_is_failure(const glimpse_result *result)
{
    switch (glimpse_result_status(result)) {
    case GLIMPSE_STATUS_RATE_LIMITED:
    case GLIMPSE_STATUS_SERVER_ERROR:
    case GLIMPSE_STATUS_ERROR:
    case GLIMPSE_STATUS_AUTH_ERROR:
    case GLIMPSE_STATUS_PERMISSION_DENIED:
        return true;
    default:
        return false;
    }
}

const char *gateway_error_type(int status, const char *code)
{
    if (strcmp(code, "insufficient_quota") == 0) return "insufficient_quota";
    if (status == 424) return "upstream_error";
    if (status == 429) return "rate_limit_error";
    return status >= 500 ? "server_error" : "invalid_request_error";
}
