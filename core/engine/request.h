/*
 * request.h - one request: everything about it, and a node for every list and heap it can be in.
 */
#ifndef GL_REQUEST_H
#define GL_REQUEST_H

#include <glimpse/engine.h>

#include "base/buf.h"
#include "base/events.h"
#include "base/heap.h"
#include "base/json.h"
#include "base/list.h"
#include "base/slice.h"
#include "engine/headers.h"
#include "policy/fair.h"
#include "policy/pace.h"
#include "result.h"

/*
 * The state of a request. It is in exactly one of these states, and its node in the engine's list
 * of that state. gl_request_move is the only function that changes the state.
 */
typedef enum gl_state {
    GL_STATE_NEW,       /* being submitted; in no list */
    GL_STATE_FOLLOWING, /* an identical request is under way: in its leader's `followers` */
    GL_STATE_LOOKING,   /* the store is being asked: `in.looking` */
    GL_STATE_PACKING,   /* waits for other drafts, or for the answer to all of them: in its pack */
    GL_STATE_WAITING,   /* queued for admission: its lane's queue */
    GL_STATE_RUNNING,   /* an attempt is out: `in.running` */
    GL_STATE_BACKOFF,   /* waits before a retry: `in.backoff` */
    GL_STATE_FALLBACK,  /* failed for good; the fallback sampler will be asked: `in.fallback` */
    GL_STATE_DONE,      /* has its result: `in.done` */
    GL_STATE_DELIVERED  /* detached from everything; on_result runs or has run */
} gl_state;

typedef struct gl_request gl_request;
typedef struct gl_pack gl_pack;
typedef struct gl_gate gl_gate;
typedef struct gl_course gl_course;

/* One call of a sampler. A part of its request, because a request has at most one attempt out. */
struct glimpse_attempt {
    gl_request *request;
    glimpse_sampler *sampler; /* the sampler that has it; NULL when none is out */
    gl_gate *gate; /* to the endpoint of the last attempt that was no fallback's; owned; NULL: there
                      was none */
    char *body;    /* the body with the endpoint's name of the model, owned; NULL: the request's */
    size_t body_len;
    void *data;           /* the sampler's own */
    glimpse_sample *came; /* the part of an answer that had come when it was recalled, or NULL */
    int number;           /* from 1, over all attempts of the request */
    glimpse_error before; /* the error of the attempt before this one */
    bool fallback, probe; /* probe: it tests whether the endpoint is back */
    bool again;           /* asked again at once, because the connection before was dead */
    unsigned texts;       /* number of arrivals of text */
    uint64_t place;       /* number in the window, in order of the starts: policy/limit.h */
    uint64_t mark;        /* of the group of its endpoint */
    uint64_t order;       /* number among the engine's attempts, in order of the starts */
    /* Moments of the attempt; GL_TIME_NEVER = not yet. */
    gl_time started, connected, sent, first_byte, last_byte;
    gl_time first_chunk, first_answer;
    gl_time first_text, last_text; /* arrival of text of the answer, or of its reasoning */
    bool paused;                   /* its callers cannot take more: flow.h */
    gl_time paused_at;
    uint64_t paused_ns;    /* in all, before this pause */
    uint64_t text_gap_max; /* ns between two arrivals of text */
    glimpse_opening opening;
};

/* The identity of an answer of one group of endpoints. */
typedef struct gl_named {
    uint64_t mark;
    glimpse_key identity;
} gl_named;

/* The caller's side of a request: its settings, and the callbacks it has had. */
typedef struct gl_caller {
    glimpse_id id;
    glimpse_observer observer;
    void *arg;
    glimpse_thresholds thresholds;
    gl_time submitted, deadline;
    int notices;         /* thresholds whose notice was given */
    bool own_thresholds; /* set by the caller, not the engine's or the model's */
    bool retry_notice;   /* on_notice is owed a RETRY */
    bool fallback_on, fallback_always;
    bool wants_stream;      /* on_text is called as text comes */
    bool arrivals;          /* the caller asked for the time of each piece */
    size_t text_delivered;  /* bytes of the text that on_text has had */
    size_t events_told;     /* the end of the events that on_event has had */
    bool paused;            /* it can take none now: flow.h */
    size_t paused_at;       /* bytes of events that had come when it paused */
    size_t may_miss;        /* bytes of events that may come meanwhile; 0: any */
    glimpse_result *result; /* filled in until DONE */
} gl_caller;

/* The parts of a draft, and its parameters as in its body. */
typedef struct gl_draft_parts {
    gl_slice input, goal, constraints, model;
    double temperature;
    int64_t max_tokens;
} gl_draft_parts;

/* The events of a stream, as far as they came: once for all requests that get them. */
typedef struct gl_shown {
    size_t owners;
    gl_events events;
    size_t ready; /* the end of those that callers may have: not the one that ends the stream */
    size_t came;  /* bytes of these, as they came */
    bool output;  /* one of them has a part of the answer: until then callers have none */
} gl_shown;

/* A request is its caller's side, and all the rest is the work that is done for it. In a flight the
 * two come apart: callers change places, and the work stays in its request. */
struct gl_request {
    glimpse_engine *engine;
    gl_caller caller;

