/*
 * pace.c - sends an answer piece by piece: the tokens of a stream in their time, and the faults in
 * the middle of an answer. It only moves the end of the bytes that may be sent.
 */
#include "mock/relay.h"

#define PACE_LONGEST 3.6e12 /* ns: an hour, as of a latency */

gl_time mock_pace_slowed(const struct mock_server *server, gl_time time)
{
    double slowdown = server->rules.slowdown;
    uint64_t served = server->capacity.served;
    if (!(slowdown > 0) || served < 2) return time;
    double slowed = (double)time * (1 + slowdown * (double)(served - 1));
    return slowed < PACE_LONGEST ? (gl_time)slowed : (gl_time)PACE_LONGEST;
}

/* Returns the time until the next piece: at a rate of tokens, the time of all its tokens. */
static gl_time next_gap(struct mock_server *server)
{
    gl_time gap = server->rules.draws_gaps
                      ? mock_latency_draw(&server->rules.gaps, &server->gap_rng)
                      : server->rules.token_gap * server->rules.piece_tokens;
    return mock_pace_slowed(server, gap);
}

/* --- in the middle ---------------------------------------------------------------------------- */

/* Returns true when the answer has come to the fault's place: behind its token or before the last
 * one of a shorter stream; behind half of a plain answer. */
static bool is_at_place(const mock_conn *conn)
{
    if (!conn->placed) return false;
    return !conn->is_streamed || conn->gone >= conn->mishap.tokens || conn->tokens <= 1;
}

/* Plays the fault. Returns true when the answer goes on. */
static bool happen(mock_conn *conn)
{
    conn->placed = false;
    if (!conn->is_streamed) conn->ready = conn->half;
    mock_head_stamp_first(conn);
    switch (conn->mishap.fault) {
    case MOCK_FAULT_STALL:
        conn->token_at = gl_clock_now() + conn->mishap.pause;
        mock_conn_set_due(conn, conn->token_at);
        return true;
    case MOCK_FAULT_HANG:
        conn->hangs = true;
        return true;
    default: /* reset, truncate: the unsent rest is dropped */
        conn->out.len = conn->ready;
        conn->last_sent_at = 0;
        conn->closing = true;
        conn->resets = conn->mishap.fault == MOCK_FAULT_RESET;
        return false;
    }
}

/* --- a step ----------------------------------------------------------------------------------- */

/* Returns where in the body a token ends. */
static uint32_t end_of(const mock_conn *conn, size_t token)
{
    uint32_t end = 0;
    if (token < conn->ends.len / sizeof end)
        memcpy(&end, conn->ends.data + token * sizeof end, sizeof end);
    return end;
}

bool mock_pace_step(mock_conn *conn)
{
    struct mock_server *server = conn->server;
    if (conn->exchange != NULL) return mock_replay_step(conn);
    if (conn->drops) return false;
    if (is_at_place(conn)) return happen(conn);
    if (conn->tokens <= 1) return false;
    gl_time now = gl_clock_now();
    /* By the schedule and not by the present, or each token would add its lateness. */
    bool first = conn->gone == 0;
    if (first) conn->token_at = now;
    conn->ready = conn->body_at + end_of(conn, conn->gone);
    conn->tokens--;
    conn->gone++;
    if (first) mock_head_stamp_first(conn);
    if (first && conn->counted)
        mock_durations_add(&server->metrics.first_token, gl_time_since(now, conn->received));
    conn->token_at += next_gap(server);
    mock_conn_set_due(conn, conn->token_at);
    return true;
}
