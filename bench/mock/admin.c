/*
 * admin.c - the interface for tests while the server runs: its counts and its journal, and its
 * settings from now on. None of these requests is counted, kept in the journal, or made to wait.
 */
#include "mock/admin.h"

#include <stdio.h>

#include "base/json.h"
#include "mock/error.h"
#include "mock/server.h"
#include "mock/settings.h"
#include "mock/spec.h"

#define JOURNAL_SHOWN ((size_t)100) /* without ?limit=N */

static int done(struct mock_server *server)
{
    gl_buf_append_str(&server->body, "{\"ok\":true}");
    return 200;
}

int mock_admin_stats(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    (void)reply;
    gl_buf *out = &server->body;
    gl_time now = gl_clock_now();
    server->stats.open_connections = httpd_connections(server->http);
    mock_stats_write(&server->stats, now, out);
    if (out->failed) return 500;
    out->len--; /* the brace, to go on */
    gl_buf_append_str(out, ",\"queued_requests\":");
    gl_buf_append_u64(out, server->capacity.queued_requests);
    gl_buf_append_str(out, ",\"queue_peak\":");
    gl_buf_append_u64(out, server->capacity.queue_peak);
    gl_buf_append_str(out, ",\"closed_connections\":");
    gl_buf_append_u64(out, server->closed);
    gl_buf_append_str(out, ",\"recorded\":");
    gl_buf_append_u64(out, server->recorded);
    gl_buf_append_str(out, ",\"not_recorded\":");
    gl_buf_append_u64(out, server->not_recorded);
    gl_buf_append_str(out, ",\"replayed\":");
    gl_buf_append_u64(out, server->replayed);
    gl_buf_append_str(out, ",\"replay_misses\":");
    gl_buf_append_u64(out, server->replay_misses);
    gl_buf_append_char(out, ',');
    mock_batches_write_stats(&server->batches, now, out);
    gl_buf_append_char(out, '}');
    return 200;
}

int mock_admin_health(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    (void)reply;
    gl_time now = gl_clock_now();
    if (mock_outages_at(&server->rules.outages, gl_time_since(now, server->windows_from)))
        return mock_answer_error(503, NULL, "server_is_overloaded", "In an outage (simulated).",
                                 &server->body);
    gl_buf_append_str(&server->body, "{\"status\":\"ok\"}");
    return 200;
}

int mock_admin_metrics(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    server->stats.open_connections = httpd_connections(server->http);
    mock_metrics_write(server, &server->body);
    reply->type = "text/plain; version=0.0.4; charset=utf-8";
    return 200;
}

int mock_admin_journal(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    double after = 0;
    gl_slice unit, given = mock_query_get(call->query, "after");
    size_t limit = mock_query_limit(call->query, JOURNAL_SHOWN, MOCK_JOURNAL_MAX);
    if (limit == 0)
        return mock_answer_error(400, "limit", NULL, "limit is 1 to 100000.", &server->body);
    if (given.data != NULL && (!mock_spec_number(given, &after, &unit) || unit.len != 0))
        return mock_answer_error(400, "after", NULL, "after is the number of a request.",
                                 &server->body);
    mock_journal_write(&server->journal, (uint64_t)after, limit, gl_clock_now(), &server->body);
    return 200;
}

int mock_admin_journal_clear(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    (void)reply;
    mock_journal_clear(&server->journal);
    return done(server);
}

/* --- settings --------------------------------------------------------------------------------- */

static int show_settings(struct mock_server *server)
{
    mock_settings_write(&server->options, &server->body);
    return 200;
}

int mock_admin_settings(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    (void)reply;
    return show_settings(server);
}

/* All of them or none: a copy is changed and read first. */
int mock_admin_set(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    char problem[512] = "out of memory";
    mock_options changed;
    if (!mock_settings_copy(&changed, &server->options))
        return mock_answer_error(500, NULL, NULL, problem, &server->body);
    if (mock_settings_change(&changed, call->body, problem, sizeof problem) &&
        mock_server_take(server, &changed, problem, sizeof problem))
        return show_settings(server);
    mock_settings_free(&changed);
    return mock_answer_error(400, NULL, "bad_setting", problem, &server->body);
}

/* Requests under way go on and are counted nowhere, because they began before. */
int mock_admin_reset(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    (void)reply;
    char problem[512] = "out of memory";
    mock_options first;
    bool copied = mock_settings_copy(&first, &server->first_options);
    if (copied && mock_server_take(server, &first, problem, sizeof problem)) {
        mock_server_reset(server);
        return done(server);
    }
    if (copied) mock_settings_free(&first);
    return mock_answer_error(500, NULL, NULL, problem, &server->body);
}
