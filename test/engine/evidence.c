/* evidence.c - whose failure it is: a dead connection's, a line's, or the endpoint's. Jobs of many
 * lines against endpoints that are well, out, or well but for some lines. */
#include "rig.h"

#include <stdlib.h>

enum { LINES_MAX = 1000 };

typedef struct job job;
typedef struct line {
    job *of;
    int results, attempts;
    glimpse_status status;
    gl_time ended;
} line;

struct job {
    rig rig;
    line lines[LINES_MAX];
    int count, next;
    /* The endpoint: what a line is told, by its number, in the attempt of it that this is. */
    gl_sim_plan (*says)(job *j, int n, int attempt);
    int first_bad, last_bad, bad_status; /* for those that know bad lines */
    glimpse_error bad_error;
    gl_time out_from, out_to; /* since the start */
    int out_status;           /* 0: no connection */
    int asked[LINES_MAX];     /* attempts of each */
    int probed[LINES_MAX], probes;
};

static gl_time age(void)
{
    return gl_sim_now() - 1000 * GL_SECOND;
}

static gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    (void)number;
    (void)len;
    job *j = arg;
    int n = (int)strtol(strstr(body, "\"q") + 2, NULL, 10);
    assert_in_range(n, 0, j->count - 1);
    j->asked[n]++;
    if (j->rig.engine->gates.list[0]->breaker.state != GL_CIRCUIT_CLOSED) {
        j->probed[n]++;
        j->probes++;
    }
    return j->says(j, n, j->asked[n]);
}

static void submit_some(job *j);

static void on_line(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    line *l = arg;
    assert_int_equal(l->results++, 0);
    l->status = glimpse_result_status(result);
    l->attempts = glimpse_result_attempts(result);
    l->ended = age();
    submit_some(l->of);
}

static void submit_some(job *j)
{
    char body[96];
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = on_line };
    while (j->next < j->count && glimpse_engine_room(j->rig.engine) > 0) {
        line *l = &j->lines[j->next];
        l->of = j;
        glimpse_chat chat = { .body = rig_body(body, j->next++) };
        assert_int_equal(glimpse_submit_chat(j->rig.engine, &chat, NULL, &observer, l, NULL),
                         GLIMPSE_OK);
    }
}

static job *job_new(int count, gl_sim_plan (*says)(job *j, int n, int attempt))
{
    job *j = calloc(1, sizeof *j);
    assert_non_null(j);
    rig_init(&j->rig);
    j->rig.config.cache_entries = 0;
    j->rig.config.concurrency = 64;
    j->rig.config.breaker = GLIMPSE_BREAKER_WAIT;
    j->rig.config.fallback_on = false;
    j->count = count;
    j->says = says;
    j->first_bad = j->last_bad = -1;
    j->bad_error = GLIMPSE_ERR_HTTP;
    return j;
}

static void job_open(job *j)
{
    rig *r = &j->rig;
    rig_open(r);
    glimpse_engine_free(r->engine);
    glimpse_sampler_unref(r->sampler);
    gl_sim_config sim = { .plan = plan, .arg = j };
    assert_int_equal(gl_sim_sampler_new(r->loop, &sim, &r->sampler, &r->sim), GLIMPSE_OK);
    r->config.sampler = r->sampler;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);
}

/* Runs until all lines have ended, or so long. Room is looked for as batch does. */
static bool job_run(job *j, int seconds)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    for (int ms = 0; ms < seconds * 1000; ms += 50) {
        submit_some(j);
        gl_sim_run_for_ms(50);
        assert_int_equal(glimpse_engine_stats(j->rig.engine, &stats), GLIMPSE_OK);
        if (j->next == j->count && stats.live == 0) return true;
    }
    return false;
}

static uint64_t opened(const job *j)
{
    return j->rig.engine->gates.list[0]->breaker.opened;
}

static uint64_t died(const job *j)
{
    return j->rig.engine->stats.connections_died;
}

static void job_end(job *j)
{
    rig_check_books(&j->rig);
    rig_close(&j->rig);
    free(j);
}

/* With lines left that nobody asks for any more. */
static void job_abandon(job *j)
{
    j->count = j->next;
    rig_close(&j->rig);
    free(j);
}

static bool is_bad(const job *j, int n)
{
    return n >= j->first_bad && n <= j->last_bad;
}

