/*
 * conn.h - shared by the files of the server: the server and a connection.
 *
 *   server.c  accepts, turns the wheel, holds the parts that all connections share
 *   conn.c    one connection: bytes in, requests one after the other, its deadlines, its end
 *   send.c    bytes out; answer.c  an answer as HTTP; asked.c  the calls of a handler on a request
 */
#ifndef HTTPD_CONN_H
#define HTTPD_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stddef.h>
#include <time.h>

#include "base/list.h"
#include "http/server.h"
#include "http/wheel.h"

#define HTTPD_READ_SIZE ((size_t)64 * 1024)  /* one recv at most */
#define HTTPD_AHEAD_MAX ((size_t)64 * 1024)  /* bytes read ahead; the kernel has more */
#define HTTPD_GATHERED  ((size_t)256 * 1024) /* answers to pipelined requests gather so far */
#define HTTPD_KEPT      ((size_t)64 * 1024)  /* a larger buffer is freed after use */
#define HTTPD_TICK_MS   250

typedef struct httpd_listener {
    gl_node node; /* server->listeners */
    httpd_server *server;
    int fd;
    bool here; /* only this machine reaches it */
    struct event ready;
} httpd_listener;

struct httpd_server {
    struct event_base *base;
    httpd_options options;
    httpd_handler handler;
    gl_list listeners;
    gl_list quiet;  /* connections without a request, the quietest first */
    gl_list active; /* connections with the head of one */
    gl_list tasks;  /* connections with work for the loop */
    struct event tick, resuming, tasks_due;
    httpd_wheel wheel;
    uint64_t head_ticks, body_ticks, idle_ticks, write_ticks, linger_ticks;
    size_t count, busy;
    size_t surplus, surplus_most; /* of count: connections above options.connections */
    size_t held;                  /* bytes of requests and answers in all connections */
    bool draining, stopped;
    bool watches;                /* the loop reports a closed side without reading */
    httpd_fields fields;         /* scratch: the headers of one request */
    const httpd_conn *fields_of; /* the connection whose whole head is in `fields`; NULL: none */
    gl_buf body;                 /* scratch: the body of a refusal */
    time_t date_at;              /* the second that head is of */
    char head[80];               /* "HTTP/1.1 200 OK\r\ndate: ..." */
    size_t head_len;
    char scratch[HTTPD_READ_SIZE];
};

/* Which side has its turn. */
typedef enum httpd_turn {
    HTTPD_TURN_CLIENT,
    HTTPD_TURN_HEAD, /* the handler's, which may refuse the body */
    HTTPD_TURN_HANDLER
} httpd_turn;

/* The client's part that a connection waits for. */
typedef enum httpd_phase { HTTPD_IDLE, HTTPD_IN_HEAD, HTTPD_IN_BODY } httpd_phase;

struct httpd_conn {
    httpd_server *server;
    gl_node node; /* quiet or active */
    gl_node task;
    httpd_timer timer;
    int fd;
    short interest; /* the events that io is added for; 0 = it is not added */
    struct event io;
    httpd_request request;
    const char *data;   /* its bytes, during callbacks that may read them; else NULL */
    gl_buf in, out;     /* bytes of requests not parsed yet; of answers not sent yet */
    size_t sent;        /* bytes of out that are sent */
    size_t held;        /* of both, as counted in server->held */
    uint64_t body_from; /* tick */
    size_t body_came;   /* bytes */
    httpd_turn turn;
    httpd_phase phase;
    httpd_gone why;
    bool inside;    /* one of its callbacks runs, and the code that called it handles the outcome */
    bool answered;  /* the request was answered; the next one begins with the next byte */
    bool pending;   /* in has bytes that the parser has not seen */
    bool last;      /* this answer is the last one */
    bool chunked;   /* this answer is in chunks */
    bool bare;      /* this answer has no body: HEAD, 204, 304 */
    bool continued; /* 100 Continue was sent */
    bool here;      /* it came over a listener that only this machine reaches */
    bool surplus;   /* above the number of connections: 503 */
    bool blocked;   /* the client does not read as fast as it sends requests */
    bool above;     /* the unsent bytes were above the high watermark */
    bool drained;   /* and are below the low one: `drained` is due */
    bool closing;   /* after out is sent, no more requests */
    bool resets;    /* it ends with a reset */
    bool ended;     /* the client's side is shut; only sending is left */
    bool lingering; /* our side is shut; further bytes of the client are read and dropped */
    bool broken;    /* to be closed from the loop */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
    max_align_t user[];
};

/* server.c. One tick: the timer calls it, and tests call it without the timer. */
void httpd_tick(httpd_server *server);
/* Status and date of a 200, without a line end. */
gl_slice httpd_server_head(httpd_server *server);
/* Has the loop call httpd_conn_settle. */
void httpd_server_later(httpd_conn *conn);

/* conn.c. Takes over fd. NULL: out of memory, fd is closed. */
httpd_conn *httpd_conn_open(httpd_server *server, int fd);
void httpd_conn_close(httpd_conn *conn);   /* from the loop */
void httpd_conn_settle(httpd_conn *conn);  /* from the loop: does its due work */
void httpd_conn_expired(httpd_conn *conn); /* from the loop */
void httpd_conn_arm(httpd_conn *conn);     /* the deadline of the state that it is in */
void httpd_conn_update(httpd_conn *conn);  /* interest and tasks; call it after a change */
void httpd_conn_rest(httpd_conn *conn);    /* its request was answered, outside of its callbacks */
void httpd_conn_count(httpd_conn *conn);   /* counts the bytes in its buffers */

/* send.c. Sends as much as possible; calls no callback. */
void httpd_conn_push(httpd_conn *conn);
void httpd_conn_break(httpd_conn *conn, httpd_gone why);

/* answer.c. Answers in the handler's place, and ends the connection. */
void httpd_answer_refusal(httpd_conn *conn, int status, const char *why);

#endif