    gl_node node;
    gl_heap_entry timer; /* entry for the earliest of its moments */
    gl_state state;
    bool is_draft, has_key;
    bool asks_stream;   /* the body asks for a stream */
    bool asks_usage;    /* its answer has the usage; a stream's has it only when asked */
    bool may_fly;       /* it may lead and follow */
    bool leads;         /* it is in the engine's `flights` */
    gl_request *leader; /* FOLLOWING it, else NULL */
    gl_list followers;
    size_t callers, paused; /* its own caller and the followers'; those of them that have paused */
    int once;               /* failures of kinds that are retried once only */
    int spared;         /* attempts not counted: failed probes, no descriptor, a dead connection */
    int sent;           /* attempts that reached the endpoint */
    int max_attempts;   /* 0: the engine's */
    unsigned lane;      /* lane of the queue, by model */
    uint64_t of_caller; /* hash of the name of its caller; 0: none was given */
    gl_flow *flow;      /* WAITING: of its caller, in its lane's queue */
    uint64_t refused;   /* the engine's attempts that had started when it was first refused as in an
                           outage; 0: never refused */

    glimpse_cache_control cache_control;
    int64_t max_age_ms;     /* of a stored answer that serves it; below 0: any */
    bool may_pack, carries; /* a draft that may be packed; a pack's own request (packing.h) */
    bool gathers;           /* PACKING, and the pack is not out yet */
    gl_pack *pack; /* the pack whose member it is, PACKING, or which it carries; else NULL */
    size_t number; /* number in a pack that is out, from 0 */

    glimpse_priority priority;
    unsigned operation, asked_model; /* of the metrics: the operation, the model's name */
    double tokens;                   /* estimated cost */
    gl_json named_model;             /* the model of its body, as it stands there */
    gl_course *course; /* the gates that serve its model, owned; NULL: its model is not known yet */
    uint64_t failed;   /* places on the course that failed it for a reason of their own; a set */
    gl_time again;     /* when the first of those may be asked again; 0: there are none */
    uint64_t prompt;   /* hash of the prompt's beginning, where the choice goes by it */
    int64_t answer_tokens; /* the most that its answer may have */
    gl_pace_mark mark;     /* cost of the attempt that is out */

    gl_time since;         /* start of the present WAITING or BACKOFF */
    gl_time backoff_until; /* end of the present BACKOFF */
    uint64_t backoff_wait; /* the wait before the next attempt, ns */

    glimpse_key identity; /* of an answer of the first group; the key, where no answer is stored */
    uint64_t group_mark;  /* of that group, as on the course */
    gl_named *further;    /* the same for the further groups, owned; NULL: there are none */
    unsigned further_count, looked; /* looked: further ones that the store was asked for */
    gl_headers *headers;            /* the caller's own; NULL: none */
    gl_slice body, path;            /* in the memory behind the struct; a usual path is static */
    const gl_draft_parts *draft;    /* in the same memory; NULL: it is no draft */

    /* The text of the attempt that is out, as far as it came. While on_text is owed some of it,
     * text_node is in the engine's `speaking`. */
    gl_buf *streamed; /* NULL: none came */
    gl_node text_node;

    /* The same for events, where the leader's caller wanted them when the attempt began. */
    gl_shown *shown;   /* NULL: none came */
    size_t events_end; /* DONE: the end of those that its caller gets */
    bool collects;     /* the attempt that is out gathers them */

    glimpse_attempt attempt;
    char text[];
};

/* The inputs of gl_request_new, which copies all of them. */
typedef struct gl_request_parts {
    gl_slice body, path;
    const gl_draft_parts *draft; /* NULL: it is no draft */
    bool may_pack;
    const glimpse_observer *observer; /* NULL = no callbacks */
    void *arg;
} gl_request_parts;

/* Allocates one block for the request and one for its result, so that its end can never lack
 * memory. NULL: out of memory. */
gl_request *gl_request_new(const gl_request_parts *parts);

/* Adds text that came of its stream. false: out of memory, now or before. */
bool gl_request_stream(gl_request *request, gl_slice text);

/* Moves the text that came of its stream to the result of a failure. */
void gl_request_keep_partial(gl_request *request);

/* Returns the events of a request, to be added to; NULL: out of memory. */
gl_shown *gl_request_events(gl_request *request);
void gl_request_forget_events(gl_request *request);
/* Gives a request those of another, and what comes to them. */
void gl_request_share_events(gl_request *request, const gl_request *from);
/* Returns true when one of them has a part of the answer. */
static inline bool gl_request_showed(const gl_request *request)
{
    return request->shown != NULL && request->shown->output;
}

/* Frees a request that is in no list and no heap. */
void gl_request_free(gl_request *request);

/* Sets the deadline's error, with the state in which the deadline found the request. Call before it
 * leaves that state. */
void gl_request_set_deadline_error(gl_request *request);

/* Exchanges the callers of the two requests: each does its work for the other's caller from now on.
 * An attempt that is out stays where it is, because its sampler knows it by its address. The caller
 * must mend numbers and lists that name either request. */
void gl_request_change_places(gl_request *one, gl_request *other);

/* Books for its caller the time that it has been WAITING, in BACKOFF or in a pack that gathers. */
void gl_request_book_wait(gl_request *request, gl_time now);

/* Moves a request to a state: out of the old state's list and into `to` (NULL: none), at the end,
 * or at the front for a request that has waited before. Asserts that the state may follow. */
void gl_request_move(gl_request *request, gl_state state, gl_list *to, bool front);

#endif
