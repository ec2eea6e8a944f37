/* head.c - see head.h. */
#include "gateway/head.h"

#include <glimpse/pool.h>
#include <string.h>

#include "base/json.h"
#include "gateway/gateway.h"
#include "http/server.h"

const char *const gateway_answer_headers[] = {
    "content-type",
    "openai-processing-ms",
    "openai-version",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
};
const size_t gateway_answer_header_count =
    sizeof gateway_answer_headers / sizeof *gateway_answer_headers;

static bool begins(gl_slice text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.data, with, len) == 0;
}

/* --- the endpoint's headers ------------------------------------------------------------------- */

/* Takes the next line; false: there is none. */
static bool next_line(const char **at, gl_slice *name, gl_slice *value)
{
    const char *colon = strchr(*at, ':'), *end = strchr(*at, '\r');
    if (colon == NULL || end == NULL) return false;
    *name = gl_slice_of(*at, (size_t)(colon - *at));
    *value = gl_slice_of(colon + 2, (size_t)(end - colon - 2));
    *at = end + 2;
    return true;
}

gl_slice gateway_header_of(const char *lines, const char *name)
{
    gl_slice found, value;
    while (next_line(&lines, &found, &value))
        if (gl_slice_is(found, name)) return value;
    return gl_slice_of(NULL, 0);
}

/* Those that hold for the moment of the answer alone do not come again with a stored one. */
static bool passes(const gateway_facts *facts, gl_slice name)
{
    bool stored = glimpse_result_source(facts->result) == GLIMPSE_SOURCE_CACHE;
    if (gl_slice_is(name, "content-type")) return false; /* it is the body's */
    if (begins(name, "retry-after")) return !stored && facts->retry_after_s == 0;
    if (gl_slice_is(name, "x-should-retry")) return !facts->verdict->no_retry;
    if (begins(name, "x-ratelimit-")) return facts->alone && !stored;
    return !stored || gl_slice_is(name, "openai-version");
}

static void write_passed(const gateway_facts *facts, gl_buf *out)
{
    gl_slice name, value;
    const char *id = glimpse_result_request_id(facts->result);
    const char *lines = glimpse_result_headers(facts->result);
    if (*id != '\0') httpd_add_header(out, "x-request-id", gl_slice_str(id));
    while (next_line(&lines, &name, &value)) {
        if (!passes(facts, name)) continue;
        gl_buf_append(out, name.data, name.len);
        gl_buf_append_str(out, ": ");
        gl_buf_append(out, value.data, value.len);
        gl_buf_append_str(out, "\r\n");
    }
}

/* --- our own ---------------------------------------------------------------------------------- */

glimpse_source gateway_source_of(const glimpse_result *result, int status)
{
    glimpse_source source = glimpse_result_source(result);
    return source == GLIMPSE_SOURCE_LOCAL && status >= 400 ? GLIMPSE_SOURCE_LIVE : source;
}

/* An error in words of ours is nobody's answer. */
static void write_status(const gateway_facts *facts, gl_buf *out)
{
    if (facts->verdict->code != NULL) return;
    gl_buf_append_str(out, "glimpse-status: ");
    gl_buf_append_str(
        out, glimpse_source_name(gateway_source_of(facts->result, facts->verdict->status)));
    if (glimpse_result_stale(facts->result)) gl_buf_append_str(out, ", stale");
    gl_buf_append_str(out, "\r\n");
}

/* RFC 9211, section 2.2: a request that was not sent has no "fwd". */
static bool was_sent(const glimpse_result *result)
{
    return glimpse_result_attempts(result) != 0 || glimpse_result_http_status(result) != 0;
}

static void write_cache_status(const gateway_facts *facts, gl_buf *out)
{
    const glimpse_result *result = facts->result;
    int64_t age_ms = glimpse_result_age_ms(result);
    if (glimpse_result_source(result) != GLIMPSE_SOURCE_CACHE && !was_sent(result)) return;
    gl_buf_append_str(out, "cache-status: glimpse; ");
    if (glimpse_result_source(result) == GLIMPSE_SOURCE_CACHE) {
        gl_buf_append_str(out, "hit");
    } else {
        gl_buf_append_str(out, facts->unshared    ? "fwd=bypass"
                               : facts->refreshed ? "fwd=request"
                                                  : "fwd=miss");
        if (glimpse_result_http_status(result) != 0) {
            gl_buf_append_str(out, "; fwd-status=");
            gl_buf_append_i64(out, glimpse_result_http_status(result));
        }
        if (glimpse_result_source(result) == GLIMPSE_SOURCE_COALESCED)
            gl_buf_append_str(out, "; collapsed");
        if (glimpse_result_kept(result)) gl_buf_append_str(out, "; stored");
    }
    gl_buf_append_str(out, "\r\n");
    if (age_ms < 0) return;
    gl_buf_append_str(out, "age: ");
    gl_buf_append_i64(out, age_ms / 1000);
    gl_buf_append_str(out, "\r\n");
}

