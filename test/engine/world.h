/*
 * world.h - the state of one seed of the simulation, and how it is built and taken down.
 *
 * A house is an engine with its own endpoint; a ticket is one request and all that was said about
 * it.
 */
#ifndef TEST_ENGINE_WORLD_H
#define TEST_ENGINE_WORLD_H

#include "fake_store.h"
#include "rig.h"

enum { TICKETS = 240, HOUSES = 3, PLACES = 4, TEXTS = 10, CALLERS = 3, OF_TEXT = 2 * 2 * CALLERS };
enum { ANSWERS = TEXTS * OF_TEXT };

/* Lists of answers that packs were given; there are never as many attempts at once. */
enum { LISTS = 128, LIST_SIZE = 1024 };

/* Seeds of a test run: what a debug build does in some seconds. */
enum { SEEDS = 10000 };

typedef struct world world;

typedef struct house house;

/* An endpoint of a house. */
typedef struct place {
    house *house;
    glimpse_sampler *sampler;
    gl_sim *sim;
    int64_t concurrency;
    bool dead, broke;           /* nobody listens there; its key has no money now */
    uint64_t started, answered; /* answered: as the house's, of those that it answered */
} place;

struct house {
    world *world;
    glimpse_engine *engine;
    glimpse_config config;
    place places[PLACES];
    int place_count;
    glimpse_pool_endpoint endpoints[PLACES]; /* of the pool, where there is one */
    glimpse_pool pool;
    int scope;
    bool closing, close_called, freed;
    bool moved; /* it has had another pool */
    int closed;
    gl_time close_by; /* the earliest promise given to close by */
    uint64_t started, accepted, results, notices, attempts;
};

/* One attempt of a ticket, as the endpoint saw it begin. */
typedef struct start {
    bool probe;
    place *at;
    int named; /* the status that its error within a 200 names */
    int64_t asked_wait_ms;
    bool reused;
    bool late;                 /* its time is up before it has a connection */
    int spared;                /* attempts before it that cost nothing */
    uint64_t number, answered; /* among the house's, and the latest that its endpoint is known to
                                  have answered by then */
} start;

/* As many as a result lists. */
enum { STARTS = 32 };

typedef struct ticket {
    house *house;
    uint64_t number;
    glimpse_id id;
    bool accepted, bad, listens, fallback, cancelled;
    int answer;
    int64_t deadline_ms;
    glimpse_cache_control control;
    glimpse_thresholds thresholds;
    gl_time submitted;

    int results, notices;
    size_t retries;
    glimpse_source source;
    bool whole, came; /* answered; cancelled, when the text was there */
    gl_time settled;
    glimpse_result *kept;

    bool tagged; /* the endpoint knows whose attempt it sees, unless callers share their way */
    bool streams, hears, sees;
    char heard[64], seen[64]; /* by on_text, by on_event */
    size_t heard_len, seen_len;
    int scope;   /* of its caller: 0 is none */
    bool paused; /* its reader */
    int start_count;
    start starts[STARTS];
} ticket;

struct world {
    gl_rng rng, gate_rng;
    gl_sim_random weather;
    gl_loop *loop;
    glimpse_cache *cache;
    glimpse_cache_config cache_bounds;
    fake_store fake; /* the engines' store, when fake.store is not NULL */
    glimpse_sampler *fallback;
    house houses[HOUSES];
    int house_count;
    ticket tickets[TICKETS];
    int count;
    char whole[ANSWERS][24], cut[ANSWERS][24];
    char lists[LISTS][LIST_SIZE];
    size_t list;

    uint32_t short_memory; /* one allocation in so many fails; 0 = none */
    bool outage;           /* of the endpoints, now */
    int poison;            /* the text that they always fail at; -1: none */
    glimpse_error poison_error;
    int poison_status;
    bool dawdles, may_close, may_free;
    bool hurries;     /* no reader pauses any more */
    int64_t pace_ms;  /* most time between two things the caller does */
    bool inside_call; /* no callback may run */
    size_t live_before;
    uint64_t trace; /* of everything that callbacks saw: equal seeds, equal traces */
    FILE *trace_file;
};

/* The number of the answer to a text by a model (0 or 1): each endpoint has its own, and gives each
 * caller another. */
static inline int world_answer(int text, int model, const house *h, int caller)
{
    return ((text * 2 + model) * 2 + h->scope) * CALLERS + caller;
}

