/* caller.h - one client of the gateway: a connection, on which it asks one question at a time. It
 * keeps the connection as long as the server does. */
#ifndef CALLERS_CALLER_H
#define CALLERS_CALLER_H

#include <event2/event_struct.h>

#include "base/list.h"
#include "base/time.h"
#include "question.h"

struct bufferevent;
struct event_base;
typedef struct caller caller;

/* How a question ended. */
typedef enum caller_end {
    CALLER_ANSWERED, /* 200, and the answer to it */
    CALLER_REFUSED,  /* another status */
    CALLER_CUT,      /* a stream that ended with an error, and without its end */
    CALLER_WRONG,    /* 200, and not the answer to it; or bytes behind it */
    CALLER_LOST,     /* the connection ended before the answer did */
    CALLER_LEFT      /* by its own wish */
} caller_end;

typedef struct caller_rules {
    struct event_base *base;
    const plan *plan;
    void (*ended)(caller *c, caller_end end, void *arg);
    void *arg;
} caller_rules;

struct caller {
    gl_node node; /* among those that wait */
    const caller_rules *rules;
    struct bufferevent *connection; /* NULL: none is open */
    struct event leave;
    reply reply;
    question asked;
    gl_time began;
    uint64_t connections, reused; /* opened; questions on one that was open */
    bool busy;
};

caller *caller_new(const caller_rules *rules);
void caller_free(caller *c);

/* Asks; `ended` follows, never from inside this call. */
void caller_ask(caller *c, const question *q);

#endif
