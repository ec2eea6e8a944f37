/* pack_private.h - a pack, for the two files that share it: packing.c (until it is out) and
 * pack_answer.c (what comes of it). */
#ifndef GL_PACK_PRIVATE_H
#define GL_PACK_PRIVATE_H

#include "engine/engine.h"
#include "policy/pack.h"

struct gl_pack {
    glimpse_engine *engine;
    gl_node node; /* in `gathering` or `held` */
    gl_time until;
    bool closed;     /* it gathers no more */
    gl_list members; /* in the order of their numbers */
    gl_pack_load load;
    uint64_t hash;
    gl_request *carrier; /* NULL until it is out */
    size_t count;        /* members that it went out with */
};

/* Walks the members; a pack that has one member at least begins with it. */
static inline gl_request *gl_pack_first(const gl_pack *pack)
{
    return GL_CONTAINER(pack->members.head.next, gl_request, node);
}

static inline gl_request *gl_pack_next(const gl_pack *pack, const gl_request *member)
{
    return member->node.next == &pack->members.head
               ? NULL
               : GL_CONTAINER(member->node.next, gl_request, node);
}

/* Sends the packs that were held, as far as they need not wait any longer. */
void gl_packs_release(glimpse_engine *engine, gl_time now);

/* Takes the first member out, and gives it what it waited; it is still PACKING. NULL: none left. */
gl_request *gl_pack_take(gl_pack *pack, gl_time now);

/* On its own from here on; in front when it has waited in a pack that was out. */
void gl_pack_go_alone(gl_request *request, bool front, gl_time now);

#endif
