/*
 * pool_rig.h - an engine over a pool of scripted endpoints, in virtual time.
 *
 * Each endpoint plays its own plans: its n-th attempt of all requests plays plans[n - 1], the last
 * one for the rest. It keeps the body that it was sent last.
 */
#ifndef TEST_ENGINE_POOL_RIG_H
#define TEST_ENGINE_POOL_RIG_H

#include "rig.h"

#define POOL_RIG_MOST 8

typedef struct pool_rig pool_rig;

typedef struct pool_place {
    pool_rig *pool;
    glimpse_sampler *sampler;
    gl_sim *sim;
    gl_sim_plan plans[8];
    int plan_count, asked;
    char body[256];
} pool_place;

struct pool_rig {
    rig rig;
    pool_place places[POOL_RIG_MOST];
    glimpse_pool_endpoint endpoints[POOL_RIG_MOST];
    glimpse_pool pool;
};

static inline gl_sim_plan pool_plan(void *arg, int number, const char *body, size_t len)
{
    pool_place *place = arg;
    (void)number;
    snprintf(place->body, sizeof place->body, "%.*s", (int)len, body);
    int n = place->asked++;
    return place->plans[n < place->plan_count ? n : place->plan_count - 1];
}

/* So many endpoints, "a", "b", ..., each a group of its own, each answering after 1 s. */
static inline void pool_init(pool_rig *p, size_t count)
{
    static const char *const names[POOL_RIG_MOST] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    static const char *const scopes[POOL_RIG_MOST] = { "A", "B", "C", "D", "E", "F", "G", "H" };
    *p = (pool_rig){ .rig.closed = 0 };
    rig_init(&p->rig);
    p->rig.config.fallback_on = false;
    rig_open(&p->rig);
    glimpse_engine_free(p->rig.engine); /* the rig's has one endpoint */
    p->rig.engine = NULL;
    glimpse_pool_init(&p->pool);
    p->pool.endpoints = p->endpoints;
    p->pool.endpoint_count = count;
    for (size_t i = 0; i < count; i++) {
        pool_place *place = &p->places[i];
        place->pool = p;
        place->plans[0] = gl_sim_answer(GL_SECOND, names[i]);
        place->plan_count = 1;
        gl_sim_config sim = { .plan = pool_plan, .arg = place, .scope = scopes[i] };
        assert_int_equal(gl_sim_sampler_new(p->rig.loop, &sim, &place->sampler, &place->sim),
                         GLIMPSE_OK);
        glimpse_pool_endpoint_init(&p->endpoints[i]);
        p->endpoints[i].name = names[i];
        p->endpoints[i].sampler = place->sampler;
    }
}

/* All endpoints are one group. */
static inline void pool_one_group(pool_rig *p)
{
    for (size_t i = 0; i < p->pool.endpoint_count; i++) p->endpoints[i].group = "all";
}

static inline void pool_open(pool_rig *p)
{
    glimpse_problem problem;
    p->rig.config.sampler = NULL;
    p->rig.config.pool = &p->pool;
    if (glimpse_config_check(&p->rig.config, &problem) != GLIMPSE_OK)
        fail_msg("%s: %s", problem.field, problem.sentence);
    assert_int_equal(gl_engine_new(gl_sim_base(), &p->rig.config, &p->rig.engine), GLIMPSE_OK);
}

static inline void pool_close(pool_rig *p)
{
    glimpse_engine_free(p->rig.engine);
    p->rig.engine = NULL;
    for (size_t i = 0; i < p->pool.endpoint_count; i++) {
        const gl_sim_counts *counts = gl_sim_counts_of(p->places[i].sim);
        assert_int_equal(counts->running, 0);
        glimpse_sampler_unref(p->places[i].sampler);
    }
    rig_close(&p->rig);
}

static inline glimpse_stats pool_stats(const pool_rig *p)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(p->rig.engine, &stats), GLIMPSE_OK);
    return stats;
}

#endif
