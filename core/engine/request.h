/*
 * request.h - one request: everything about it, and a node for every list and heap it can be in.
 */
#ifndef GL_REQUEST_H
#define GL_REQUEST_H

#include <glimpse/engine.h>

#include "base/buf.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/slice.h"
#include "policy/pace.h"
#include "result.h"

/*
 * Where a request is. It is in exactly one of these states, and its node in the engine's list of
 * that state. gl_request_move is the only function that changes the state.
 */
typedef enum gl_state {
    GL_STATE_NEW,       /* being submitted; in no list */
    GL_STATE_FOLLOWING, /* an identical one is under way: its leader's `followers` */
    GL_STATE_LOOKING,   /* the store is asked: `in.looking` */
    GL_STATE_PACKING,   /* waits for others like it, or for their common answer: in its pack */
    GL_STATE_WAITING,   /* queued for admission: its lane's queue */
    GL_STATE_RUNNING,   /* an attempt is out: `in.running` */
    GL_STATE_BACKOFF,   /* waits before a retry: `in.backoff` */
    GL_STATE_FALLBACK,  /* failed for good; the fallback sampler is to be asked: `in.fallback` */
    GL_STATE_DONE,      /* has its result: `in.done` */
    GL_STATE_DELIVERED  /* detached from everything; on_result runs or has run */
} gl_state;

typedef struct gl_request gl_request;
typedef struct gl_pack gl_pack;

/* One call of a sampler; part of its request, since a request has at most one out at a time. */
struct glimpse_attempt {
    gl_request *request;
    glimpse_sampler *sampler; /* who has it; NULL when none is out */
    void *data;               /* the sampler's own */
    glimpse_sample *came;     /* what had come when it was taken away, or NULL */
    int number;               /* from 1, over all attempts of the request */
    glimpse_error before;     /* how the one before this ended */
    bool fallback, probe;     /* probe: it finds out whether the endpoint is back */
    uint64_t place;           /* its number in the window, in order of the starts: policy/limit.h */
    bool again;               /* asked again at once: the connection before was dead */
    /* When; GL_TIME_NEVER = not yet. */
    gl_time started, connected, sent, first_byte, last_byte;
    gl_time first_chunk, first_answer;
    gl_time first_text, last_text; /* of the answer, or of its reasoning */
    uint64_t text_gap_max;         /* ns between two arrivals of text */
    size_t texts;                  /* arrivals */
    glimpse_opening opening;
};

/* What a request's caller asked for and has been told. */
typedef struct gl_caller {
    glimpse_id id;
    glimpse_observer observer;
    void *arg;
    glimpse_thresholds thresholds;
    gl_time submitted, deadline;
    bool own_thresholds; /* its caller's, not the engine's or the model's */
    int notices;         /* thresholds already told */
    bool retry_notice;   /* on_notice is owed a RETRY */
    bool fallback_on;
    bool wants_stream;      /* on_text is called as text comes */
    bool arrivals;          /* asked to know when each piece arrived */
    size_t text_delivered;  /* bytes of the text that on_text has had */
    glimpse_result *result; /* being filled in until DONE */
} gl_caller;

/* A request is its caller's side and the work that is done for it, all the rest. In a flight the
 * two come apart: callers change places, and the work goes on where it is. */
struct gl_request {
    glimpse_engine *engine;
    gl_caller caller;

    gl_state state;
    gl_node node;
    gl_heap_entry timer; /* stands for the earliest of all its times */
    bool is_draft, has_key;
    bool asks_stream;   /* the body asks for one */
    bool asks_usage;    /* its answer tells the usage: not that of a stream which does not ask */
    bool may_fly;       /* it may lead and follow */
    bool leads;         /* it is in the engine's `flights` */
    gl_request *leader; /* FOLLOWING it, else NULL */
    gl_list followers;
    int once;   /* failures of kinds that are worth one more attempt only */
    int spared; /* attempts that cost it none: failed probes, no descriptor, a dead connection */
    int sent;   /* attempts that reached the endpoint */
    uint64_t refused; /* attempts that had started when it was first refused as in an outage; 0: it
                       * never was */

    glimpse_cache_control cache_control;
    bool may_pack, carries; /* a draft that may be packed; a pack's own request (packing.h) */
    bool gathers;           /* PACKING, and the pack is not out yet */
    gl_pack *pack;          /* whose member it is, PACKING, or which it carries; else NULL */
    size_t number;          /* in a pack that is out, from 0 */
    double temperature;     /* of a draft, as its body has it */
    int64_t max_tokens;     /* the same */

    glimpse_priority priority;
    size_t lane;                     /* of the admission: requests of one model */
    unsigned operation, asked_model; /* of the metrics: what is asked, the model's name */
    double tokens;                   /* what it will cost, estimated */
    gl_pace_mark mark;               /* of the attempt that is out */

    gl_time since;         /* WAITING or BACKOFF since */
    gl_time backoff_until; /* BACKOFF until */
    uint64_t backoff_wait; /* the wait before the attempt to come, ns */

    glimpse_key key, identity;
    gl_slice body, path, input, goal, constraints, model; /* in memory behind the struct */

    /* The text of the attempt that is out, as far as it came. While its caller is to be told some,
     * text_node is in the engine's `speaking`. */
    gl_buf streamed;
    gl_node text_node;

    glimpse_attempt attempt;
    char text[];
};

/* What a request is made of; all of it is copied. */
typedef struct gl_request_parts {
    gl_slice body, path, input, goal, constraints;
    gl_slice model; /* of drafts, as the next three */
    double temperature;
    int64_t max_tokens;
    bool may_pack;
    const glimpse_observer *observer; /* NULL = nobody is told */
    void *arg;
} gl_request_parts;

/* One allocation for it and one for its result, so that nothing that must happen at its end can
 * lack memory. NULL: out of memory. */
gl_request *gl_request_new(const gl_request_parts *parts);

/* It must be in no list and no heap. */
void gl_request_free(gl_request *request);

/* Its error becomes the deadline's, with what became of it until then. Call before it leaves the
 * state in which the deadline found it. */
void gl_request_set_deadline_error(gl_request *request);

/* The callers of the two change places: each does its work for the other's caller from now on. An
 * attempt that is out, which its sampler knows by its address, stays where it is. Numbers and lists
 * that name a request are not looked after. */
void gl_request_change_places(gl_request *one, gl_request *other);

/* Books the time it has been WAITING, in BACKOFF or in a pack that gathers, until now, for its
 * caller. */
void gl_request_book_wait(gl_request *request, gl_time now);

/* From one state to another: out of the old state's list and into `to` (NULL: none), at the end,
 * or at the front for those that have waited before. Asserts that the way from the one to the
 * other exists. */
void gl_request_move(gl_request *request, gl_state state, gl_list *to, bool front);

#endif
