/* status.c - see status.h. The page is status_page.html. */
#include "gateway/status.h"

#include <glimpse/stats.h>
#include <stdio.h>

#include "base/json.h"
#include "base/sha256.h"
#include "gateway/ready.h"

/* Made of status_page.html by the build. */
extern const unsigned char gateway_status_page[];
extern const size_t gateway_status_page_len;

/* --- the policy ------------------------------------------------------------------------------- */

static void write_base64(gl_buf *out, const unsigned char digest[32])
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < 32; i += 3) {
        unsigned bits = (unsigned)digest[i] << 16 | (unsigned)digest[i + 1] << 8;
        if (i + 2 < 32) bits |= digest[i + 2];
        gl_buf_append_char(out, signs[bits >> 18]);
        gl_buf_append_char(out, signs[bits >> 12 & 63]);
        gl_buf_append_char(out, signs[bits >> 6 & 63]);
        gl_buf_append_char(out, i + 2 < 32 ? signs[bits & 63] : '=');
    }
}

/* The text between <name> and </name>. */
static gl_slice inside(gl_slice page, const char *open, const char *close)
{
    const char *from = memmem(page.data, page.len, open, strlen(open));
    if (from == NULL) return gl_slice_of("", 0);
    from += strlen(open);
    const char *to = memmem(from, page.len - (size_t)(from - page.data), close, strlen(close));
    return to != NULL ? gl_slice_of(from, (size_t)(to - from)) : gl_slice_of("", 0);
}

bool gateway_status_policy(gl_slice page, gl_buf *out)
{
    const gl_slice parts[] = { inside(page, "<script>", "</script>"),
                               inside(page, "<style>", "</style>") };
    static const char *const names[] = { "; script-src 'sha256-", "; style-src 'sha256-" };
    unsigned char digest[32];
    gl_sha256 *sha = gl_sha256_new();
    bool good = sha != NULL;
    gl_buf_append_str(out, "default-src 'none'; connect-src 'self'; img-src data:; "
                           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    for (size_t i = 0; i < 2 && good; i++) {
        good = gl_sha256_digest(sha, &parts[i], 1, digest);
        gl_buf_append_str(out, names[i]);
        write_base64(out, digest);
        gl_buf_append_char(out, '\'');
    }
    gl_sha256_free(sha);
    return good && !out->failed;
}

/* --- the figures ------------------------------------------------------------------------------ */

static void name_member(gl_buf *out, const char *name)
{
    if (out->data[out->len - 1] != '{') gl_buf_append_char(out, ',');
    gl_json_write_string(out, gl_slice_str(name));
    gl_buf_append_char(out, ':');
}

static void text_member(gl_buf *out, const char *name, const char *text)
{
    name_member(out, name);
    if (text != NULL)
        gl_json_write_string(out, gl_slice_str(text));
    else
        gl_buf_append_str(out, "null");
}

static void count_member(gl_buf *out, const char *name, uint64_t count)
{
    name_member(out, name);
    gl_buf_append_u64(out, count);
}

static void number_member(gl_buf *out, const char *name, double number, bool known)
{
    name_member(out, name);
    if (known)
        gl_json_write_double(out, number);
    else
        gl_buf_append_str(out, "null");
}

static void write_endpoint(const gateway *gate, const glimpse_endpoint_stats *endpoint, gl_buf *out)
{
    static const char *const circuits[] = { "closed", "open", "probing" };
    char problem[120];
    gl_buf_append_char(out, '{');
    text_member(out, "name", *endpoint->name != '\0' ? endpoint->name : gate->endpoint_name);
    name_member(out, "open");
    gl_buf_append_str(out, endpoint->open ? "true" : "false");
    text_member(out, "circuit", circuits[endpoint->circuit]);
    name_member(out, "key_stopped");
    gl_buf_append_str(out, endpoint->key_stopped ? "true" : "false");
    count_member(out, "in_flight", endpoint->in_flight);
    count_member(out, "window", endpoint->window);
    if (endpoint->http_status != 0)
        snprintf(problem, sizeof problem, "%d %s", endpoint->http_status, endpoint->problem);
    else
        snprintf(problem, sizeof problem, "%s", endpoint->problem != NULL ? endpoint->problem : "");
    text_member(out, "problem", *problem != '\0' ? problem : NULL);
    gl_buf_append_char(out, '}');
}

static void write_endpoints(const gateway *gate, gl_buf *out)
{
    glimpse_endpoint_stats endpoint;
    glimpse_endpoint_stats_init(&endpoint);
    name_member(out, "endpoints");
    gl_buf_append_char(out, '[');
    for (size_t i = 0; glimpse_engine_endpoint(gate->config.engine, i, &endpoint) == GLIMPSE_OK;
         i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        write_endpoint(gate, &endpoint, out);
    }
    gl_buf_append_char(out, ']');
}

static void write_latency(const glimpse_stats *stats, gl_buf *out)
{
    const struct {
        const char *name;
        int64_t us;
    } rows[] = { { "p50", stats->latency_p50_us },
                 { "p75", stats->latency_p75_us },
                 { "p95", stats->latency_p95_us },
                 { "p99", stats->latency_p99_us },
                 { "max", stats->latency_max_us } };
    name_member(out, "latency_ms");
    gl_buf_append_char(out, '{');
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        number_member(out, rows[i].name, (double)rows[i].us / 1e3, stats->delivered != 0);
    gl_buf_append_char(out, '}');
}

static void write_answers(const gateway *gate, gl_buf *out)
{
    gateway_sums sums;
    gateway_tally_sum(gate->tally, &sums);
    name_member(out, "answers");
    gl_buf_append_char(out, '{');
    count_member(out, "good", sums.good);
    count_member(out, "failed", sums.failed);
    count_member(out, "left", sums.left);
    gl_buf_append_char(out, '}');
    name_member(out, "sources");
    gl_buf_append_char(out, '{');
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++)
        count_member(out, glimpse_source_name((glimpse_source)i), sums.by_source[i]);
    gl_buf_append_char(out, '}');
    uint64_t hits = sums.by_source[GLIMPSE_SOURCE_CACHE] + sums.by_source[GLIMPSE_SOURCE_COALESCED];
    number_member(out, "hit_rate", sums.good != 0 ? (double)hits / (double)sums.good : 0,
                  sums.good != 0);
}