/* RFC 9209. */
static void write_proxy_status(const gateway_facts *facts, gl_buf *out)
{
    int received = facts->result != NULL ? glimpse_result_http_status(facts->result) : 0;
    if (facts->verdict->status < 400) return;
    if (facts->verdict->proxy_error == NULL && received == 0) return;
    gl_buf_append_str(out, "proxy-status: glimpse");
    if (facts->verdict->proxy_error != NULL)
        gl_buf_printf(out, "; error=%s", facts->verdict->proxy_error);
    if (received != 0) gl_buf_printf(out, "; received-status=%d", received);
    gl_buf_append_str(out, "\r\n");
}

/* Milliseconds with thousandths. */
static void write_ms(gl_buf *out, int64_t ns)
{
    uint64_t us = ns > 0 ? ((uint64_t)ns + 500) / 1000 : 0;
    gl_buf_append_u64(out, us / 1000);
    gl_buf_append_char(out, '.');
    gl_buf_append_char(out, (char)('0' + us / 100 % 10));
    gl_buf_append_char(out, (char)('0' + us / 10 % 10));
    gl_buf_append_char(out, (char)('0' + us % 10));
}

/* W3C's Server-Timing, in milliseconds: waiting for a turn and between attempts, the attempts, and
 * the rest, which is ours. */
static void write_timing(const gateway_facts *facts, gl_buf *out)
{
    const glimpse_timings *times = glimpse_result_timings(facts->result);
    int64_t waited = times->queue_ns + times->backoff_ns, upstream = times->total_ns - waited;
    bool followed = glimpse_result_source(facts->result) == GLIMPSE_SOURCE_COALESCED;
    if (upstream < 0 || (times->started_ns < 0 && !followed)) upstream = 0;
    int64_t rest = facts->gateway_ns - waited - upstream;
    gl_buf_append_str(out, "server-timing: queue;dur=");
    write_ms(out, waited);
    gl_buf_append_str(out, ", upstream;dur=");
    write_ms(out, upstream);
    gl_buf_append_str(out, ", gw;dur=");
    write_ms(out, rest);
    gl_buf_append_str(out, "\r\n");
}

static void write_way(const gateway_facts *facts, gl_buf *out)
{
    gl_buf_append_str(out, "glimpse-attempts: ");
    gl_buf_append_i64(out, glimpse_result_attempts(facts->result));
    gl_buf_append_str(out, "\r\n");
    write_status(facts, out);
    write_cache_status(facts, out);
    write_timing(facts, out);
}

void gateway_head_write(const gateway_facts *facts, gl_buf *out)
{
    gl_buf_append_str(out, GATEWAY_NOT_STORED "glimpse-request-id: glimpse-");
    gl_buf_append_hex(out, facts->process, 16);
    gl_buf_append_char(out, '-');
    gl_buf_append_u64(out, facts->number);
    gl_buf_append_str(out, "\r\n");
    if (facts->result != NULL) {
        write_passed(facts, out);
        /* Of an answer that was made here no endpoint gave anything. */
        bool local =
            gateway_source_of(facts->result, facts->verdict->status) == GLIMPSE_SOURCE_LOCAL;
        const char *endpoint = local ? NULL : glimpse_result_endpoint(facts->result);
        if (endpoint != NULL) httpd_add_header(out, "glimpse-endpoint", gl_slice_str(endpoint));
        if (!facts->hides) write_way(facts, out);
    }
    write_proxy_status(facts, out);
    if (facts->retry_after_s > 0) {
        gl_buf_append_str(out, "retry-after: ");
        gl_buf_append_i64(out, facts->retry_after_s);
        gl_buf_append_str(out, "\r\n");
    }
    if (facts->verdict->no_retry) gl_buf_append_str(out, "x-should-retry: false\r\n");
}

void gateway_left_out_write(const glimpse_result *result, const char *code, gl_buf *out)
{
    static const char *const hiding[] = { "upstream_error", "upstream_timeout", "circuit_open",
                                          "queue_timeout", "deadline" };
    const char *name = glimpse_result_left_out(result);
    for (size_t i = 0; name != NULL && code != NULL && i < sizeof hiding / sizeof *hiding; i++)
        if (strcmp(code, hiding[i]) == 0)
            gl_buf_printf(
                out, " (The endpoint '%s' is left out: its key is refused or has no money.)", name);
}

void gateway_error_write(int status, const char *code, const char *param, gl_slice message,
                         gl_buf *out)
{
    gl_buf_append_str(out, "{\"error\":{\"message\":");
    gl_json_write_string(out, message);
    gl_buf_append_str(out, ",\"type\":");
    gl_json_write_string(out, gl_slice_str(gateway_error_type(status, code)));
    gl_buf_append_str(out, ",\"param\":");
    if (param != NULL)
        gl_json_write_string(out, gl_slice_str(param));
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"code\":");
    gl_json_write_string(out, gl_slice_str(code));
    gl_buf_append_str(out, "}}\n");
}
