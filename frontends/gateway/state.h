/*
 * state.h - shared by the files of the gateway: the gateway and one exchange.
 *
 *   gateway.c   life: sockets, drain, close          exchange.c  the order of one request
 *   refuse.c    errors of ours, as answers           waiting.c   the longest wait for a turn
 *   models.c    the endpoint's list of models        admit.c     who asks, and may spend how much
 *   entry.c     a request that has ended              tally.c     what is counted of them
 *   figures.c   the page of metrics
 *   body.c      the body, without its coding         cors.c      web pages from elsewhere
 */
#ifndef GATEWAY_STATE_H
#define GATEWAY_STATE_H

#include <event2/event_struct.h>

#include "base/buf.h"
#include "base/list.h"
#include "gateway/ask.h"
#include "gateway/callers.h"
#include "gateway/coding.h"
#include "gateway/gateway.h"
#include "gateway/head.h"
#include "gateway/known.h"
#include "gateway/path.h"
#include "gateway/strangers.h"
#include "gateway/tally.h"
#include "http/server.h"

/* What is kept for the end of a request, when its connection and its body may be gone. */
typedef struct gateway_kept {
    int status;            /* of the answer */
    const char *code;      /* of an error of ours; NULL: none */
    int64_t first_byte_ns; /* from its beginning to the head of its answer; below 0: none went */
    int64_t left_ns;       /* to the moment when the client had gone; below 0: it stayed */
    uint64_t bytes;        /* of the answer's body */
    int outcome;           /* the status that its end stands for, also of a stream that had begun */
    gateway_phase phase;   /* at which its client left */
    char model[80], peer[46];
} gateway_kept;

/* One request under way in the engine: from submit to its result. */
typedef struct gateway_exchange {
    gl_node node;  /* gateway->exchanges */
    gl_node waits; /* gateway->waiting */
    gateway *gate;
    httpd_conn *conn; /* NULL: the client has left */
    glimpse_id id;
    uint64_t number, began_ns;
    gateway_caller *caller;     /* owned; NULL: there are no keys */
    gateway_cost may_cost;      /* taken from its allowance */
    const glimpse_price *price; /* of its model; NULL: not known */
    double prompt_tokens;       /* an estimate */
    size_t body_len;
    size_t charged; /* bytes, with httpd_charge */
    gateway_kind kind;
    gl_node streams; /* gateway->streams, while its stream goes on */
    uint64_t wrote_ns;
    bool unshared, refreshed;
    bool stream, wants_usage; /* it wants events; with the usage */
    int notice;               /* the last threshold that its stream has not been given; 0: none */
    int64_t notice_ms;
    bool begun; /* the head of its stream is sent */
    glimpse_priority priority;
    gateway_kept kept;
    gateway_trace trace; /* as it is remembered */
    int max_attempts;
    bool waited_out; /* it was cancelled for its wait in the queue */
    int64_t held_ns; /* for so long no endpoint takes it; known then */
} gateway_exchange;

/* The part of a connection that is ours: httpd_user. */
typedef struct gateway_client {
    gateway_kind kind;
    gateway_coding coding;
    const char *origin;     /* of a web page that may ask, in config.cors; NULL: none */
    gateway_caller *caller; /* borrowed, of this generation of the keys; NULL: none */
    unsigned generation;
    gateway_exchange *exchange; /* NULL: none is under way */
    uint64_t began_ns;          /* of its request; 0: nobody wants to know */
    bool headed;                /* kind and caller are of the request that is here now */
    httpd_conn *conn;           /* set while it waits for the list of models */
    gl_node asks;
    char *model; /* the one that it asks for, owned; "" for the list */
} gateway_client;

typedef struct gateway_models gateway_models;

struct gateway {
    gateway_config config;
    httpd_server *server;
    gl_list exchanges;
    gl_list waiting; /* those that have waited for their turn the longest are first */
    gl_list streams; /* that go on: those that were silent the longest are first */
    struct event wait_due, drain_due, end_due, ping_due;
    gateway_models *models;
    gateway_callers *callers; /* NULL: anybody may ask */
    gateway_tally *tally;
    uint64_t began_ns;
    char endpoint_name[128]; /* where there is no pool: its address */
    gateway_known known;
    gl_buf secret;                /* of salts and Idempotency-Keys: the endpoints' keys */
    gateway_strangers *strangers; /* NULL: there are no keys */
    uint64_t process, number;     /* of Glimpse-Request-Id */
    uint64_t headers_dropped;     /* of requests: on the list, and not fit to be sent on */
    size_t count;                 /* exchanges with a client, or that go on without one */
    gl_buf head, body;            /* scratch */
    bool draining, stopped, over, closed;
    int64_t drain_left_ms; /* after the listeners are closed */
    void (*drained)(void *arg);
    void *drained_arg;
};