static void write_alerts(const glimpse_stats *stats, gl_buf *out)
{
    bool first = true;
    name_member(out, "alerts");
    gl_buf_append_char(out, '[');
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) {
        if (!stats->alerts_firing[i]) continue;
        if (!first) gl_buf_append_char(out, ',');
        first = false;
        gl_json_write_string(out, gl_slice_str(glimpse_alert_name((glimpse_alert_kind)i)));
    }
    gl_buf_append_char(out, ']');
}

void gateway_status_write(const gateway *gate, gl_buf *out)
{
    glimpse_stats stats;
    uint64_t waiting[2];
    glimpse_stats_init(&stats);
    glimpse_engine_stats(gate->config.engine, &stats);
    gateway_waiting_by_class(gate, waiting);
    gl_buf_append_char(out, '{');
    text_member(out, "version", glimpse_version());
    count_member(out, "uptime_s", (glimpse_monotonic_ns() - gate->began_ns) / 1000000000);
    text_member(out, "ready", gateway_ready_word(gate));
    write_alerts(&stats, out);
    write_endpoints(gate, out);
    name_member(out, "requests");
    gl_buf_append_char(out, '{');
    count_member(out, "live", gate->count);
    count_member(out, "in_flight", stats.in_flight);
    gl_buf_append_char(out, '}');
    name_member(out, "waiting");
    gl_buf_append_char(out, '{');
    count_member(out, "interactive", waiting[GLIMPSE_PRIORITY_INTERACTIVE]);
    count_member(out, "bulk", waiting[GLIMPSE_PRIORITY_BULK]);
    gl_buf_append_char(out, '}');
    count_member(out, "connections", httpd_connections(gate->server));
    write_answers(gate, out);
    count_member(out, "retries", stats.retries);
    write_latency(&stats, out);
    gl_buf_append_str(out, "}\n");
}

/* --- showing them ----------------------------------------------------------------------------- */

void gateway_status_show(gateway *gate, httpd_conn *conn, gateway_kind kind)
{
    static const char common[] = "cache-control: no-store\r\nx-content-type-options: nosniff\r\n"
                                 "cross-origin-resource-policy: same-origin\r\n";
    bool page = kind == GATEWAY_PAGE;
    gl_slice body = gl_slice_of((const char *)gateway_status_page, gateway_status_page_len);
    gl_buf policy;
    gl_buf_init(&policy, 1024);
    gl_buf_reset(&gate->head);
    gl_buf_reset(&gate->body);
    gl_buf_append_str(&gate->head, common);
    if (page) {
        gateway_status_policy(body, &policy);
        if (!httpd_add_header(&gate->head, "content-security-policy", gl_buf_slice(&policy)))
            gate->head.failed = true;
    } else {
        gateway_status_write(gate, &gate->body);
        body = gl_buf_slice(&gate->body);
    }
    bool good = !policy.failed && !gate->head.failed && !gate->body.failed;
    gl_buf_free(&policy);
    if (!good) {
        httpd_reset(conn);
        return;
    }
    gateway_entry_plain(gate, conn, 200, NULL, 0, body.len);
    httpd_answer(conn, 200, page ? "text/html; charset=utf-8" : "application/json",
                 gl_buf_slice(&gate->head), body);
}
