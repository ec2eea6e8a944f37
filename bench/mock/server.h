/*
 * server.h - shared by the files of the server: the server, a connection, a reply.
 *
 *   mock.c    sets it up on the HTTP server (frontends/http), holds the clock of due answers
 *   conn.c    one connection: requests one after the other, each with its answer
 *   head.c    writes an answer; pace.c lets it go piece by piece
 *   route.c   finds the row that answers
 *   fate.c    decides the time of its answer, and its fault
 */
#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/buf.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/rng.h"
#include "base/sha256.h"
#include "base/time.h"
#include "http/server.h"
#include "mock/batches.h"
#include "mock/capacity.h"
#include "mock/endpoint.h"
#include "mock/journal.h"
#include "mock/limit.h"
#include "mock/metrics.h"
#include "mock/mock.h"
#include "mock/model.h"
#include "mock/rules.h"
#include "mock/stats.h"
#include "mock/tape.h"
#include "mock/upstream.h"

#define MOCK_ERROR_DELAY_PART 10 /* an error comes after a tenth of the latency */

struct mock_server {
    struct event_base *base;
    httpd_server *http; /* connections, and the bytes of all that they hold */
    int port;
    struct event timer; /* stands at the head of due */
    gl_time timer_at;
    gl_heap due; /* connections whose answer waits for its time */
    gl_list connections;
    mock_options options, first_options; /* now, and as it was started; own their texts */
    mock_rules rules;                    /* the options, parsed */
    gl_time windows_from; /* outages and stalls count from here; NEVER before the first POST */
    mock_capacity capacity;
    mock_limits limits;
    uint64_t good;       /* good requests so far, of all endpoints with faults */
    uint64_t quota_used; /* good answers promised */
    uint64_t closed;     /* requests met by the end of their connection */
    /* Separate, so that adding faults changes no latency. */
    gl_rng latency_rng, fault_rng, ttft_rng, gap_rng, wait_rng;
    mock_stats stats;
    mock_metrics metrics;
    mock_journal journal;
    mock_upstream *upstream;         /* that answers are recorded from; NULL: they are made */
    int record_fd, record_error;     /* the recording; -1; an errno that stopped it, or 0 */
    uint64_t recorded, not_recorded; /* answers */
    mock_tape tape; /* the recording that is played; empty: answers are made here */
    uint64_t replayed, replay_misses;
    gl_sha256 *sha;
    mock_files files;
    mock_batches batches;
    uint64_t next_request_id;
    mock_model model;
    mock_answer answer; /* scratch: of the request being answered, before it is written */
    gl_buf body, ends;  /* scratch: the answer being written; of a stream, where its tokens end */
    gl_buf headers;     /* scratch: further headers of the answer, each with its CRLF before it */
    gl_buf line;        /* scratch: of a recording */
};

/* In each connection of the HTTP server; zeros until its first request. */
typedef struct mock_conn {
    struct mock_server *server;
    httpd_conn *http;
    gl_node node;       /* server->connections */
    gl_buf out;         /* an answer, until all of it is sent */
    size_t held;        /* its bytes, as charged to the HTTP server */
    size_t sent, ready; /* of out; the bytes behind ready wait for their time */
    gl_heap_entry due;  /* when the answer in out may go */
    mock_mishap mishap; /* of the request being worked on */
    int status;         /* of its answer */
    size_t tokens;      /* tokens of the stream in out that are not sent yet; 0: no stream */
    size_t gone;        /* tokens that are sent */
    gl_buf ends;        /* a uint32_t for each: where in the body it ends */
    size_t body_at;     /* where in out the body begins */
    gl_time token_at;   /* when the next one goes; NEVER before the first */
    size_t half;        /* where in out half of the body ends */
    mock_ticket ticket; /* a place among those that are served at once */
    /* Where in out the time of sending is written when it is known; 0 = nowhere. */
    size_t id_sent_at, first_sent_at, last_sent_at;
    gl_time received;                 /* time of the complete request */
    uint64_t answers;                 /* answers that it gave, or began */
    uint64_t entry;                   /* its number in the journal; 0: none */
    mock_usage usage;                 /* of its answer */
    struct mock_recording *recording; /* record.c: it is answered by another server; or NULL */
    const mock_exchange *exchange;    /* replay.c: it is answered from this; or NULL */
    size_t played;                    /* of the exchange: its head, then its chunks */
    bool chunked;                     /* such an answer is in chunked coding */
    bool cors;                        /* a page of another origin asks */
    bool old;                         /* HTTP/1.0 asks */
    bool working;                     /* a request was received and its answer waits */
    bool counted;                     /* it is in the statistics */
    bool timed;                       /* its answer says when it was sent */
    bool is_streamed;                 /* its answer is a stream */
    bool stalled;                     /* it waits, or waited, for a stall to end */
    bool hangs;                       /* it is never answered, or not to the end */
    bool drops;                       /* it ends with a reset and no byte of an answer */
    bool placed;  /* its mishap happens in the middle of the answer, and has not yet */
    bool closing; /* the connection ends behind this answer */
    bool resets;  /* it ends so with a reset */
} mock_conn;

