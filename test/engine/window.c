/*
 * window.c - the window beside the best constant one, over a table of endpoints in virtual time.
 *
 * A client that always has another line asks an endpoint for some minutes, 64 at once if it may;
 * what counts are the answers. The best constant window is found by trying them, with the same
 * retries, pacing and budget. Of refusals those count that come after the first half minute: with
 * the first 64 at once an endpoint is asked more than it said it takes.
 *
 *   WINDOW_ROW=knee      rows with this in their name
 *   WINDOW_TRACE=1       the window each time it changes
 */
#include <math.h>
#include <stdlib.h>

#include "rig.h"

#define SERVED_MOST 256 /* what may be under way: live requests are bounded as in `batch` */
#define LEARNING    (30 * GL_SECOND)

typedef struct endpoint {
    const char *name;
    double part, refused_most;  /* of the best's answers, at least; of attempts, at most */
    double noise;               /* refused at random */
    double per_second, bucket;  /* 0: no limit of a rate; what may come at once */
    bool by_the_clock;          /* the limit is counted by the minutes of a clock */
    int places, queue;          /* served at once, 0: any number; and who waits */
    gl_time burst_every, burst; /* everything is refused for so long */
    bool halves;                /* rate or places, in the middle */
    bool headers, retry_after;  /* what answers, and what refusals say */
    int status;                 /* of refusals */
    int median_ms, seconds;     /* latency (the 95th percentile is twice that); how long */
    bool steady;                /* latency: always the same, so that all end together */
} endpoint;

/* Noise within 10 %, load within 15 %. */
static const endpoint table[] = {
    { "1 % refused at random", .9, 1, .noise = .01, .status = 429, .median_ms = 100,
      .seconds = 30 },
    { "5 % refused at random", .9, 1, .noise = .05, .status = 429, .median_ms = 100,
      .seconds = 30 },
    { "10 % refused at random", .9, 1, .noise = .1, .status = 429, .median_ms = 100,
      .seconds = 30 },
    { "10 % of 503 at random", .9, 1, .noise = .1, .status = 503, .median_ms = 100, .seconds = 30 },
    { "5 % at random, Retry-After 1 s", .9, 1, .noise = .05, .retry_after = true, .status = 429,
      .median_ms = 100, .seconds = 30 },
    { "6 % at random, steady latency", .9, 1, .noise = .06, .status = 429, .median_ms = 100,
      .seconds = 30, .steady = true },
    { "6 % at random, steady, Retry-After 1 s", .9, 1, .noise = .06, .retry_after = true,
      .status = 429, .median_ms = 100, .seconds = 30, .steady = true },
    { "all refused for 0.5 s of 10", .9, 1, .burst_every = 10 * GL_SECOND, .burst = 500 * GL_MS,
      .status = 429, .median_ms = 100, .seconds = 60 },
    { "all refused for 2 s of 30", .9, 1, .burst_every = 30 * GL_SECOND, .burst = 2 * GL_SECOND,
      .status = 429, .median_ms = 100, .seconds = 60 },
    { "600 a minute", .85, .03, .per_second = 10, .bucket = 10, .status = 429, .median_ms = 1000,
      .seconds = 600 },
    { "600 a minute, Retry-After", .85, .03, .per_second = 10, .bucket = 10, .retry_after = true,
      .status = 429, .median_ms = 1000, .seconds = 600 },
    { "600 a minute, headers", .85, .03, .per_second = 10, .bucket = 10, .headers = true,
      .retry_after = true, .status = 429, .median_ms = 1000, .seconds = 600 },
    { "600 a minute, 600 at once", .85, .035, .per_second = 10, .bucket = 600, .status = 429,
      .median_ms = 1000, .seconds = 900 },
    { "900 a minute, 1.5 in flight", .85, .03, .per_second = 15, .bucket = 15, .status = 429,
      .median_ms = 100, .seconds = 300 },
    { "60 a minute, 0.3 in flight", .85, .03, .per_second = 1, .bucket = 1, .status = 429,
      .median_ms = 300, .seconds = 1800 },
    { "600 a minute of the clock", .85, .12, .per_second = 10, .by_the_clock = true, .status = 429,
      .median_ms = 1000, .seconds = 600 },
    { "the same, Retry-After", .85, .04, .per_second = 10, .by_the_clock = true,
      .retry_after = true, .status = 429, .median_ms = 1000, .seconds = 600 },
    { "600 a minute and 3 % at random", .5, .09, .noise = .03, .per_second = 10, .bucket = 10,
      .status = 429, .median_ms = 1000, .seconds = 600 },
    { "knee: 20 at once, others refused", .85, .03, .places = 20, .status = 429, .median_ms = 500,
      .seconds = 300 },
    { "knee: 20 at once, 10 wait", .85, .03, .places = 20, .queue = 10, .status = 503,
      .median_ms = 500, .seconds = 300 },
    { "knee: 20 at once, all wait", .85, .03, .places = 20, .queue = SERVED_MOST, .status = 503,
      .median_ms = 500, .seconds = 120 },
    { "1200 a minute, then 600", .85, .04, .per_second = 20, .bucket = 20, .halves = true,
      .status = 429, .median_ms = 1000, .seconds = 900 },
    { "knee at 40, then at 20", .85, .03, .places = 40, .halves = true, .status = 429,
      .median_ms = 500, .seconds = 300 },
};