static void check_lines(const job *j, int attempts_of_bad)
{
    for (int n = 0; n < j->count; n++) {
        const line *l = &j->lines[n];
        assert_int_equal(l->results, 1);
        if (!is_bad(j, n)) assert_int_equal(l->status, GLIMPSE_STATUS_ALIGNED);
        if (is_bad(j, n)) assert_int_not_equal(l->status, GLIMPSE_STATUS_ALIGNED);
        if (is_bad(j, n)) assert_int_equal(l->attempts, attempts_of_bad);
    }
}

/* --- a connection --- */

static gl_sim_plan dies_at_first(job *j, int n, int attempt)
{
    (void)j;
    (void)n;
    if (attempt > 1) return gl_sim_answer(20 * GL_MS, "x");
    gl_sim_plan p = gl_sim_failure(GL_MS, GLIMPSE_ERR_RESET, 0);
    p.reused = true;
    return p;
}

static void a_dead_connection_costs_no_wait_and_says_nothing_of_the_endpoint(void **state)
{
    (void)state;
    job *j = job_new(400, dies_at_first);
    j->rig.config.max_attempts = 1; /* it is none of the line's */
    job_open(j);
    assert_true(job_run(j, 60));
    check_lines(j, 0);
    /* Every one was lost once, which no retry budget would bear, and nobody waited: 400 lines, 64
     * at a time, 21 ms each, asked for every 50 ms at the latest. */
    for (int n = 0; n < j->count; n++) assert_int_equal(j->lines[n].attempts, 2);
    assert_true(age() < GL_SECOND);
    assert_int_equal(opened(j), 0);
    assert_int_equal(died(j), 400);
    job_end(j);
}

static gl_sim_plan always_dies(job *j, int n, int attempt)
{
    gl_sim_plan p = dies_at_first(j, n, 1);
    (void)attempt;
    return p;
}

static void a_connection_that_dies_twice_running_is_a_failure(void **state)
{
    (void)state;
    job *j = job_new(1, always_dies);
    j->rig.config.max_attempts = 3;
    job_open(j);
    assert_true(job_run(j, 60));
    assert_int_equal(j->lines[0].status, GLIMPSE_STATUS_ERROR);
    assert_int_equal(j->lines[0].attempts, 6); /* each of three, and once more at once */
    assert_int_equal(died(j), 3);
    job_end(j);
}

/* The circuit is open, and its probe goes out on a connection that is dead. */
static gl_sim_plan dead_for_the_probe(job *j, int n, int attempt)
{
    (void)n;
    if (age() < 500 * GL_MS) return gl_sim_failure(GL_MS, GLIMPSE_ERR_HTTP, 503);
    gl_sim_plan p = gl_sim_failure(GL_MS, GLIMPSE_ERR_RESET, 0);
    p.reused = true;
    return j->probes == 1 && attempt > 0 ? p : gl_sim_answer(20 * GL_MS, "x");
}

static void a_probe_on_a_dead_connection_is_made_again_at_once(void **state)
{
    (void)state;
    job *j = job_new(64, dead_for_the_probe);
    job_open(j);
    gl_sim_run_for_ms(0);
    assert_true(job_run(j, 60));
    check_lines(j, 0);
    assert_int_equal(opened(j), 1);
    job_end(j);
}

/* --- lines --- */

static gl_sim_plan some_are_bad(job *j, int n, int attempt)
{
    (void)attempt;
    if (is_bad(j, n)) {
        gl_sim_plan p = gl_sim_failure(20 * GL_MS, j->bad_error, j->bad_status);
        p.connected = 0;
        return p;
    }
    return gl_sim_answer(20 * GL_MS, "x");
}

/* Wherever they stand and whatever the server says to them, as long as others are answered behind
 * them: it ends, and each has its attempts. */
static void lines_that_always_fail_end_and_the_others_are_answered(void **state)
{
    (void)state;
    static const struct {
        glimpse_error error;
        int status;
    } kinds[] = { { GLIMPSE_ERR_HTTP, 500 },
                  { GLIMPSE_ERR_HTTP, 503 },
                  { GLIMPSE_ERR_HTTP, 502 },
                  { GLIMPSE_ERR_RESET, 0 },
                  { GLIMPSE_ERR_STREAM_TRUNCATED, 200 } };
    static const struct {
        int count, first, last, concurrency;
    } jobs[] = { { 264, 0, 63, 64 }, { 264, 0, 63, 4 },    { 264, 100, 163, 64 },
                 { 264, 0, 63, 1 },  { 264, 100, 163, 8 }, { 264, 0, 199, 128 },
                 { 40, 0, 0, 8 } };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
            job *j = job_new(jobs[i].count, some_are_bad);
            j->rig.config.concurrency = jobs[i].concurrency;
            j->first_bad = jobs[i].first;
            j->last_bad = jobs[i].last;
            j->bad_error = kinds[k].error;
            j->bad_status = kinds[k].status;
            job_open(j);
            if (!job_run(j, 3600))
                fail_msg("kind %zu, job %zu: %d of %d in, %d probes", k, i, j->next, j->count,
                         j->probes);
            for (int n = 0; n < j->count; n++) {
                const line *l = &j->lines[n];
                assert_int_equal(l->status == GLIMPSE_STATUS_ALIGNED, !is_bad(j, n));
                /* What it was spared as a probe, before anybody behind it was answered, is one for
                 * each time that the circuit opened. */
                if (is_bad(j, n)) assert_in_range(l->attempts, 5, 5 + opened(j));
                if (is_bad(j, n) && j->bad_status == 500) assert_int_equal(l->attempts, 5);
            }
            job_end(j);
        }
}

