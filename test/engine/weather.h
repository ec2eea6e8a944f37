/*
 * weather.h - what the endpoint of a simulated house does to each attempt, drawn from the world's
 * weather; and what must hold whenever an attempt begins.
 */
#ifndef TEST_ENGINE_WEATHER_H
#define TEST_ENGINE_WEATHER_H

#include <stdlib.h>

#include "world.h"

/* The answer that a body asks for. The body of a caller with a scope says whose it is. */
static inline int weather_answer(const house *h, const char *body, size_t len)
{
    const char *text = memmem(body, len, "q#", 2), *model = memmem(body, len, "model-", 6);
    const char *tag = memmem(body, len, "t#", 2);
    int caller = tag != NULL ? h->world->tickets[strtoul(tag + 2, NULL, 10)].scope : 0;
    assert_non_null(text);
    assert_non_null(model);
    int n = (text[2] - '0') * 10 + (text[3] - '0');
    return world_answer(n, model[6] - 'a', h, caller);
}

static inline gl_sim_plan weather_failure(world *w)
{
    static const int statuses[] = { 400, 401, 403, 404, 408, 409, 422, 429, 429, 500, 503, 529 };
    static const glimpse_error kinds[] = { GLIMPSE_ERR_CONNECT,       GLIMPSE_ERR_DNS,
                                           GLIMPSE_ERR_QUOTA,         GLIMPSE_ERR_TLS,
                                           GLIMPSE_ERR_RESET,         GLIMPSE_ERR_PROTOCOL,
                                           GLIMPSE_ERR_EMPTY_BODY,    GLIMPSE_ERR_BAD_JSON,
                                           GLIMPSE_ERR_BODY_TOO_LARGE };
    gl_time end = gl_rng_below(&w->weather.rng, 3000) * GL_MS;
    gl_sim_plan p;
    if (gl_rng_below(&w->weather.rng, 2) == 0) {
        p = gl_sim_failure(end, GLIMPSE_ERR_HTTP, statuses[gl_rng_below(&w->weather.rng, 12)]);
        p.code = "weather";
    } else {
        p = gl_sim_failure(end, kinds[gl_rng_below(&w->weather.rng, 9)], 0);
        if (p.error == GLIMPSE_ERR_QUOTA) p.http_status = 429;
        p.reused = p.error == GLIMPSE_ERR_RESET && gl_rng_below(&w->weather.rng, 2) == 0;
    }
    return p;
}

/* An answer that begins and breaks, or names its error behind the 200. */
static inline gl_sim_plan weather_break(world *w, gl_time end)
{
    static const int names[] = { 401, 429, 500, 503, 503 };
    gl_rng *rng = &w->weather.rng;
    uint32_t lot = gl_rng_below(rng, 4);
    if (lot < 3) {
        gl_sim_plan p =
            gl_sim_failure(end, lot < 2 ? GLIMPSE_ERR_STREAM_TRUNCATED : GLIMPSE_ERR_RESET, 200);
        p.first_byte = end / 4;
        p.bytes_every = end / 8 + 1;
        return p;
    }
    gl_sim_plan p = gl_sim_failure(end, GLIMPSE_ERR_STREAM_ERROR, 200);
    p.named_status = names[gl_rng_below(rng, 5)];
    return p;
}

/* The answer to a pack, more or less: an element may be missing or there twice, the list may be
 * none, or break off. *cut: so that the finish reason says it. */
static inline const char *weather_list(world *w, const house *h, const char *body, size_t len,
                                       bool *cut)
{
    gl_rng *rng = &w->weather.rng;
    char list[LIST_SIZE], *kept = w->lists[w->list++ % LISTS];
    const char *at = body, *end = body + len;
    memset(list, 0, LIST_SIZE);
    size_t used = (size_t)snprintf(list, LIST_SIZE, "{\"answers\":[");
    int n = 0;
    while ((at = memmem(at, (size_t)(end - at), "q#", 2)) != NULL) {
        const char *model = memmem(body, len, "model-", 6);
        assert_non_null(model);
        int text = (at[2] - '0') * 10 + (at[3] - '0');
        int answer = world_answer(text, model[6] - 'a', h, 0);
        at += 4;
        n++;
        for (uint32_t times = 1 + (gl_rng_below(rng, 12) == 0); times > 0; times--) {
            if (gl_rng_below(rng, 12) == 0) continue;
            used += (size_t)snprintf(list + used, LIST_SIZE - used, "%s{\"n\":%d,\"text\":\"%s\"}",
                                     list[used - 1] == '[' ? "" : ",", n, w->whole[answer]);
        }
    }
    assert_true(used + 3 < LIST_SIZE);
    memcpy(list + used, "]}", 3);
    *cut = gl_rng_below(rng, 10) == 0;
    if (*cut) list[gl_rng_below(rng, (uint32_t)used)] = '\0';
    if (gl_rng_below(rng, 10) == 0) list[0] = 'S'; /* Sure! */
    memcpy(kept, list, LIST_SIZE);
    return kept;
}

/* Attempts begin only at endpoints that are in the pool, but for want of memory for the new way. */
static inline bool is_in_pool(const house *h, const gl_gate *gate)
{
    for (size_t i = 0; i < h->engine->gates.count; i++)
        if (h->engine->gates.list[i] == gate) return true;
    return h->world->short_memory != 0;
}