typedef struct world {
    const endpoint *is;
    rig rig;
    gl_rng rng;
    double level; /* of the bucket */
    gl_time at, begun;
    gl_time ends[SERVED_MOST]; /* of those that are served or wait */
    int served;
    uint64_t attempts, refused, early, early_refused, answered, submitted;
    bool over;
} world;

/* --- the endpoint --- */

static gl_time age(const world *w)
{
    return gl_sim_now() - w->begun;
}

static double halved(const world *w)
{
    return w->is->halves && age(w) >= (gl_time)w->is->seconds * GL_SECOND / 2 ? 0.5 : 1;
}

static gl_time minute_of(const world *w, gl_time time)
{
    return (time - w->begun) / (60 * GL_SECOND);
}

/* Whether the limit of the rate lets it through. */
static bool take(world *w)
{
    double rate = w->is->per_second * halved(w);
    gl_time now = gl_sim_now();
    if (!w->is->by_the_clock)
        w->level = fmin(w->is->bucket, w->level + rate * (double)(now - w->at) / 1e9);
    else if (minute_of(w, now) != minute_of(w, w->at))
        w->level = rate * 60;
    w->at = now;
    if (w->level < 1) return false;
    w->level -= 1;
    return true;
}

static int by_time(const void *a, const void *b)
{
    const gl_time *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Whether there is a place or room in the queue, and when it would have its answer. */
static bool enter(world *w, gl_time *latency)
{
    int places = (int)(w->is->places * halved(w)), n = 0;
    gl_time now = gl_sim_now(), begin = now;
    for (int i = 0; i < w->served; i++)
        if (w->ends[i] > now) w->ends[n++] = w->ends[i];
    w->served = n;
    if (n >= places + w->is->queue || n >= SERVED_MOST) return false;
    qsort(w->ends, (size_t)n, sizeof *w->ends, by_time);
    if (n >= places) begin = w->ends[n - places]; /* then a place is free */
    *latency += begin - now;
    w->ends[w->served++] = now + *latency;
    return true;
}

/* As the mock does it: after a tenth of the latency. */
static gl_sim_plan refuse(world *w, gl_time latency)
{
    const endpoint *is = w->is;
    gl_sim_plan p = gl_sim_failure(latency / 10, GLIMPSE_ERR_HTTP, is->status);
    w->refused++;
    if (!is->retry_after) return p;
    p.retry_after_ms = 1000;
    if (is->by_the_clock)
        p.retry_after_ms = (int64_t)(60000 - age(w) / GL_MS % 60000);
    else if (is->per_second > 0)
        p.retry_after_ms = 1 + (int64_t)((1 - w->level) * 1000 / (is->per_second * halved(w)));
    return p;
}

static gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    (void)number;
    (void)body;
    (void)len;
    world *w = arg;
    const endpoint *is = w->is;
    double spread = is->steady ? 1 : exp(log(2) / 1.6448536 * gl_rng_normal(&w->rng));
    gl_time latency = (gl_time)(is->median_ms * (double)GL_MS * spread);
    bool refused = gl_rng_uniform(&w->rng) < is->noise;
    if (is->seconds > 60 && age(w) < LEARNING) {
        w->early = w->attempts;
        w->early_refused = w->refused;
    }
    w->attempts++;
    if (is->burst_every != 0 && age(w) % is->burst_every >= is->burst_every - is->burst)
        refused = true;
    if (!refused && is->per_second > 0) refused = !take(w);
    if (!refused && is->places > 0) refused = !enter(w, &latency);
    gl_sim_plan p = refused ? refuse(w, latency) : gl_sim_answer(latency, "x");
    if (is->headers)
        p.requests = (glimpse_rate_limit){ (int64_t)(is->per_second * halved(w) * 60),
                                           (int64_t)w->level, 1000 };
    return p;
}

/* --- the client --- */

static void submit(world *w);

static void done(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    world *w = arg;
    if (w->over) return;
    if (glimpse_result_status(result) == GLIMPSE_STATUS_ALIGNED) w->answered++;
    submit(w);
}