/* One request, as read. */
typedef struct mock_asked {
    gl_slice method, path, query, head, body; /* head: from its first line to the empty one */
    gl_slice type, key, fault, latency;       /* of headers; data NULL: it is not there */
    bool times, origin, old;
} mock_asked;

/* The decision on one request; the answer's body is in server->body, its own headers in
 * server->headers. */
typedef struct mock_reply {
    int status;
    bool counted; /* a POST of a request for a model: in the statistics */
    bool waits;   /* its answer may have to wait for its time */
    mock_mishap mishap;
    gl_time delay;
    const char *type; /* the content-type; NULL: application/json */
    bool spoken;      /* the answer is a model's: server->answer */
    size_t tokens;    /* the body is a stream of so many, which server->ends has; 0: no stream */
    size_t tail;      /* where in the body its last event begins; 0: it is cut, or no stream */
    mock_usage usage;
    bool admin;                    /* of the mock itself: not in the journal */
    bool forward;                  /* another server answers */
    const mock_exchange *exchange; /* a recorded answer; or NULL */
} mock_reply;

#define MOCK_CORS "\r\naccess-control-allow-origin: *\r\naccess-control-expose-headers: *"

/* route.c. */
void mock_route(struct mock_server *server, const mock_asked *asked, mock_reply *reply);

/* fate.c. Latency and fault are drawn for each good request, also when they are not used, so that a
 * limit or a header changes the fate of no other one. */
void mock_fate_decide(struct mock_server *server, const mock_asked *asked, mock_reply *reply);

/* A fault without an error status leaves the answer as it is; conn.c plays it. */
void mock_fate_apply(struct mock_server *server, const mock_mishap *mishap, mock_reply *reply);

/* conn.c. */
extern const httpd_handler mock_conn_handler;
void mock_conn_due(mock_conn *conn); /* its time has come; not in the heap any more */
/* Makes it due at this time, or at the end of a stall. */
void mock_conn_set_due(mock_conn *conn, gl_time when);
void mock_conn_send(mock_conn *conn);   /* all of out may go; there is more to come */
void mock_conn_finish(mock_conn *conn); /* out has the whole answer */
void mock_conn_start_waiting(struct mock_server *server); /* as many as there are places */

/* head.c. Appends head and body to conn->out. with_body false: for a HEAD request. */
void mock_head_write(mock_conn *conn, const mock_reply *reply, bool with_body);

/* The two ends of a head: status and date; connection and the blank line. */
void mock_head_begin(mock_conn *conn, int status);
void mock_head_end(mock_conn *conn);

/* Fills in the times of sending: of the first token, or of the whole answer. */
void mock_head_stamp_first(mock_conn *conn);
void mock_head_stamp_last(mock_conn *conn);

/* pace.c. Call when the time of conn has come. true: it goes on later, conn->ready may have moved;
 * false: the rest is sent now, or, when it drops, nothing. */
bool mock_pace_step(mock_conn *conn);

/* Returns the time with the slowdown of the requests being served. */
gl_time mock_pace_slowed(const struct mock_server *server, gl_time time);

/* mock.c. The heap has room for every connection. */
void mock_server_set_due(struct mock_server *server, mock_conn *conn, gl_time when);

/* mock.c. Takes these options from now on, with their texts. false: unchanged, problem has the
 * reason. */
bool mock_server_take(struct mock_server *server, mock_options *options, char *problem,
                      size_t problem_size);

/* Resets counts, random numbers, quotas and stored objects to the start. */
void mock_server_reset(struct mock_server *server);

#endif
