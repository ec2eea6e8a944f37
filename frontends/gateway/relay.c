/*
 * relay.c - a stream: events as they came, one write each; its head, its pings, its end.
 *
 * The head goes with the first event that has some of the answer, so that a failure before it is
 * still a status. A stream that fails later ends with one error event and a closed connection,
 * never with the event that announces its end.
 */
#include <event2/event.h>
#include <glimpse/flow.h>
#include <stdio.h>

#include "gateway/replay.h"
#include "gateway/state.h"

/* A client that leaves 256 KiB unread (httpd_full) pauses its request. While others read the same
 * answer the endpoint goes on, and a client is cut that has so much more to come: 1 MiB in all. */
#define MAY_MISS ((size_t)768 * 1024)

#define TYPE "text/event-stream; charset=utf-8"

/* --- pings ------------------------------------------------------------------------------------ */

static uint64_t ping_ns(const gateway *gate)
{
    return (uint64_t)gate->config.ping_ms * 1000000;
}

static void arm(gateway *gate)
{
    gl_node *first = gl_list_first(&gate->streams);
    if (first == NULL) return;
    uint64_t now = glimpse_monotonic_ns();
    uint64_t due = GL_CONTAINER(first, gateway_exchange, streams)->wrote_ns + ping_ns(gate);
    uint64_t left_us = due > now ? (due - now) / 1000 + 1 : 1;
    const struct timeval in = { (time_t)(left_us / 1000000), (suseconds_t)(left_us % 1000000) };
    event_add(&gate->ping_due, &in);
}

/* Those that were silent for longest are first. */
static void note_written(gateway_exchange *exchange)
{
    gateway *gate = exchange->gate;
    if (gate->config.ping_ms <= 0) return;
    exchange->wrote_ns = glimpse_monotonic_ns();
    gl_node_remove(&exchange->streams);
    gl_list_push_back(&gate->streams, &exchange->streams);
    if (!evtimer_pending(&gate->ping_due, NULL)) arm(gate);
}

static void ping_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    gateway *gate = arg;
    uint64_t now = glimpse_monotonic_ns();
    gl_node *node;
    while ((node = gl_list_first(&gate->streams)) != NULL) {
        gateway_exchange *exchange = GL_CONTAINER(node, gateway_exchange, streams);
        if (exchange->wrote_ns + ping_ns(gate) > now) break;
        note_written(exchange);
        if (httpd_unsent(exchange->conn) != 0) continue; /* it is behind: not silent */
        httpd_piece(exchange->conn, gl_slice_str(": ping\n\n"));
        httpd_flush(exchange->conn);
    }
    arm(gate);
}

void gateway_streams_init(gateway *gate)
{
    gl_list_init(&gate->streams);
    evtimer_assign(&gate->ping_due, gate->config.base, ping_due, gate);
}

/* --- comments --------------------------------------------------------------------------------- */

/* The last threshold that has passed: from 1, for t1. */
static void write_notice(gateway_exchange *exchange)
{
    char room[64];
    int len = snprintf(room, sizeof room, ": glimpse-notice=t%d; elapsed-ms=%lld\n\n",
                       exchange->notice, (long long)exchange->notice_ms);
    httpd_piece(exchange->conn, gl_slice_of(room, (size_t)len));
    exchange->kept.bytes += (size_t)len;
    exchange->notice = 0;
}

/* One that passes before the head, or while the client is behind, waits for the next event. */
void gateway_got_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    gateway_exchange *exchange = arg;
    if (notice->kind > GLIMPSE_NOTICE_DEGRADED || exchange->conn == NULL) return;
    exchange->notice = (int)(notice->kind - GLIMPSE_NOTICE_TRYING) + 1;
    exchange->notice_ms = notice->elapsed_ms;
    if (!exchange->begun || httpd_unsent(exchange->conn) != 0) return;
    write_notice(exchange);
    httpd_flush(exchange->conn);
    note_written(exchange);
}

/* --- the head --------------------------------------------------------------------------------- */