/* As a job does it: cli/batch/job.c. */
static void submit(world *w)
{
    char body[96];
    const glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = done };
    const glimpse_engine *engine = w->rig.engine;
    while (!w->over && glimpse_engine_room(engine) > 0 &&
           engine->requests.count < 4 * (size_t)w->rig.config.concurrency) {
        glimpse_chat chat = { .body = rig_body(body, (int)w->submitted++) };
        assert_int_equal(glimpse_submit_chat(w->rig.engine, &chat, NULL, &observer, w, NULL),
                         GLIMPSE_OK);
    }
}

static void open_world(world *w, const endpoint *is, uint64_t seed, int constant)
{
    *w = (world){ .is = is };
    rig_init(&w->rig);
    w->rig.config.cache_entries = 0;
    w->rig.config.seed = seed;
    w->rig.config.breaker = GLIMPSE_BREAKER_WAIT;
    w->rig.config.fallback_on = false;
    if (constant > 0) w->rig.config.concurrency = constant;
    rig_open(&w->rig);
    glimpse_engine_free(w->rig.engine);
    glimpse_sampler_unref(w->rig.sampler);
    gl_sim_config sim = { .plan = plan, .arg = w };
    assert_int_equal(gl_sim_sampler_new(w->rig.loop, &sim, &w->rig.sampler, &w->rig.sim),
                     GLIMPSE_OK);
    w->rig.config.sampler = w->rig.sampler;
    assert_int_equal(gl_engine_new(gl_sim_base(), &w->rig.config, &w->rig.engine), GLIMPSE_OK);
    w->rig.engine->gates.list[0]->limit.floor = constant;
    gl_rng_seed(&w->rng, seed);
    w->begun = w->at = gl_sim_now();
    w->level = is->by_the_clock ? is->per_second * 60 : is->bucket;
}

static void trace(const world *w, double *last)
{
    const gl_limit *l = &w->rig.engine->gates.list[0]->limit;
    if (l->window == *last) return;
    *last = l->window;
    print_message("%7.1f s  window %5.2f, held %5.2f, ceiling %5.2f, bears %5.2f, noise %.3f, "
                  "trial %.2f, in flight %d, answered %llu, refused %llu\n",
                  (double)age(w) / 1e9, l->window, l->held, l->ceiling, l->bears, l->noise,
                  l->trial.share, (int)l->in_flight, (unsigned long long)w->answered,
                  (unsigned long long)w->refused);
}

typedef struct outcome {
    double answers, refused, mean; /* a second; share of attempts; the window's */
} outcome;

static outcome run(const endpoint *is, uint64_t seed, int constant)
{
    static world w;
    bool traced = constant == 0 && getenv("WINDOW_TRACE") != NULL;
    double last = 0;
    open_world(&w, is, seed, constant);
    for (int tenth = 0; tenth < is->seconds * 10; tenth++) {
        submit(&w); /* room comes back without a result, too */
        gl_sim_run_for_ms(100);
        if (traced) trace(&w, &last);
    }
    uint64_t attempts = w.attempts - w.early;
    outcome o = { .answers = (double)w.answered / is->seconds,
                  .refused =
                      attempts == 0 ? 0 : (double)(w.refused - w.early_refused) / (double)attempts,
                  .mean = gl_limit_mean(&w.rig.engine->gates.list[0]->limit, gl_sim_now()) };
    w.over = true;
    rig_close(&w.rig);
    return o;
}

/* --- the table --- */

static int best_constant(const endpoint *is, outcome *best)
{
    static const int windows[] = { 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 64 };
    int found = 0;
    *best = (outcome){ 0 };
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        outcome o = run(is, 1, windows[i]);
        if (o.answers <= best->answers) continue;
        *best = o;
        found = windows[i];
    }
    return found;
}

static void over_a_table_of_endpoints_it_is_near_the_best_constant_window(void **state)
{
    (void)state;
    const char *only = getenv("WINDOW_ROW"), *wanted = getenv("WINDOW_SEEDS");
    uint64_t seeds = wanted != NULL ? strtoull(wanted, NULL, 10) : 3;
    bool good = true;
    print_message("%-38s %22s %32s\n", "endpoint", "best constant window",
                  "of its answers; refused; mean window");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const endpoint *is = &table[i];
        if (only != NULL && strstr(is->name, only) == NULL) continue;
        outcome best;
        int window = best_constant(is, &best);
        print_message("%-38s %2d: %7.2f/s, %4.1f %%:", is->name, window, best.answers,
                      100 * best.refused);
        for (uint64_t seed = 1; seed <= seeds; seed++) {
            outcome o = run(is, seed, 0);
            bool holds = o.answers >= best.answers * is->part && o.refused <= is->refused_most;
            if (!holds) good = false;
            print_message("  %s%5.1f %% %4.1f %% %4.1f",
                          holds ? "" : "NOT: ", 100 * o.answers / best.answers, 100 * o.refused,
                          o.mean);
        }
        print_message("\n");
    }
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_a_table_of_endpoints_it_is_near_the_best_constant_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