/* refuse.c: answers with an error of ours. `headers` are further lines, "" for none. */
void gateway_refuse(gateway *gate, httpd_conn *conn, const gateway_verdict *verdict,
                    const char *param, const char *message, const char *headers);
/* The same where there are no facts but a status and a code. */
void gateway_refuse_plain(gateway *gate, httpd_conn *conn, int status, const char *code,
                          const char *message, const char *headers);
/* httpd_handler.refused */
const char *gateway_refused(httpd_conn *conn, int status, const char *why, gl_buf *body);

/* entry.c. Each request comes to one of the last two, once. */
/* Keeps what the end will not know any more: while its connection is there, its body too. */
void gateway_entry_begin(gateway_exchange *exchange, gl_json model);
/* Its answer has begun to go. code NULL: none of ours. */
void gateway_entry_answered(gateway_exchange *exchange, int status, const char *code);
void gateway_entry_end(const gateway_exchange *exchange, const glimpse_result *result);
/* The client of an exchange is gone. */
void gateway_entry_left(gateway_exchange *exchange, httpd_gone why);
/* The head of a request is here. */
void gateway_entry_head(gateway *gate, gateway_client *client);
/* A request was answered without the engine; number 0: it has none. */
void gateway_entry_plain(gateway *gate, httpd_conn *conn, int status, const char *code,
                         uint64_t number, size_t bytes);

/* figures.c: how many requests wait for their turn, by glimpse_priority. */
void gateway_waiting_by_class(const gateway *gate, uint64_t waiting[2]);

/* exchange.c. The facts of an answer's head; an answer with the head that gate->head has. */
gateway_facts gateway_facts_of(const gateway_exchange *exchange, const glimpse_result *result,
                               const gateway_verdict *verdict, int64_t retry_after_s);
void gateway_send(gateway_exchange *exchange, int status, const char *type, gl_slice body);

/* exchange.c: callbacks of the server. */
void gateway_head(httpd_conn *conn);
void gateway_request(httpd_conn *conn);
void gateway_gone(httpd_conn *conn, httpd_gone why);

/* body.c: whether the body has a coding that is read here, and the body without it, in room where
 * it has one (free it then). false: it was refused. */
bool gateway_body_is_readable(gateway *gate, httpd_conn *conn);
bool gateway_body_take(gateway *gate, httpd_conn *conn, gl_buf *room, gl_slice *body);

/* admit.c: who asks, and whether the caller may. false: it was refused. */
bool gateway_identify(gateway *gate, httpd_conn *conn);
bool gateway_may_send(gateway *gate, httpd_conn *conn); /* before its body is there */
bool gateway_admit(gateway *gate, httpd_conn *conn, const gateway_ask *ask,
                   gateway_exchange *exchange);
void gateway_settle(gateway_exchange *exchange, const glimpse_result *result);

/* relay.c: streams. */
void gateway_streams_init(gateway *gate);
void gateway_drained(httpd_conn *conn); /* httpd_handler.drained */
void gateway_got_notice(glimpse_id id, const glimpse_notice *notice, void *arg);
void gateway_got_event(glimpse_id id, const glimpse_event *event, void *arg);
/* Ends a stream that has begun: with its end, or with an error in these words. */
void gateway_end_stream(gateway_exchange *exchange, const glimpse_result *result,
                        const gateway_verdict *verdict, gl_slice error);
/* Gives the body of a whole answer as a stream; false: it cannot be one. */
bool gateway_answer_as_stream(gateway_exchange *exchange, gl_slice body,
                              const gateway_facts *facts);

/* fall_back.c: gives the essence that was made here in place of a failure. false: there is none, or
 * it may not. */
bool gateway_fall_back(gateway_exchange *exchange, const glimpse_result *result,
                       const gateway_verdict *failure);

/* gateway.c: an exchange has ended. */
void gateway_ended(gateway *gate);

/* waiting.c */
void gateway_wait_init(gateway *gate);
void gateway_wait_add(gateway_exchange *exchange);
/* Returns true when no further request may wait; *retry_after_s gets the time to come again. */
bool gateway_queue_is_full(const gateway *gate, int64_t *retry_after_s);
/* Returns true when no further request of this caller's may wait. */
bool gateway_caller_waits_enough(const gateway *gate, const gateway_caller *caller);
/* Returns the time that a request which comes now would wait, in seconds, 1 at least. held_ns: no
 * endpoint takes it before. */
int64_t gateway_wait_s(const gateway *gate, int64_t held_ns);

#endif