static void begin(gateway_exchange *exchange, const gateway_facts *facts)
{
    gateway *gate = exchange->gate;
    gl_buf_reset(&gate->head);
    gateway_head_write(facts, &gate->head);
    gl_buf_append_str(&gate->head, "x-accel-buffering: no\r\n");
    httpd_begin(exchange->conn, 200, TYPE, gl_buf_slice(&gate->head), -1);
    exchange->begun = true;
    gateway_entry_answered(exchange, 200, NULL);
}

/* --- events ----------------------------------------------------------------------------------- */

void gateway_drained(httpd_conn *conn)
{
    const gateway *gate = httpd_arg(conn);
    const gateway_client *client = httpd_user(conn);
    if (client->exchange != NULL) glimpse_request_go_on(gate->config.engine, client->exchange->id);
}

void gateway_got_event(glimpse_id id, const glimpse_event *event, void *arg)
{
    gateway_exchange *exchange = arg;
    const gateway_verdict fine = { .status = 200 };
    if (exchange->conn == NULL) return;
    if (!exchange->wants_usage && gateway_is_usage(gl_slice_of(event->data, event->data_len)))
        return; /* another request asked for it */
    if (!exchange->begun) {
        const gateway_facts facts = { .verdict = &fine,
                                      .process = exchange->gate->process,
                                      .number = exchange->number };
        begin(exchange, &facts);
    }
    if (exchange->notice != 0) write_notice(exchange);
    httpd_piece(exchange->conn, gl_slice_of(event->bytes, event->len));
    httpd_flush(exchange->conn);
    exchange->kept.bytes += event->len;
    note_written(exchange);
    if (httpd_full(exchange->conn))
        glimpse_request_pause(exchange->gate->config.engine, id, MAY_MISS);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* What is known only now. Each line of a comment begins with a colon. */
static void write_last_comment(const glimpse_result *result, int status, gl_buf *out)
{
    const glimpse_timings *times = glimpse_result_timings(result);
    gl_buf_printf(out, ": glimpse-status=%s%s; glimpse-attempts=%d; total-ms=%.3f",
                  glimpse_source_name(gateway_source_of(result, status)),
                  glimpse_result_stale(result) ? ", stale" : "", glimpse_result_attempts(result),
                  (double)times->total_ns / 1e6);
    if (glimpse_result_endpoint(result) != NULL)
        gl_buf_printf(out, "; glimpse-endpoint=%s", glimpse_result_endpoint(result));
    if (*glimpse_result_request_id(result) != '\0')
        gl_buf_printf(out, "; x-request-id=%s", glimpse_result_request_id(result));
    gl_buf_append_str(out, "\n\n");
}

void gateway_end_stream(gateway_exchange *exchange, const glimpse_result *result,
                        const gateway_verdict *verdict, gl_slice error)
{
    gl_buf end;
    gl_buf_init(&end, 256 * 1024);
    gl_node_remove(&exchange->streams);
    bool whole = glimpse_result_error(result) == GLIMPSE_OK;
    if (!whole) {
        const char *code = verdict->code != NULL ? verdict->code : "upstream_error";
        gateway_entry_answered(exchange, verdict->status, code);
        gl_buf_append_str(&end, "data: ");
        gateway_error_write(verdict->status, code, NULL, error, &end);
        gl_buf_append_char(&end, '\n');
    }
    if (!exchange->gate->config.hides_cache) write_last_comment(result, verdict->status, &end);
    if (!end.failed) httpd_piece(exchange->conn, gl_buf_slice(&end));
    exchange->kept.bytes += end.len;
    gl_buf_free(&end);
    if (whole && !end.failed)
        httpd_done(exchange->conn);
    else
        httpd_cut(exchange->conn);
}

bool gateway_answer_as_stream(gateway_exchange *exchange, gl_slice body, const gateway_facts *facts)
{
    gl_buf events;
    gl_buf_init(&events, SIZE_MAX / 2);
    bool good =
        gateway_replay(exchange->kind, body, exchange->wants_usage, &events) && !events.failed;
    if (good) {
        begin(exchange, facts);
        httpd_piece(exchange->conn, gl_buf_slice(&events));
        httpd_done(exchange->conn);
        exchange->kept.bytes += events.len;
    }
    gl_buf_free(&events);
    return good;
}