static inline void world_init(world *w, uint64_t seed)
{
    *w = (world){ .live_before = gl_alloc_live() };
    gl_rng *rng = &w->rng;
    gl_rng_seed(rng, seed);
    gl_rng_seed(&w->gate_rng, seed + 2);
    gl_rng_seed(&w->weather.rng, seed + 1);
    gl_sim_reset(1000 * GL_SECOND);
    /* One seed in three has good weather, one in three common weather, one a storm. */
    uint32_t storm = gl_rng_below(rng, 3);
    w->weather.median = (200 + gl_rng_below(rng, 2000)) * GL_MS;
    w->weather.p95 = w->weather.median * (1 + gl_rng_below(rng, 4));
    w->weather.http_429 = storm * gl_rng_below(rng, 150000);
    w->weather.http_500 = storm * gl_rng_below(rng, 100000);
    w->weather.reset = storm * gl_rng_below(rng, 50000);
    w->weather.hang = storm * gl_rng_below(rng, 20000);
    w->short_memory = gl_rng_below(rng, 4) == 0 ? 3 + gl_rng_below(rng, 200) : 0;
    w->dawdles = gl_rng_below(rng, 5) == 0;
    w->may_close = gl_rng_below(rng, 3) == 0;
    w->may_free = gl_rng_below(rng, 6) == 0;
    static const int statuses[] = { 500, 500, 503, 0 };
    w->poison = (int)gl_rng_below(rng, 3 * TEXTS) - 2 * TEXTS;
    w->poison_status = statuses[gl_rng_below(rng, 4)];
    w->poison_error = w->poison_status != 0 ? GLIMPSE_ERR_HTTP : GLIMPSE_ERR_RESET;
    w->pace_ms = 1 + gl_rng_below(rng, 800);
    w->house_count = 1 + (int)gl_rng_below(rng, HOUSES);
    for (int i = 0; i < ANSWERS; i++) {
        snprintf(w->whole[i], sizeof w->whole[i], "answer %d", i);
        snprintf(w->cut[i], sizeof w->cut[i], "ans- %d", i);
    }
}

/* Settings as different as callers are. */
static inline void world_configure(world *w, glimpse_config *config)
{
    gl_rng *rng = &w->rng;
    glimpse_config_init(config);
    config->seed = 1 + gl_rng_below(rng, 1000000);
    config->model = "model-a";
    config->concurrency = 1 + gl_rng_below(rng, 30);
    config->max_attempts = 1 + (int)gl_rng_below(rng, 8);
    config->base_delay_ms = 1 + gl_rng_below(rng, 1000);
    config->max_delay_ms = config->base_delay_ms + gl_rng_below(rng, 20000);
    config->max_retry_after_ms = gl_rng_below(rng, 150000);
    config->timeout_ms = 1000 + gl_rng_below(rng, 20000); /* what hangs ends */
    config->connect_timeout_ms = gl_rng_below(rng, 2) * (1 + gl_rng_below(rng, 5000));
    config->first_byte_timeout_ms = gl_rng_below(rng, 2) * (1 + gl_rng_below(rng, 8000));
    config->idle_timeout_ms = gl_rng_below(rng, 2) * (1 + gl_rng_below(rng, 3000));
    config->deadline_ms = gl_rng_below(rng, 4) == 0 ? 1 + gl_rng_below(rng, 60000) : 0;
    static const glimpse_breaker breakers[] = { GLIMPSE_BREAKER_LOCAL, GLIMPSE_BREAKER_WAIT,
                                                GLIMPSE_BREAKER_FAIL };
    config->breaker = breakers[gl_rng_below(rng, 3)];
    static const int64_t rpms[] = { -1, -1, 0, 60, 6000 }, tpms[] = { -1, -1, 0, 100, 50000 };
    config->rpm = rpms[gl_rng_below(rng, 5)];
    config->tpm = tpms[gl_rng_below(rng, 5)];
    config->coalesce = gl_rng_below(rng, 4) != 0;
    config->packing.on = gl_rng_below(rng, 2) == 0;
    config->packing.window_ms = gl_rng_below(rng, 2000);
    config->packing.max_drafts = 2 + gl_rng_below(rng, 10);
    config->fallback_on = gl_rng_below(rng, 3) != 0;
    int64_t t1 = 1 + gl_rng_below(rng, 2000);
    config->thresholds = (glimpse_thresholds){ t1, t1 + 1 + gl_rng_below(rng, 2000), t1 + 3000,
                                               t1 + 3001 + gl_rng_below(rng, 5000) };
}

