/* gates.c - see gates.h. */
#include "engine/gates.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/siphash.h"
#include "pool.h"
#include "sampler.h"

/* --- the copy of a pool ----------------------------------------------------------------------- */

/* The memory of a copy; `at` NULL: only its size is worked out. */
typedef struct room {
    char *at;
    size_t size;
} room;

static void *take(room *memory, size_t size)
{
    size = (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    void *part = memory->at;
    memory->size += size;
    if (part != NULL) memory->at += size;
    return part;
}

static const char *copy_text(room *memory, const char *text)
{
    size_t size = text != NULL ? strlen(text) + 1 : 0;
    if (text == NULL) return NULL;
    char *copy = take(memory, size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static void copy_endpoint(room *memory, const glimpse_pool_endpoint *from,
                          glimpse_pool_endpoint *to)
{
    const glimpse_pool_endpoint whole = { .size = sizeof *to,
                                          .name = copy_text(memory, from->name),
                                          .group = copy_text(memory, from->group),
                                          .weight = from->weight,
                                          .model_count = from->model_count,
                                          .endpoint = { .size = sizeof(glimpse_endpoint) } };
    glimpse_alias *models = take(memory, from->model_count * sizeof *models);
    for (size_t i = 0; i < from->model_count; i++) {
        const glimpse_alias alias = { copy_text(memory, from->models[i].model),
                                      copy_text(memory, from->models[i].there) };
        if (models != NULL) models[i] = alias;
    }
    if (to == NULL) return;
    *to = whole;
    to->models = models;
}

static void copy_route(room *memory, const glimpse_route *from, glimpse_route *to)
{
    const char *model = copy_text(memory, from->model);
    const char **groups = take(memory, from->group_count * sizeof *groups);
    for (size_t i = 0; i < from->group_count; i++) {
        const char *group = copy_text(memory, from->groups[i]);
        if (groups != NULL) groups[i] = group;
    }
    if (to != NULL) *to = (glimpse_route){ model, groups, from->group_count, from->pick };
}

static glimpse_pool *copy_parts(room *memory, const glimpse_pool *pool)
{
    glimpse_pool_endpoint room_of_one;
    glimpse_pool *copy = take(memory, sizeof *copy);
    glimpse_pool_endpoint *endpoints = take(memory, pool->endpoint_count * sizeof *endpoints);
    glimpse_route *routes = take(memory, pool->route_count * sizeof *routes);
    for (size_t i = 0; i < pool->endpoint_count; i++)
        copy_endpoint(memory, gl_pool_endpoint(pool, i, &room_of_one),
                      endpoints != NULL ? &endpoints[i] : NULL);
    for (size_t i = 0; i < pool->route_count; i++)
        copy_route(memory, &pool->routes[i], routes != NULL ? &routes[i] : NULL);
    if (copy != NULL)
        *copy = (glimpse_pool){ sizeof *copy, endpoints, pool->endpoint_count, routes,
                                pool->route_count };
    return copy;
}

/* Copies a pool without its addresses, keys and samplers into one block. NULL: out of memory. */
static glimpse_pool *copy_pool(const glimpse_pool *pool)
{
    room memory = { NULL, 0 };
    copy_parts(&memory, pool);
    memory.at = gl_malloc(memory.size);
    return memory.at != NULL ? copy_parts(&memory, pool) : NULL;
}

/* --- the gates -------------------------------------------------------------------------------- */

static gl_gate *find(const gl_gates *gates, const glimpse_pool_endpoint *endpoint)
{
    for (size_t i = 0; i < gates->count; i++)
        if (strcmp(gates->list[i]->name->text, endpoint->name) == 0 &&
            gates->list[i]->sampler == endpoint->sampler)
            return gates->list[i];
    return NULL;
}

/* Gives the gates of a pool, each with an owner more: those of `old` that stay, and new ones. */
static bool make_list(gl_gates *gates, const gl_gates *old, const glimpse_config *config)
{
    for (size_t i = 0; i < config->pool->endpoint_count; i++) {
        glimpse_pool_endpoint room_of_one;
        const glimpse_pool_endpoint *endpoint = gl_pool_endpoint(config->pool, i, &room_of_one);
        gl_gate *gate = find(old, endpoint);
        gate = gate != NULL ? gl_gate_ref(gate) : gl_gate_new(config, endpoint);
        if (gate == NULL) return false;
        gates->list[gates->count++] = gate;
    }
    return true;
}

static glimpse_error make(gl_gates *gates, const gl_gates *old, const glimpse_config *config)
{
    *gates = (gl_gates){ .pool = copy_pool(config->pool) };
    if (gates->pool != NULL && make_list(gates, old, config)) return GLIMPSE_OK;
    gl_gates_free(gates);
    return GLIMPSE_ERR_OOM;
}

glimpse_error gl_gates_init(gl_gates *gates, const glimpse_config *config)
{
    static const gl_gates none = { .count = 0 };
    if (config->pool != NULL) return make(gates, &none, config);
    const glimpse_pool_endpoint only = { .size = sizeof only,
                                         .name = "",
                                         .weight = 1,
                                         .concurrency = GLIMPSE_INHERIT,
                                         .rpm = GLIMPSE_INHERIT,
                                         .tpm = GLIMPSE_INHERIT,
                                         .sampler = config->sampler };
    *gates = none;
    gates->list[0] = gl_gate_new(config, &only);
    if (gates->list[0] == NULL) return GLIMPSE_ERR_OOM;
    gates->count = 1;
    return GLIMPSE_OK;
}

void gl_gates_free(gl_gates *gates)
{
    for (size_t i = 0; i < GL_LANES_MAX; i++) gl_course_unref(gates->courses[i]);
    for (size_t i = 0; i < gates->count; i++) gl_gate_unref(gates->list[i]);
    gl_free(gates->pool);
    *gates = (gl_gates){ .count = 0 };
}

glimpse_error gl_gates_replace(gl_gates *gates, const glimpse_config *config, gl_time now)
{
    gl_gates made;
    if (make(&made, gates, config) != GLIMPSE_OK) return GLIMPSE_ERR_OOM;
    for (size_t i = 0; i < made.count; i++) {
        glimpse_pool_endpoint room_of_one;
        gl_gate_set(made.list[i], config, gl_pool_endpoint(config->pool, i, &room_of_one), now);
        gl_key_stop_end(&made.list[i]->stop);
    }
    gl_gates_free(gates);
    *gates = made;
    return GLIMPSE_OK;
}

bool gl_gates_stopped(const gl_gates *gates, gl_time now)
{
    for (size_t i = 0; i < gates->count; i++)
        if (!gl_key_stop_refuses(&gates->list[i]->stop, now)) return false;
    return true;
}

/* --- courses ---------------------------------------------------------------------------------- */

static const char *scope_of(const gl_gate *gate)
{
    const glimpse_sampler_vtable *vtable = &gate->sampler->vtable;
    const char *scope = vtable->scope != NULL ? vtable->scope(gate->sampler->self) : NULL;
    return scope != NULL ? scope : "";
}

bool gl_course_scope(const gl_course *course, const gl_step *step, gl_buf *out)
{
    while (step > course->steps && step[-1].group == step->group) step--;
    gl_buf_reset(out);
    gl_buf_append_str(out, scope_of(step->gate));
    if (step->there != NULL) {
        gl_buf_append_char(out, '\n');
        gl_buf_append_str(out, step->there);
    }
    return !out->failed;
}

/* Sets the marks of the steps. false: out of memory. */
static bool mark(gl_course *course, gl_buf *scratch)
{
    for (size_t i = 0; i < course->count; i++) {
        gl_step *step = &course->steps[i];
        if (!gl_course_scope(course, step, scratch)) return false;
        step->mark = gl_hash(0, scratch->data, scratch->len);
    }
    return true;
}

static gl_course *new_course(const gl_gates *gates, const gl_way *way, size_t count)
{
    size_t size = sizeof(gl_course) + count * sizeof(gl_step), texts = 0;
    for (size_t i = 0; i < count; i++) texts += way[i].there != NULL ? strlen(way[i].there) + 1 : 0;
    gl_course *course = gl_malloc(size + texts);
    if (course == NULL) return NULL;
    *course = (gl_course){ .owners = 1,
                           .groups = count != 0 ? way[count - 1].group + 1 : 0,
                           .count = count };
    char *at = (char *)course + size;
    for (size_t i = 0; i < count; i++) {
        course->steps[i] = (gl_step){ .gate = gl_gate_ref(gates->list[way[i].endpoint]),
                                      .group = way[i].group,
                                      .there = way[i].there };
        if (way[i].there == NULL) continue;
        size_t len = strlen(way[i].there) + 1;
        course->steps[i].there = memcpy(at, way[i].there, len);
        at += len;
    }
    return course;
}

static gl_course *make_course(const gl_gates *gates, gl_json model, gl_buf *scratch)
{
    gl_way way[GLIMPSE_POOL_ENDPOINTS_MAX] = { { .endpoint = 0 } };
    glimpse_pick pick = GLIMPSE_PICK_ROOM;
    size_t count = 1;
    if (gates->pool != NULL) {
        gl_buf_reset(scratch);
        gl_json_string_append(model, scratch, NULL);
        if (scratch->failed) return NULL;
        count = gl_pool_way(gates->pool, gl_buf_slice(scratch), way, &pick);
    }
    gl_course *course = new_course(gates, way, count);
    if (course == NULL) return NULL;
    course->pick = pick;
    if (gates->pool == NULL || mark(course, scratch)) return course;
    gl_course_unref(course);
    return NULL;
}

gl_course *gl_gates_course(gl_gates *gates, size_t lane, gl_json model, gl_buf *scratch)
{
    if (gates->pool == NULL) lane = 0;
    gl_course **kept = lane < GL_LANES_MAX - 1 ? &gates->courses[lane] : NULL;
    gl_course *course = kept != NULL ? *kept : NULL;
    if (course == NULL) course = make_course(gates, model, scratch);
    if (course == NULL || kept == NULL) return course; /* the last lane is that of many models */
    *kept = course;
    return gl_course_ref(course);
}

gl_course *gl_course_ref(gl_course *course)
{
    course->owners++;
    return course;
}

void gl_course_unref(gl_course *course)
{
    if (course == NULL || --course->owners != 0) return;
    for (size_t i = 0; i < course->count; i++) gl_gate_unref(course->steps[i].gate);
    gl_free(course);
}

size_t gl_course_place(const gl_course *course, const gl_gate *gate)
{
    size_t place = 0;
    while (place < course->count && course->steps[place].gate != gate) place++;
    return place;
}

gl_course_is gl_course_state(const gl_course *course, gl_time now)
{
    gl_course_is state = GL_COURSE_STOPPED;
    for (size_t i = 0; i < course->count; i++) {
        const gl_gate *gate = course->steps[i].gate;
        if (gl_key_stop_refuses(&gate->stop, now)) continue;
        if (gate->breaker.state == GL_CIRCUIT_CLOSED) return GL_COURSE_OPEN;
        state = GL_COURSE_BROKEN;
    }
    return state;
}

const gl_gate *gl_course_shut(const gl_course *course, bool key)
{
    for (size_t i = 0; i < course->count; i++) {
        const gl_gate *gate = course->steps[i].gate;
        if (key ? gate->stop.on : gate->breaker.state != GL_CIRCUIT_CLOSED) return gate;
    }
    return course->steps[0].gate;
}

void gl_gates_name_some(const gl_gates *gates, gl_json model, gl_buf *out)
{
    gl_buf_reset(out);
    if (model.kind == GL_JSON_STRING) {
        gl_buf_append_str(out, "no endpoint serves the model '");
        gl_json_string_append(model, out, NULL);
        gl_buf_append_str(out, "'");
    } else {
        gl_buf_append_str(out, "no endpoint serves a request without a model");
    }
    size_t before = out->len;
    gl_buf_append_str(out, "; some that are served: ");
    size_t after = out->len;
    gl_pool_name_some(gates->pool, out);
    if (out->len == after) out->len = before;
}
