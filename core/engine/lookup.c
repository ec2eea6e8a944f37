/*
 * lookup.c - the answers that are there already: 2 on the way of a request. First the memory cache;
 * the store after the flight was joined or begun.
 *
 * A lookup in the store is out for a request in state LOOKING, which leads its flight meanwhile: of
 * identical requests one asks the store. The lookup ends once, in found(), or is cancelled. This
 * file never sends; the engine's `looked_up` decides what a hit or a miss means.
 */
#include "engine/lookup.h"

#include <assert.h>

#include "base/alloc.h"
#include "engine/engine.h"
#include "sampler.h"

/* --- identities ------------------------------------------------------------------------------- */

static gl_slice deciding_of(const gl_request *request)
{
    return request->headers != NULL ? request->headers->deciding : gl_slice_of(NULL, 0);
}

/* The identity of an answer of the group that begins with this step. */
static glimpse_error identify(const gl_request *request, size_t step, const char *caller,
                              gl_named *named)
{
    glimpse_engine *engine = request->engine;
    const gl_course *course = request->course;
    gl_buf *scope = &engine->scratch;
    if (!gl_course_scope(course, &course->steps[step], scope)) return GLIMPSE_ERR_OOM;
    named->mark = course->steps[step].mark;
    return gl_keyer_identity(engine->keyer, &request->caller.result->key, gl_buf_slice(scope),
                             request->path, gl_slice_str(caller), deciding_of(request),
                             &named->identity);
}

static glimpse_error identify_further(gl_request *request, const char *caller)
{
    const gl_course *course = request->course;
    glimpse_error error = GLIMPSE_OK;
    if (course->groups < 2) return GLIMPSE_OK;
    request->further = gl_malloc((course->groups - 1) * sizeof *request->further);
    if (request->further == NULL) return GLIMPSE_ERR_OOM;
    for (size_t i = 1; i < course->count && error == GLIMPSE_OK; i++)
        if (course->steps[i].group != course->steps[i - 1].group)
            error = identify(request, i, caller, &request->further[request->further_count++]);
    return error;
}

