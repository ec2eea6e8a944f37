/* caller.c - see caller.h. */
#include "caller.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

static void hang_up(caller *c, bool reset)
{
    const struct linger at_once = { 1, 0 };
    if (c->connection == NULL) return;
    evutil_socket_t fd = bufferevent_getfd(c->connection);
    if (reset && fd >= 0) setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    bufferevent_free(c->connection);
    c->connection = NULL;
}

static void end(caller *c, caller_end how)
{
    event_del(&c->leave);
    c->busy = false;
    if (how == CALLER_LEFT) hang_up(c, c->asked.resets);
    if (how == CALLER_LOST || how == CALLER_CUT || how == CALLER_WRONG || c->reply.close)
        hang_up(c, false);
    c->rules->ended(c, how, c->rules->arg);
}

static void patience_is_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    end(arg, CALLER_LEFT);
}

static void readable(struct bufferevent *connection, void *arg)
{
    caller *c = arg;
    struct evbuffer *in = bufferevent_get_input(connection);
    if (!c->busy) { /* nobody asked for it */
        hang_up(c, false);
        return;
    }
    reply_progress progress = reply_read(&c->reply, in);
    bool middle = c->asked.leaves && c->asked.events != 0;
    if (progress == REPLY_MORE) {
        if (middle && reply_count(c->reply.body, "\ndata: ") >= c->asked.events)
            end(c, CALLER_LEFT);
    } else if (progress == REPLY_BAD || evbuffer_get_length(in) != 0) {
        end(c, CALLER_WRONG);
    } else if (c->reply.status != 200) {
        end(c, CALLER_REFUSED);
    } else {
        end(c, question_answered(&c->asked, &c->reply) ? CALLER_ANSWERED : CALLER_WRONG);
    }
}

static void connection_ended(struct bufferevent *connection, short what, void *arg)
{
    caller *c = arg;
    (void)connection;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0) return;
    if (c->busy)
        end(c, question_cut(&c->asked, &c->reply) ? CALLER_CUT : CALLER_LOST);
    else
        hang_up(c, false);
}

static void open_connection(caller *c)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)c->rules->plan->port),
                                    .sin_addr = { htonl(INADDR_LOOPBACK) } };
    /* Deferred, so that a refused connect is reported from the loop too. */
    c->connection =
        bufferevent_socket_new(c->rules->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (c->connection == NULL) abort();
    bufferevent_setcb(c->connection, readable, NULL, connection_ended, c);
    bufferevent_enable(c->connection, EV_READ | EV_WRITE);
    bufferevent_socket_connect(c->connection, (const struct sockaddr *)&to, sizeof to);
    c->connections++;
}

caller *caller_new(const caller_rules *rules)
{
    caller *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->rules = rules;
    gl_node_init(&c->node);
    reply_open(&c->reply);
    evtimer_assign(&c->leave, rules->base, patience_is_over, c);
    return c;
}

void caller_free(caller *c)
{
    event_del(&c->leave);
    hang_up(c, false);
    reply_close(&c->reply);
    gl_node_remove(&c->node);
    free(c);
}

void caller_ask(caller *c, const question *q)
{
    c->busy = true;
    c->asked = *q;
    c->began = gl_clock_now();
    reply_again(&c->reply);
    if (c->connection == NULL)
        open_connection(c);
    else
        c->reused++;
    question_write(c->rules->plan, q, bufferevent_get_output(c->connection));
    if (q->leaves && q->events == 0) {
        const struct timeval in = { (time_t)(q->patience_us / 1000000),
                                    (suseconds_t)(q->patience_us % 1000000) };
        evtimer_add(&c->leave, &in);
    }
}