/* Lists some of a house's endpoints as its pool, in any order; at least one of them lives. */
static inline void world_list(house *h)
{
    static const char *const names[PLACES] = { "a", "b", "c", "d" };
    static const char *const groups[] = { "one", "two" };
    static const glimpse_alias renamed[] = { { "model-a", "x-model-a" },
                                             { "model-b", "x-model-b" } };
    gl_rng *rng = &h->world->rng;
    size_t count = 0;
    uint32_t turn = gl_rng_below(rng, (uint32_t)h->place_count);
    for (int i = 0; i < h->place_count; i++) {
        uint32_t n = ((uint32_t)i + turn) % (uint32_t)h->place_count;
        if (n != 0 && gl_rng_below(rng, 4) == 0) continue; /* the first one always lives */
        glimpse_pool_endpoint *endpoint = &h->endpoints[count++];
        glimpse_pool_endpoint_init(endpoint);
        endpoint->name = names[n];
        endpoint->group = gl_rng_below(rng, 3) == 0 ? NULL : groups[gl_rng_below(rng, 2)];
        endpoint->weight = 1 + gl_rng_below(rng, 5);
        endpoint->concurrency = h->places[n].concurrency;
        endpoint->sampler = h->places[n].sampler;
        if (gl_rng_below(rng, 4) != 0) continue;
        endpoint->models = renamed;
        endpoint->model_count = 2;
    }
    glimpse_pool_init(&h->pool);
    h->pool.endpoints = h->endpoints;
    h->pool.endpoint_count = count;
}

static inline void world_open(world *w, gl_sim_plan (*plan)(void *arg, int number, const char *body,
                                                            size_t len))
{
    static const glimpse_sampler_vtable fallback = { .size = sizeof(glimpse_sampler_vtable),
                                                     .name = "fallback",
                                                     .local = true,
                                                     .start = rig_fallback_start };
    static const char *const scopes[] = { "https://one.example", "https://two.example" };
    w->loop = gl_loop_new(gl_sim_base());
    assert_non_null(w->loop);
    assert_int_equal(glimpse_sampler_new(&fallback, NULL, &w->fallback, NULL), GLIMPSE_OK);
    glimpse_cache_config_init(&w->cache_bounds);
    w->cache_bounds.max_entries = 1 + gl_rng_below(&w->rng, 60);
    w->cache_bounds.max_bytes = 500 + gl_rng_below(&w->rng, 40000);
    w->cache_bounds.ttl_ms = 1 + gl_rng_below(&w->rng, 60000);
    if (gl_rng_below(&w->rng, 4) != 0)
        assert_int_equal(glimpse_cache_new(&w->cache_bounds, &w->cache, NULL), GLIMPSE_OK);
    if (gl_rng_below(&w->rng, 3) == 0) {
        static const gl_time delays[] = { 0, GL_MS, 300 * GL_MS, 5 * GL_SECOND };
        fake_open(&w->fake, delays[gl_rng_below(&w->rng, 4)]);
        w->fake.ttl_ms = w->cache_bounds.ttl_ms;
    }
    for (int i = 0; i < w->house_count; i++) {
        house *h = &w->houses[i];
        world_configure(w, &h->config);
        h->world = w;
        h->scope = (int)gl_rng_below(&w->rng, 2);
        h->close_by = GL_TIME_NEVER;
        bool pool = gl_rng_below(&w->rng, 2) == 0;
        h->place_count = pool ? 1 + (int)gl_rng_below(&w->rng, PLACES) : 1;
        for (int k = 0; k < h->place_count; k++) {
            place *p = &h->places[k];
            gl_sim_config sim = { .plan = plan, .arg = p, .scope = scopes[h->scope] };
            p->house = h;
            p->concurrency = pool ? 1 + gl_rng_below(&w->rng, 30) : h->config.concurrency;
            p->dead = k != 0 && gl_rng_below(&w->rng, 4) == 0;
            assert_int_equal(gl_sim_sampler_new(w->loop, &sim, &p->sampler, &p->sim), GLIMPSE_OK);
        }
        if (pool) world_list(h);
        h->config.sampler = pool ? NULL : h->places[0].sampler;
        h->config.pool = pool ? &h->pool : NULL;
        h->config.fallback = w->fallback;
        h->config.cache = w->cache;
        h->config.store = w->fake.store;
        glimpse_problem problem;
        if (glimpse_config_check(&h->config, &problem) != GLIMPSE_OK)
            fail_msg("%s: %s", problem.field, problem.sentence);
        assert_int_equal(gl_engine_new(gl_sim_base(), &h->config, &h->engine), GLIMPSE_OK);
    }
}

/* Frees what is left, and claims that nothing is. */
static inline void world_close(world *w)
{
    for (int i = 0; i < w->house_count; i++) {
        house *h = &w->houses[i];
        if (!h->freed) glimpse_engine_free(h->engine);
        for (int k = 0; k < h->place_count; k++) {
            assert_int_equal(gl_sim_counts_of(h->places[k].sim)->running, 0);
            glimpse_sampler_unref(h->places[k].sampler);
        }
    }
    for (int i = 0; i < w->count; i++) glimpse_result_unref(w->tickets[i].kept);
    glimpse_sampler_unref(w->fallback);
    glimpse_cache_unref(w->cache);
    glimpse_store_unref(w->fake.store);
    gl_loop_free(w->loop);
    assert_int_equal(gl_sim_live(), 0);
    assert_int_equal(gl_alloc_live(), w->live_before);
}

#endif
