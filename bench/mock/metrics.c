/* metrics.c - see metrics.h. Pure. */
#include "mock/metrics.h"

#include "base/json.h"
#include "mock/server.h"

static const struct {
    gl_time at;
    const char *text; /* in seconds */
} bounds[MOCK_BUCKETS] = {
    { 1 * GL_MS, "0.001" },   { 2500 * GL_US, "0.0025" }, { 5 * GL_MS, "0.005" },
    { 10 * GL_MS, "0.01" },   { 25 * GL_MS, "0.025" },    { 50 * GL_MS, "0.05" },
    { 100 * GL_MS, "0.1" },   { 250 * GL_MS, "0.25" },    { 500 * GL_MS, "0.5" },
    { 1 * GL_SECOND, "1" },   { 2500 * GL_MS, "2.5" },    { 5 * GL_SECOND, "5" },
    { 10 * GL_SECOND, "10" }, { 30 * GL_SECOND, "30" },   { 60 * GL_SECOND, "60" },
};

void mock_durations_add(mock_durations *durations, gl_time duration)
{
    size_t i = 0;
    while (i < MOCK_BUCKETS && duration > bounds[i].at) i++;
    durations->count[i]++;
    durations->sum += duration;
}

static void head(gl_buf *out, const char *name, const char *type, const char *help)
{
    gl_buf_printf(out, "# HELP mock_%s %s\n# TYPE mock_%s %s\n", name, help, name, type);
}

static void sample(gl_buf *out, const char *name, const char *labels, uint64_t value)
{
    gl_buf_printf(out, "mock_%s%s ", name, labels);
    gl_buf_append_u64(out, value);
    gl_buf_append_char(out, '\n');
}

static void plain(gl_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    sample(out, name, "", value);
}

static void histogram(gl_buf *out, const char *name, const char *help,
                      const mock_durations *durations)
{
    uint64_t count = 0;
    char labels[32];
    head(out, name, "histogram", help);
    for (size_t i = 0; i <= MOCK_BUCKETS; i++) {
        count += durations->count[i];
        snprintf(labels, sizeof labels, "_bucket{le=\"%s\"}",
                 i < MOCK_BUCKETS ? bounds[i].text : "+Inf");
        sample(out, name, labels, count);
    }
    gl_buf_printf(out, "mock_%s_sum ", name);
    gl_json_write_double(out, (double)durations->sum / (double)GL_SECOND);
    gl_buf_append_char(out, '\n');
    sample(out, name, "_count", count);
}

static void by_label(const mock_stats *stats, gl_buf *out)
{
    char labels[48];
    head(out, "requests_total", "counter", "Requests for a model whose answer was begun.");
    for (int status = 100; status < 600; status++) {
        if (stats->by_status[status] == 0) continue;
        snprintf(labels, sizeof labels, "{status=\"%d\"}", status);
        sample(out, "requests_total", labels, stats->by_status[status]);
    }
    head(out, "faults_total", "counter", "Faults that requests met.");
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) {
        if (stats->by_fault[i] == 0) continue;
        snprintf(labels, sizeof labels, "{fault=\"%s\"}", mock_fault_name((mock_fault)i));
        sample(out, "faults_total", labels, stats->by_fault[i]);
    }
}

void mock_metrics_write(const struct mock_server *server, gl_buf *out)
{
    const mock_stats *stats = &server->stats;
    const mock_metrics *metrics = &server->metrics;
    by_label(stats, out);
    plain(out, "requests_received_total", "counter", "Requests for a model received whole.",
          stats->requests);
    plain(out, "requests_left_total", "counter", "Requests whose client was gone before the end.",
          stats->left);
    plain(out, "requests_refused_total", "counter",
          "Requests refused by an outage, the quota, a limit or the full queue.",
          stats->outage_requests + stats->quota_requests + stats->limited_requests +
              stats->queue_refused);
    plain(out, "requests_in_flight", "gauge", "Requests received and not ended.", stats->in_flight);
    plain(out, "requests_waiting", "gauge", "Those of them that wait for a place (--capacity).",
          server->capacity.queued);
    plain(out, "connections", "gauge", "Open connections.", stats->open_connections);
    plain(out, "connections_closed_total", "counter",
          "Connections closed under a request that came on them.", server->closed);
    plain(out, "prompt_tokens_total", "counter", "Tokens of prompts that were answered.",
          metrics->prompt_tokens);
    plain(out, "completion_tokens_total", "counter", "Tokens of answers.",
          metrics->completion_tokens);
    histogram(out, "request_duration_seconds", "From a request, whole, to the end of its answer.",
              &metrics->duration);
    histogram(out, "time_to_first_token_seconds", "Of streams: from a request to its first token.",
              &metrics->first_token);
}