glimpse_error gl_lookup_identify(gl_request *request, const char *caller)
{
    glimpse_engine *engine = request->engine;
    if (engine->gates.pool == NULL) {
        const glimpse_sampler_vtable *vtable = &engine->sampler->vtable;
        const char *scope = vtable->scope != NULL ? vtable->scope(engine->sampler->self) : NULL;
        return gl_keyer_identity(engine->keyer, &request->caller.result->key, gl_slice_str(scope),
                                 request->path, gl_slice_str(caller), deciding_of(request),
                                 &request->identity);
    }
    size_t lane = gl_queue_find_lane(&engine->queue, request->named_model.text);
    request->course = gl_gates_course(&engine->gates, lane, request->named_model, &engine->scratch);
    if (request->course == NULL) return GLIMPSE_ERR_OOM;
    if (request->course->count == 0) return GLIMPSE_OK;
    gl_named first;
    glimpse_error error = identify(request, 0, caller, &first);
    if (error != GLIMPSE_OK) return error;
    request->identity = first.identity;
    request->group_mark = first.mark;
    return identify_further(request, caller);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Answers of the local sampler are neither stored nor looked for. */
static bool reads(const gl_request *request)
{
    return (request->cache_control == GLIMPSE_CACHE_USE ||
            request->cache_control == GLIMPSE_CACHE_ONLY) &&
           !request->engine->sampler->vtable.local;
}

/* A kept answer without usage does not serve a request that asks for usage, and one that is too old
 * for a request does not serve that one. */
static bool serves(const gl_request *request, const glimpse_sample *sample, int64_t age_ms)
{
    if (request->max_age_ms >= 0 && age_ms > request->max_age_ms) return false;
    return !request->asks_usage || !glimpse_sample_get(sample)->usage_unasked;
}

/* Makes the sample the result's. Takes over the reference. */
static void take_answer(gl_request *request, glimpse_sample *sample, int64_t age_ms,
                        const char *event)
{
    const gl_log *log = &request->engine->log;
    glimpse_result *result = request->caller.result;
    result->sample = sample;
    result->response = glimpse_sample_ref(sample);
    result->source = GLIMPSE_SOURCE_CACHE;
    result->age_ms = age_ms > 0 ? age_ms : 0;
    result->status = GLIMPSE_STATUS_ALIGNED;
    if (!gl_log_wants(log, GLIMPSE_LOG_DEBUG)) return;
    glimpse_log_field field = { "id", NULL, (int64_t)request->caller.id };
    gl_log_emit(log, GLIMPSE_LOG_DEBUG, event, &field, 1);
}

static bool in_memory(gl_request *request, const glimpse_key *identity, gl_time now)
{
    int64_t age_ms;
    glimpse_sample *sample = glimpse_cache_get_aged(request->engine->cache, identity, now, &age_ms);
    if (sample == NULL) return false;
    if (!serves(request, sample, age_ms)) {
        glimpse_sample_unref(sample);
        return false;
    }
    take_answer(request, sample, age_ms, "cache_hit");
    return true;
}

bool gl_lookup_memory(gl_request *request, gl_time now)
{
    if (request->engine->cache == NULL || !reads(request)) return false;
    if (in_memory(request, &request->identity, now)) return true;
    for (unsigned i = 0; i < request->further_count; i++)
        if (in_memory(request, &request->further[i].identity, now)) return true;
    return false;
}

/* --- the store --- */

static void ended(gl_request *request)
{
    assert(request->state == GL_STATE_LOOKING);
    request->engine->lookups--;
}

/* Returns the identity that the store was asked for last. */
static const glimpse_key *asked_for(const gl_request *request)
{
    return request->looked == 0 ? &request->identity
                                : &request->further[request->looked - 1].identity;
}

/* An answer has the same age in memory as in the store. One that is older than the clock itself,
 * which begins with the machine, cannot be put into memory; it stays in the store. */
static void keep_in_memory(const gl_request *request, const glimpse_sample *sample, int64_t age_ms,
                           gl_time now)
{
    glimpse_cache *cache = request->engine->cache;
    if (cache == NULL || age_ms < 0 || (uint64_t)age_ms >= now / GL_MS) return;
    (void)glimpse_cache_put(cache, asked_for(request), sample, now - (uint64_t)age_ms * GL_MS);
}

static void found(void *arg, const glimpse_sample *sample, int64_t age_ms)
{
    gl_request *request = arg;
    glimpse_engine *engine = request->engine;
    gl_time now = gl_clockwork_now(&engine->clock);
    if (sample != NULL && !serves(request, sample, age_ms)) sample = NULL;
    if (sample == NULL && request->looked < request->further_count) {
        request->looked++;
        glimpse_store_get(engine->store, asked_for(request), found, request);
        return;
    }
    gl_clockwork_enter(&engine->clock);
    ended(request);
    if (sample != NULL) {
        engine->stats.store_hits++;
        keep_in_memory(request, sample, age_ms, now);
        take_answer(request, glimpse_sample_ref(sample), age_ms, "store_hit");
    } else {
        engine->stats.store_misses++;
    }
    engine->looked_up(request, sample != NULL, now);
    gl_clockwork_leave(&engine->clock);
}

bool gl_lookup_store(gl_request *request)
{
    glimpse_engine *engine = request->engine;
    if (engine->store == NULL || !reads(request)) return false;
    gl_request_move(request, GL_STATE_LOOKING, &engine->in.looking, false);
    engine->lookups++;
    gl_clockwork_set_timer(request);
    glimpse_store_get(engine->store, &request->identity, found, request); /* may end the lookup */
    return true;
}

void gl_lookup_cancel(gl_request *request)
{
    ended(request);
    glimpse_store_cancel(request->engine->store, request);
}

/* Returns the identity of an answer of the attempt; NULL: the group is one that the request did not
 * have when it came, so that nobody looks for it there. */
static const glimpse_key *identity_of(const gl_request *request)
{
    if (request->attempt.mark == request->group_mark) return &request->identity;
    for (unsigned i = 0; i < request->further_count; i++)
        if (request->further[i].mark == request->attempt.mark) return &request->further[i].identity;
    return NULL;
}

/* Keeping may fail for want of memory or of room on a disk; the request goes on. */
void gl_lookup_keep(const gl_request *request, const glimpse_sample *sample, gl_time now)
{
    const glimpse_engine *engine = request->engine;
    const glimpse_key *identity = identity_of(request);
    if (!request->has_key || request->cache_control == GLIMPSE_CACHE_BYPASS || identity == NULL)
        return;
    request->caller.result->kept = engine->cache != NULL || engine->store != NULL;
    if (engine->cache != NULL) (void)glimpse_cache_put(engine->cache, identity, sample, now);
    if (engine->store != NULL) glimpse_store_put(engine->store, identity, sample, NULL, NULL);
}
