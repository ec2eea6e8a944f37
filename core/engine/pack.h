/* pack.h - one pack, for the two files that share it: packing.c (until it is out) and pack_answer.c
 * (its answer). */
#ifndef GL_ENGINE_PACK_H
#define GL_ENGINE_PACK_H

#include "engine/engine.h"
#include "policy/pack.h"

struct gl_pack {
    glimpse_engine *engine;
    gl_node node; /* in `gathering`, `held` or `going` */
    gl_time until;
    bool closed;     /* it gathers no more */
    bool apart;      /* on its way as one request for each member */
    gl_list members; /* in the order of their numbers */
    gl_pack_load load;
    uint64_t hash;
    gl_request *carrier; /* NULL until it is out */
    size_t count;        /* members when it went out */
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

/* Takes the first member out, and books the time that it waited; it is still PACKING. NULL: none
 * left. */
gl_request *gl_pack_take(gl_pack *pack, gl_time now);

#endif
