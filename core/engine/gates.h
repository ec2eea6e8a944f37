/*
 * gates.h - the gates of an engine, and the course of each model through them.
 *
 * Owns the engine's own copy of its pool (<glimpse/pool.h>) without addresses and keys. A course is
 * the gates that serve a model, in the order of their groups; a request has one from the moment at
 * which its model is known. An engine without a pool has one gate, and one course for all models.
 * Everything is counted: a gate lives as long as a course or an attempt names it, so that a pool
 * can be replaced while attempts are in flight.
 */
#ifndef GL_GATES_H
#define GL_GATES_H

#include <glimpse/engine.h>
#include <glimpse/pool.h>

#include "base/buf.h"
#include "base/json.h"
#include "engine/gate.h"

/* One gate on a course. */
typedef struct gl_step {
    gl_gate *gate;
    unsigned group;    /* place of its group, from 0 */
    uint64_t mark;     /* tells apart the groups whose answers are not the same */
    const char *there; /* the model's name at the endpoint; NULL: the one that the body has */
} gl_step;

struct gl_course {
    size_t owners;
    glimpse_pick pick;
    unsigned groups;
    size_t count;    /* 0: no endpoint serves the model */
    gl_step steps[]; /* the names behind them */
};

typedef struct gl_gates {
    gl_gate *list[GLIMPSE_POOL_ENDPOINTS_MAX];
    size_t count;
    glimpse_pool *pool;               /* a copy, owned; NULL: there is one endpoint */
    gl_course *courses[GL_LANES_MAX]; /* of the lanes' models, owned; NULL: not asked for yet */
} gl_gates;

/* Makes the gates of config->pool, whose endpoints have samplers, or of config->sampler. Errors:
 * OOM. */
glimpse_error gl_gates_init(gl_gates *gates, const glimpse_config *config);
void gl_gates_free(gl_gates *gates);

/* Replaces the pool by one whose endpoints have samplers. A gate stays where the name and the
 * sampler are the same; its key stop ends. Errors: OOM, and nothing has changed. */
glimpse_error gl_gates_replace(gl_gates *gates, const glimpse_config *config, gl_time now);

/* Returns the course of a lane's model, and adds an owner. `model` is its name as a body has it, in
 * `scratch` for the call. NULL: out of memory. */
gl_course *gl_gates_course(gl_gates *gates, size_t lane, gl_json model, gl_buf *scratch);
gl_course *gl_course_ref(gl_course *course);
void gl_course_unref(gl_course *course); /* NULL is fine */

/* Returns true while the key of every endpoint is stopped, and none may be tried again. */
bool gl_gates_stopped(const gl_gates *gates, gl_time now);

/* Writes the message that a model is served by no endpoint, and names some models that are. */
void gl_gates_name_some(const gl_gates *gates, gl_json model, gl_buf *out);

/* Gives the text by which the answers of a step's group are identified: the scope of the group's
 * first endpoint, and the model's name there. false: out of memory. */
bool gl_course_scope(const gl_course *course, const gl_step *step, gl_buf *out);

/* Returns the place of the gate on the course; its count: it is not there. */
size_t gl_course_place(const gl_course *course, const gl_gate *gate);

/* The endpoints of a course as a whole. */
typedef enum gl_course_is {
    GL_COURSE_OPEN,   /* one of them is asked, now or when there is room */
    GL_COURSE_BROKEN, /* all circuits are open, or the keys of those that are not are stopped */
    GL_COURSE_STOPPED /* all keys are stopped */
} gl_course_is;
gl_course_is gl_course_state(const gl_course *course, gl_time now);

/* Returns the first gate of the course whose key is stopped, or whose circuit is open; else the
 * first one. */
const gl_gate *gl_course_shut(const gl_course *course, bool key);

#endif