/* Each endpoint's limits are kept. */
static inline void check_limits(const gl_gate *gate, const gl_request *request)
{
    const gl_bucket *bucket = &gate->paces[request->lane].buckets[GL_BUCKET_REQUESTS];
    assert_true(gate->limit.in_flight <= gl_limit_places(&gate->limit));
    assert_true(!bucket->fixed || !bucket->known || bucket->level > -0.01);
}

/* What an attempt may never be, when it starts; and what is remembered of it. */
static inline void note_start(place *p, const char *body, size_t len, const gl_sim_plan *plan)
{
    house *h = p->house;
    const char *tag = memmem(body, len, "t#", 2);
    h->started++;
    p->started++;
    assert_false(h->closing); /* what waited when it was closed has been cancelled */
    assert_false(gl_list_empty(&h->engine->in.running)); /* the last of which has just begun */
    const gl_request *request = GL_CONTAINER(h->engine->in.running.head.prev, gl_request, node);
    const gl_gate *gate = request->attempt.gate;
    assert_ptr_equal(gate->sampler, p->sampler);
    assert_true(is_in_pool(h, gate));
    assert_true(!gate->stop.on || gate->stop.tried);
    assert_true(gate->breaker.state != GL_CIRCUIT_OPEN);
    check_limits(gate, request);
    if (tag == NULL) return;
    ticket *t = &h->world->tickets[strtoul(tag + 2, NULL, 10)];
    assert_true(t->house == h && t->tagged);
    if (h->config.coalesce) return;
    assert_int_equal(t->results, 0);
    assert_int_equal(t->heard_len + t->seen_len, 0); /* what was told is not sent again */
    assert_ptr_equal(request->attempt.body != NULL ? request->attempt.body : request->body.data,
                     body);
    if (t->start_count < STARTS)
        t->starts[t->start_count] =
            (start){ .probe = gate->breaker.state == GL_CIRCUIT_PROBING,
                     .at = p,
                     .named = plan->named_status,
                     .asked_wait_ms = plan->retry_after_ms,
                     .reused = plan->reused,
                     .late = plan->connected >= gl_time_add_ms(0, h->config.timeout_ms),
                     .spared = request->spared,
                     .number = h->started,
                     .answered = p->answered };
    t->start_count++;
}

static inline bool holds_poison(const world *w, const char *body, size_t len)
{
    char text[8];
    snprintf(text, sizeof text, "q#%02d", w->poison);
    return w->poison >= 0 && memmem(body, len, text, strlen(text)) != NULL;
}

static inline gl_sim_plan weather_plan(void *arg, int number, const char *body, size_t len)
{
    place *at = arg;
    house *h = at->house;
    world *w = h->world;
    gl_rng *rng = &w->weather.rng;
    int answer = weather_answer(h, body, len);
    gl_sim_plan p = gl_sim_random_plan(&w->weather, number, body, len);
    if (at->dead)
        p = gl_sim_failure(p.end / 8, GLIMPSE_ERR_CONNECT, 0);
    else if (at->broke)
        p = gl_sim_failure(p.end, GLIMPSE_ERR_QUOTA, 429);
    else if (w->outage)
        p = gl_sim_failure(p.end, GLIMPSE_ERR_HTTP, 503);
    else if (holds_poison(w, body, len))
        p = gl_sim_failure(p.end, w->poison_error, w->poison_status);
    else if (gl_rng_below(rng, 8) == 0)
        p = weather_failure(w);
    else if (gl_rng_below(rng, 12) == 0)
        p = weather_break(w, p.end);
    bool cut = gl_rng_below(rng, 6) == 0;
    bool pack = memmem(body, len, "Inputs:\\n", 9) != NULL;
    if (p.error == GLIMPSE_OK) {
        p.text = pack  ? weather_list(w, h, body, len, &cut)
                 : cut ? w->cut[answer]
                       : w->whole[answer];
        p.complete = !cut;
    }
    if (p.error != GLIMPSE_OK && gl_rng_below(rng, 3) == 0)
        p.retry_after_ms = 1 + gl_rng_below(rng, 200000); /* some longer than is obeyed */
    p.in_pieces = true;
    if (p.error != GLIMPSE_OK && p.http_status == 200 && p.named_status == 0)
        p.text = cut ? w->cut[answer] : w->whole[answer];      /* of which some comes */
    if (gl_rng_below(rng, 10) == 0 && p.error == GLIMPSE_OK) { /* slow to connect */
        p.connected = gl_rng_below(rng, 8000) * GL_MS;
        p.first_byte += p.connected;
        p.end += p.connected;
    }
    if (gl_rng_below(rng, 10) == 0) p.first_byte = p.connected;
    if (p.bytes_every == 0 && gl_rng_below(rng, 4) == 0)
        p.bytes_every = (1 + gl_rng_below(rng, 900)) * GL_MS;
    if (gl_rng_below(rng, 30) == 0 && p.error == GLIMPSE_OK)
        p.end = p.connected = p.first_byte = 0; /* inside start */
    if (gl_rng_below(rng, 3) == 0) {            /* headers, also ones that make no sense */
        p.requests = (glimpse_rate_limit){ 1 + gl_rng_below(rng, 6000), gl_rng_below(rng, 100),
                                           gl_rng_below(rng, 70000) };
        p.tokens = (glimpse_rate_limit){ 1 + gl_rng_below(rng, 100000), gl_rng_below(rng, 5000),
                                         gl_rng_below(rng, 70000) };
    }
    note_start(at, body, len, &p);
    return p;
}

#endif
