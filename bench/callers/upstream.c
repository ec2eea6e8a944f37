/* upstream.c - see upstream.h. */
#include "upstream.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define EVERY_US 500000
/* Read again, because they may have ended since. */
#define OVERLAP UINT64_C(5000)

/* --- the journal ------------------------------------------------------------------------------ */

static uint64_t text_of(gl_slice body)
{
    static const char mark[] = QUESTION_MARK;
    const char *at = memmem(body.data, body.len, mark, sizeof mark - 1);
    return at != NULL ? strtoull(at + sizeof mark - 1, NULL, 10) : UINT64_MAX;
}

static void measure_end(upstream *u, gl_json entry, crowd_note *note)
{
    double came, took;
    if (note->left_ms == 0 || note->left_measured ||
        gl_json_get(entry, "left").kind != GL_JSON_TRUE ||
        !gl_json_double(gl_json_get(entry, "time_ms"), &came) ||
        !gl_json_double(gl_json_get(entry, "duration_ms"), &took))
        return;
    double late = came + took - (double)note->left_ms;
    note->left_measured = true;
    u->counts.ended_early++;
    u->counts.late_over_ms += late > UPSTREAM_LATE_MS;
    if (late > u->counts.late_most_ms) u->counts.late_most_ms = late;
}

static void take_entry(upstream *u, gl_json entry)
{
    int64_t number = 0;
    gl_json body = gl_json_get(entry, "body");
    gl_json_int64(gl_json_get(entry, "number"), &number);
    crowd_note *note = crowd_note_of(u->crowd, text_of(body.text));
    if ((uint64_t)number > u->last) {
        u->counts.unseen += (uint64_t)number - u->last - 1;
        u->last = (uint64_t)number;
        bool fault = gl_json_get(entry, "fault").kind != GL_JSON_NULL;
        u->counts.seen += note != NULL;
        u->counts.faults += note != NULL && fault;
        if (note != NULL && !fault && note->attempts++ > 0 && note->left_ms == 0)
            u->counts.doubled++;
    }
    if (note == NULL) return;
    u->under_way += gl_json_get(entry, "duration_ms").kind == GL_JSON_NULL;
    measure_end(u, entry, note);
}

static void take_journal(upstream *u)
{
    gl_json root, entry;
    u->under_way = 0;
    size_t len = evbuffer_get_length(u->reply.body);
    const char *bytes = (const char *)evbuffer_pullup(u->reply.body, -1);
    if (u->reply.status != 200 || gl_json_check(gl_slice_of(bytes, len), &root, NULL) != GL_JSON_OK)
        return;
    gl_json_iter iter = gl_json_begin(gl_json_get(root, "data"));
    while (gl_json_next(&iter, NULL, &entry)) take_entry(u, entry);
}

/* --- reading it ------------------------------------------------------------------------------- */

static void hang_up(upstream *u)
{
    if (u->connection != NULL) bufferevent_free(u->connection);
    u->connection = NULL;
}

static void look_again(upstream *u, int64_t us)
{
    const struct timeval in = { us / 1000000, us % 1000000 };
    evtimer_add(&u->again, &in);
}

static void readable(struct bufferevent *connection, void *arg)
{
    upstream *u = arg;
    reply_progress progress = reply_read(&u->reply, bufferevent_get_input(connection));
    if (progress == REPLY_MORE) return;
    take_journal(u);
    hang_up(u);
    if (u->closing && u->under_way == 0)
        u->done(u->arg);
    else
        look_again(u, EVERY_US);
}

static void broken(struct bufferevent *connection, short what, void *arg)
{
    upstream *u = arg;
    (void)connection;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0) return;
    hang_up(u);
    if (u->closing)
        u->done(u->arg);
    else
        look_again(u, EVERY_US);
}

static void look(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    upstream *u = arg;
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)u->crowd->plan->mock_port),
                                    .sin_addr = { htonl(INADDR_LOOPBACK) } };
    uint64_t after = u->last > OVERLAP ? u->last - OVERLAP : 0;
    reply_again(&u->reply);
    u->connection = bufferevent_socket_new(u->crowd->rules.base, -1,
                                           BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (u->connection == NULL) abort();
    bufferevent_setcb(u->connection, readable, NULL, broken, u);
    bufferevent_enable(u->connection, EV_READ | EV_WRITE);
    evbuffer_add_printf(
        bufferevent_get_output(u->connection),
        "GET /__mock/journal?after=%" PRIu64 "&limit=100000 HTTP/1.1\r\nHost: mock\r\n\r\n", after);
    bufferevent_socket_connect(u->connection, (const struct sockaddr *)&to, sizeof to);
}

/* --- life ------------------------------------------------------------------------------------- */

void upstream_open(upstream *u, crowd *c)
{
    *u = (upstream){ .crowd = c };
    reply_open(&u->reply);
    evtimer_assign(&u->again, c->rules.base, look, u);
    look_again(u, 0);
}

void upstream_finish(upstream *u, void (*done)(void *arg), void *arg)
{
    u->done = done;
    u->arg = arg;
    u->closing = true;
    hang_up(u); /* the answer that is under way may be too old */
    look_again(u, EVERY_US);
}

void upstream_close(upstream *u)
{
    event_del(&u->again);
    hang_up(u);
    reply_close(&u->reply);
}