/* Nobody is behind the last ones to be answered; 500 is about them. */
static void lines_that_always_fail_with_500_end_also_as_the_last(void **state)
{
    (void)state;
    static const int bad[] = { 1, 6, 19, 30, 64, 200 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        job *j = job_new(100 + bad[i], some_are_bad);
        j->first_bad = 100;
        j->last_bad = j->count - 1;
        j->bad_status = 500;
        job_open(j);
        assert_true(job_run(j, 3600));
        check_lines(j, 5);
        /* Their own waits are 11 s at most, and ten retries a second are in the budget; those that
         * were not sent when the circuit opened are probes first, 4 s each. */
        double most = 12 + bad[i] * 0.4 + bad[i] * 4.0;
        if ((double)age() > most * 1e9)
            fail_msg("%d bad lines: %.1f s", bad[i], (double)age() / 1e9);
        job_end(j);
    }
}

/* --- the endpoint --- */

static gl_sim_plan is_out(job *j, int n, int attempt)
{
    (void)n;
    (void)attempt;
    if (age() < j->out_from || age() >= j->out_to) return gl_sim_answer(100 * GL_MS, "x");
    return j->out_status != 0 ? gl_sim_failure(5 * GL_MS, GLIMPSE_ERR_HTTP, j->out_status)
                              : gl_sim_failure(5 * GL_MS, GLIMPSE_ERR_CONNECT, 0);
}

/* Ten minutes, in the middle of a job or at its end; with as many lines as there are, and with one
 * left. */
static void an_outage_is_waited_for_and_loses_no_line(void **state)
{
    (void)state;
    static const int statuses[] = { 503, 502, 529, 0 };
    static const struct {
        int count, concurrency;
        gl_time from;
    } jobs[] = { { 1000, 64, GL_SECOND }, { 1000, 1, GL_SECOND }, { 64, 64, 0 },
                 { 40, 8, 300 * GL_MS },  { 21, 1, 300 * GL_MS }, { 25, 64, 0 } };
    for (size_t s = 0; s < sizeof statuses / sizeof *statuses; s++)
        for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
            job *j = job_new(jobs[i].count, is_out);
            j->rig.config.concurrency = jobs[i].concurrency;
            j->out_from = jobs[i].from;
            j->out_to = jobs[i].from + 600 * GL_SECOND;
            j->out_status = statuses[s];
            job_open(j);
            assert_true(job_run(j, 3600));
            int lost = 0;
            for (int n = 0; n < j->count; n++) lost += j->lines[n].status != GLIMPSE_STATUS_ALIGNED;
            if (lost > 0 && jobs[i].concurrency > 1)
                fail_msg("status %d, job %zu: %d lost", statuses[s], i, lost);
            job_end(j);
        }
}

/* Of a 500 for everybody nobody can tell whose it is; a long job loses nothing by it, since each
 * probe is another line. */
static void a_long_job_outlasts_500_for_everybody(void **state)
{
    (void)state;
    job *j = job_new(1000, is_out);
    j->out_from = 500 * GL_MS;
    j->out_to = 600 * GL_SECOND;
    j->out_status = 500;
    job_open(j);
    assert_true(job_run(j, 3600));
    check_lines(j, 0);
    assert_true(j->probes >= 100);
    for (int n = 0; n < j->count; n++) assert_true(j->probed[n] <= 1);
    job_end(j);
}

