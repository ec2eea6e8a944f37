/*
 * packing.h - packs of drafts on their way: gathering, out as one request, answered
 * (docs/playbook.md section 5; policy/pack.h decides who shares a request and reads the answer).
 *
 * A draft that is PACKING is a member of one pack. While the pack gathers, its window runs; then it
 * goes as a request of the engine's own, its carrier, through admission, attempts and retries like
 * any other. A member's deadline, thresholds and cancel stay its own: when it leaves, the pack goes
 * on while it has another. When the carrier has its result, each member goes on with its part: an
 * answer, a failure and a fallback of its own, or a request of its own.
 */
#ifndef GL_PACKING_H
#define GL_PACKING_H

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "engine/request.h"

typedef struct gl_packing {
    gl_map open;         /* packs that gather, by the hash of their terms */
    gl_list gathering;   /* the same in the order in which they began, so in which they go */
    gl_list held;        /* closed, and waiting for what the first pack brings */
    gl_list going;       /* closed, and let go: for gl_packing_next */
    gl_list ended;       /* carriers that have their result: for the turn (pack_answer.h) */
    gl_heap_entry timer; /* when the first of these two goes */
    size_t out;          /* carriers, each of which may be in the heap */
    unsigned fruitless;  /* packs in a row that answered nobody */
    bool proven;         /* one has answered somebody: this model can do it */
    bool stopped;        /* that was too often: nothing is packed any more */
} gl_packing;

void gl_packing_init(gl_packing *packing);
void gl_packing_free(gl_packing *packing);

/* The request waits for others that it can share one with, which may let a pack go: ask
 * gl_packing_next. false: it goes its own way. */
bool gl_packing_join(gl_request *request, gl_time now);

/* The next request that goes for what was packed: the carrier of a pack, or a draft whose pack has
 * come to nothing. It is priced and in no list. NULL: none. */
gl_request *gl_packing_next(glimpse_engine *engine, gl_time now);

/* It leaves the state PACKING, for whatever reason, its wait booked; gl_request_move has it leave
 * the state. Returns the carrier that nobody is left to be answered by, or NULL. */
gl_request *gl_packing_left(gl_request *request);

/* The timer fired: the first pack that has gathered, or was held, long enough is let go: ask
 * gl_packing_next. false: there was none. */
bool gl_packing_expired(glimpse_engine *engine, gl_time now);

/* Any member of a pack that is not out yet; NULL: there is none. */
gl_request *gl_packing_any(const gl_packing *packing);

#endif
