/*
 * packing.h - packs of drafts on their way: gathering, out as one request, answered
 * (docs/playbook.md section 5; policy/pack.h decides which drafts share a request and reads the
 * answer).
 *
 * A draft that is PACKING is a member of one pack. While the pack gathers, its window of time runs.
 * Then it goes as a request of the engine's own, its carrier, through admission, attempts and
 * retries like any other. A member's deadline, thresholds and cancel stay its own: when it leaves,
 * the pack goes on while it has another member. When the carrier has its result, each member goes
 * on with its part of it: an answer, a failure with a fallback of its own, or a request of its own.
 */
#ifndef GL_PACKING_H
#define GL_PACKING_H

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "engine/request.h"

typedef struct gl_packing {
    gl_map open;         /* packs that gather, by the hash of their terms */
    gl_list gathering;   /* the same packs in the order in which they began, which is the order in
                            which they go */
    gl_list held;        /* closed, and waiting for the outcome of the first pack */
    gl_list going;       /* closed, and to be taken by gl_packing_next */
    gl_list ended;       /* carriers that have their result, for pack_answer.h */
    gl_heap_entry timer; /* the moment at which the first pack of gathering or held goes */
    size_t out;          /* carriers under way, each of which may be in the heap */
    unsigned fruitless;  /* packs in a row that answered no draft */
    bool proven;         /* a pack has answered a draft: this model can do packs */
    bool stopped;        /* too many packs were fruitless: nothing is packed any more */
} gl_packing;

void gl_packing_init(gl_packing *packing);
void gl_packing_free(gl_packing *packing);

/* Puts the request into a pack, which may let a pack go: call gl_packing_next afterwards. false:
 * the request is not packed and goes its own way. */
bool gl_packing_join(gl_request *request, gl_time now);

/* Returns the next request that goes: the carrier of a pack, or a draft whose pack has come to
 * nothing. It is priced and in no list. NULL: none. */
gl_request *gl_packing_next(glimpse_engine *engine, gl_time now);

/* Takes a PACKING request out of its pack and books its wait. gl_request_move must be called next,
 * for the state. Returns the pack's carrier when no member is left, else NULL. */
gl_request *gl_packing_left(gl_request *request);

/* Call when the timer fired: lets the first pack go that has gathered, or was held, long enough.
 * Call gl_packing_next afterwards. false: there was none. */
bool gl_packing_expired(glimpse_engine *engine, gl_time now);

/* Returns any member of a pack that is not out yet; NULL: there is none. */
gl_request *gl_packing_any(const gl_packing *packing);

#endif