static void a_probe_is_another_line_each_time(void **state)
{
    (void)state;
    job *j = job_new(200, is_out);
    j->rig.config.concurrency = 20;
    j->out_to = 300 * GL_SECOND;
    j->out_status = 503;
    job_open(j);
    assert_true(job_run(j, 3600));
    assert_in_range(j->probes, 70, 80);
    for (int n = 0; n < j->count; n++) assert_true(j->probed[n] <= 1);
    for (int n = 0; n < 20; n++) assert_int_equal(j->probed[n], 0); /* they were refused before */
    job_end(j);
}

/* --- nobody is reached --- */

static gl_sim_plan is_not_there(job *j, int n, int attempt)
{
    (void)n;
    (void)attempt;
    return age() < j->out_to ? gl_sim_failure(0, j->bad_error, 0) : gl_sim_answer(20 * GL_MS, "x");
}

/* Whether it says that nobody can be reached before all have ended; *at is when either is so. */
static bool gives_up(job *j, gl_time *at)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    for (;;) {
        submit_some(j);
        gl_sim_run_for_ms(10);
        assert_int_equal(glimpse_engine_stats(j->rig.engine, &stats), GLIMPSE_OK);
        *at = age();
        if (stats.unreachable) return true;
        if (j->next == j->count && stats.live == 0) return false;
    }
}

/* Five attempts and the four waits between them are 7.5 to 11.25 s, for one line and for many. */
static void who_is_not_there_is_tried_as_often_as_the_options_say(void **state)
{
    (void)state;
    static const int counts[] = { 1, 3, 4, 5, 10, 19, 20, 64, 500 };
    static const glimpse_error kinds[] = { GLIMPSE_ERR_CONNECT, GLIMPSE_ERR_DNS };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            job *j = job_new(counts[i], is_not_there);
            j->bad_error = kinds[k];
            j->out_to = GL_TIME_NEVER;
            job_open(j);
            gl_time at;
            gives_up(j, &at);
            if (at < 7500 * GL_MS || at > 11500 * GL_MS)
                fail_msg("%d lines: %.2f s", counts[i], (double)at / 1e9);
            job_abandon(j);
        }
}

static void who_comes_late_is_found_by_all(void **state)
{
    (void)state;
    static const int counts[] = { 1, 5, 10, 20, 64, 500 };
    for (gl_time late = 100 * GL_MS; late < 7 * GL_SECOND; late += 1100 * GL_MS)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            job *j = job_new(counts[i], is_not_there);
            j->bad_error = GLIMPSE_ERR_CONNECT;
            j->out_to = late;
            job_open(j);
            gl_time at;
            assert_false(gives_up(j, &at));
            check_lines(j, 0);
            job_end(j);
        }
}

/* What no second attempt would cure is not tried again, and what does not wait does not. */
static void what_is_not_tried_again_gives_up_at_once(void **state)
{
    (void)state;
    static const struct {
        glimpse_error error;
        int max_attempts;
        glimpse_breaker breaker;
    } table[] = { { GLIMPSE_ERR_DNS_UNKNOWN, 5, GLIMPSE_BREAKER_WAIT },
                  { GLIMPSE_ERR_TLS, 5, GLIMPSE_BREAKER_WAIT },
                  { GLIMPSE_ERR_CONNECT, 1, GLIMPSE_BREAKER_WAIT },
                  { GLIMPSE_ERR_CONNECT, 5, GLIMPSE_BREAKER_FAIL } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        job *j = job_new(64, is_not_there);
        j->bad_error = table[i].error;
        j->rig.config.max_attempts = table[i].max_attempts;
        j->rig.config.breaker = table[i].breaker;
        j->out_to = GL_TIME_NEVER;
        job_open(j);
        gl_time at;
        gives_up(j, &at);
        assert_true(at < 100 * GL_MS);
        job_abandon(j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_connection_costs_no_wait_and_says_nothing_of_the_endpoint),
        cmocka_unit_test(a_connection_that_dies_twice_running_is_a_failure),
        cmocka_unit_test(a_probe_on_a_dead_connection_is_made_again_at_once),
        cmocka_unit_test(lines_that_always_fail_end_and_the_others_are_answered),
        cmocka_unit_test(lines_that_always_fail_with_500_end_also_as_the_last),
        cmocka_unit_test(an_outage_is_waited_for_and_loses_no_line),
        cmocka_unit_test(a_long_job_outlasts_500_for_everybody),
        cmocka_unit_test(a_probe_is_another_line_each_time),
        cmocka_unit_test(who_is_not_there_is_tried_as_often_as_the_options_say),
        cmocka_unit_test(who_comes_late_is_found_by_all),
        cmocka_unit_test(what_is_not_tried_again_gives_up_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
