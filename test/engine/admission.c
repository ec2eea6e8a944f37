/* admission.c - who goes when: lanes, priorities, pacing, the retry budget and the circuit. */
#include "rig.h"

#include <stdlib.h>

static void submit_priority(rig *r, callback_log *t, int n, glimpse_priority priority)
{
    char body[96];
    glimpse_options options;
    glimpse_options_init(&options);
    options.priority = priority;
    rig_submit_with(r, t, rig_body(body, n), &options);
}

static void interactive_requests_overtake_bulk_but_for_every_ninth(void **state)
{
    (void)state;
    enum { N = 40 };
    rig r;
    callback_log running, bulk[N], interactive[N];
    rig_init(&r);
    r.config.concurrency = 1;
    rig_open(&r);
    rig_submit(&r, &running, "{}");
    gl_sim_run_for_ms(1);
    for (int i = 0; i < N; i++) submit_priority(&r, &bulk[i], i, GLIMPSE_PRIORITY_BULK);
    for (int i = 0; i < N; i++)
        submit_priority(&r, &interactive[i], 100 + i, GLIMPSE_PRIORITY_INTERACTIVE);
    gl_sim_run_for_ms(1000 * 28); /* the first, and 27 more */
    int bulk_done = 0, interactive_done = 0;
    for (int i = 0; i < N; i++) {
        bulk_done += bulk[i].results;
        interactive_done += interactive[i].results;
    }
    assert_int_equal(bulk_done, 3);
    assert_int_equal(interactive_done, 24);
    assert_true(gl_sim_run_idle(10000));
    rig_check_books(&r);
    rig_close(&r);
}

static void a_set_rate_spaces_requests(void **state)
{
    (void)state;
    enum { N = 100 };
    rig r;
    static callback_log t[N];
    char body[96];
    rig_init(&r);
    r.config.rpm = 600; /* 10 a second, 10 at once */
    r.plans[0] = gl_sim_answer(10 * GL_MS, "x");
    rig_open(&r);
    for (int i = 0; i < N; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(5000);
    assert_in_range(gl_sim_counts_of(r.sim)->started, 58, 61);
    assert_true(gl_sim_run_idle(100000));
    assert_in_range(gl_sim_now() - 1000 * GL_SECOND, 8900 * GL_MS, 9200 * GL_MS);
    for (int i = 0; i < N; i++) assert_int_equal(t[i].status, GLIMPSE_STATUS_ALIGNED);
    rig_check_books(&r);
    rig_close(&r);
}

static void the_wait_a_server_asks_one_for_holds_its_model_and_no_other(void **state)
{
    (void)state;
    rig r;
    callback_log refused, same, other;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 429);
    r.plans[0].retry_after_ms = 20000;
    r.plans[1] = gl_sim_answer(10 * GL_MS, "x");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &refused, "{\"model\":\"a\",\"n\":1}");
    gl_sim_run_for_ms(100);
    r.plans[0] = gl_sim_answer(10 * GL_MS, "x");
    rig_submit(&r, &same, "{\"model\":\"a\",\"n\":2}");
    rig_submit(&r, &other, "{\"model\":\"b\",\"n\":2}");
    assert_int_equal(glimpse_request_held_ns(r.engine, other.id), 0);
    gl_sim_run_for_ms(100);
    assert_int_equal(other.results, 1);
    assert_in_range(glimpse_request_held_ns(r.engine, same.id), 19 * GL_SECOND, 20 * GL_SECOND);
    assert_int_equal(same.results, 0);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(same.attempts, 1);
    assert_in_range(same.timings.queue_ns, 19800 * GL_MS, 22100 * GL_MS);
    rig_check_books(&r);
    rig_close(&r);
}

static void overload_shrinks_what_is_in_flight(void **state)
{
    (void)state;
    enum { N = 40 };
    rig r;
    static callback_log t[N];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 20;
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 429);
    r.plans[1] = gl_sim_answer(100 * GL_MS, "x");
    r.plan_count = 2;
    rig_open(&r);
    for (int i = 0; i < N; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(150);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 1); /* all 20 were refused */
    assert_int_equal(glimpse_engine_room(r.engine), 0);
    assert_true(gl_sim_run_idle(100000));
    for (int i = 0; i < N; i++) assert_int_equal(t[i].status, GLIMPSE_STATUS_ALIGNED);
    rig_check_books(&r);
    rig_close(&r);
}

static void the_statistics_say_what_the_queue_waits_for(void **state)
{
    (void)state;
    rig r;
    callback_log t[3];
    char body[96];
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    rig_init(&r);
    r.plans[0] = gl_sim_answer(10 * GL_MS, "x");
    r.plans[0].requests = (glimpse_rate_limit){ 0, 0, 86400 * 1000 }; /* and no limit */
    rig_open(&r);
    rig_submit(&r, &t[0], rig_body(body, 0));
    gl_sim_run_for_ms(100);
    rig_submit(&r, &t[1], rig_body(body, 1));
    gl_sim_run_for_ms(100);
    assert_int_equal(t[1].results, 0);
    assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.waits_for, GLIMPSE_WAIT_REQUESTS);
    assert_int_equal(stats.waits_per_minute, 0);
    assert_in_range(stats.waits_ns, 86399 * GL_SECOND, 86400 * GL_SECOND);
    assert_true(stats.window_mean == 64 && stats.window_least == 64);
    assert_int_equal(stats.window_most, 64);
    rig_close(&r);
}

static void retries_over_the_budget_wait_and_are_not_dropped(void **state)
{
    (void)state;
    enum { N = 1000 };
    rig r;
    callback_log *t = calloc(N, sizeof *t);
    char body[96];
    rig_init(&r);
    r.config.concurrency = N;
    r.config.base_delay_ms = 100;
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 429);
    r.plans[1] = gl_sim_answer(10 * GL_MS, "x");
    r.plan_count = 2;
    rig_open(&r);
    for (int i = 0; i < N; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(9000);
    /* A fifth of a thousand first attempts, and ten in each of nine seconds. */
    assert_int_equal(gl_sim_counts_of(r.sim)->started, N + 290);
    assert_true(gl_sim_run_idle(1000000));
    for (int i = 0; i < N; i++) {
        assert_int_equal(t[i].status, GLIMPSE_STATUS_ALIGNED);
        assert_int_equal(t[i].attempts, 2);
    }
    rig_check_books(&r);
    rig_close(&r);
    free(t);
}

/* As a load test sends: 503 with a wait, 401, 429 with a wait, one after the other. */
static void without_policies_whatever_comes_back_the_next_is_sent(void **state)
{
    (void)state;
    enum { N = 300 };
    rig r;
    static callback_log t[N];
    char body[96];
    rig_init(&r);
    r.config.adaptive = false;
    r.config.breaker = GLIMPSE_BREAKER_OFF;
    r.config.max_attempts = 1;
    r.config.rpm = r.config.tpm = 0;
    r.config.concurrency = N;
    rig_open(&r);
    for (int i = 0; i < N; i++) {
        static const int statuses[] = { 503, 401, 429 };
        r.plans[0] = gl_sim_failure(5 * GL_MS, GLIMPSE_ERR_HTTP, statuses[i % 3]);
        if (i % 3 != 1) r.plans[0].retry_after_ms = 60000;
        rig_submit(&r, &t[i], rig_body(body, i));
        gl_sim_run_for_ms(10);
    }
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(gl_sim_counts_of(r.sim)->started, N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(t[i].attempts, 1);
        assert_true(t[i].timings.sent_ns >= 0 && t[i].timings.sent_ns < (int64_t)GL_MS);
    }
    rig_check_books(&r);
    rig_close(&r);
}

/* --- the circuit --- */

/* An endpoint that is down from 5 s to 35 s and answers after 50 ms, or fails after 5. */
static gl_sim_plan outage(void *arg, int number, const char *body, size_t len)
{
    (void)number;
    (void)body;
    (void)len;
    uint64_t *inside = arg;
    gl_time at = gl_sim_now() - 1000 * GL_SECOND;
    if (at < 5 * GL_SECOND || at >= 35 * GL_SECOND) return gl_sim_answer(50 * GL_MS, "x");
    ++*inside;
    return gl_sim_failure(5 * GL_MS, GLIMPSE_ERR_HTTP, 503);
}

typedef struct job {
    rig *rig;
    int left, results, aligned;
    gl_time last;
} job;

static void job_done(glimpse_id id, const glimpse_result *result, void *arg);

static void job_submit(job *j)
{
    char body[96];
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = job_done };
    while (j->left > 0 && glimpse_engine_room(j->rig->engine) > 0) {
        glimpse_chat chat = { .body = rig_body(body, --j->left) };
        assert_int_equal(glimpse_submit_chat(j->rig->engine, &chat, NULL, &observer, j, NULL),
                         GLIMPSE_OK);
    }
}

static void job_done(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    job *j = arg;
    j->results++;
    j->last = gl_sim_now();
    if (glimpse_result_status(result) == GLIMPSE_STATUS_ALIGNED) j->aligned++;
    job_submit(j);
}

static void open_outage(rig *r, uint64_t *inside, glimpse_breaker breaker)
{
    rig_init(r);
    r->config.cache_entries = 0;
    r->config.breaker = breaker;
    rig_open(r);
    glimpse_engine_free(r->engine);
    glimpse_sampler_unref(r->sampler);
    gl_sim_config sim = { .plan = outage, .arg = inside };
    assert_int_equal(gl_sim_sampler_new(r->loop, &sim, &r->sampler, &r->sim), GLIMPSE_OK);
    r->config.sampler = r->sampler;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);
}

static void a_job_waits_for_an_outage_to_end_and_loses_nothing(void **state)
{
    (void)state;
    rig r;
    uint64_t inside = 0;
    open_outage(&r, &inside, GLIMPSE_BREAKER_WAIT);
    job j = { .rig = &r, .left = 40000 };
    job_submit(&j);
    gl_sim_run_for_ms(5000);
    int before = j.results;
    gl_sim_run_for_ms(30000);
    int during = j.results - before;
    gl_sim_run_for_ms(10000);
    int after = j.results;
    gl_sim_run_for_ms(1000);
    int a_second = j.results - after; /* the rate ten seconds after the recovery */
    assert_true(gl_sim_run_idle(10000000));
    print_message("%d before, %d during, %llu requests inside, %d in the eleventh second after\n",
                  before, during, (unsigned long long)inside, a_second);
    assert_int_equal(j.aligned, 40000);
    assert_true(inside <= 400);
    assert_true(a_second >= before / 5 * 9 / 10);
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.circuit, GLIMPSE_CIRCUIT_CLOSED);
    assert_true(stats.circuit_opened >= 1);
    assert_int_equal(stats.circuit_refused, 0);
    rig_check_books(&r);
    rig_close(&r);
}

/* How many were refused with what the endpoint had said to themselves. */
static int own_words(const callback_log *all, int count)
{
    int own = 0;
    for (int i = 0; i < count; i++)
        if (strstr(all[i].message, "the circuit is open: ") != NULL &&
            strstr(all[i].message, "another request") == NULL)
            own++;
    return own;
}

static void interactive_use_is_answered_locally_at_once_while_the_circuit_is_open(void **state)
{
    (void)state;
    for (int fail = 0; fail < 2; fail++) {
        rig r;
        uint64_t inside = 0;
        callback_log t, others[50] = { 0 };
        char body[96];
        open_outage(&r, &inside, fail ? GLIMPSE_BREAKER_FAIL : GLIMPSE_BREAKER_LOCAL);
        gl_sim_run_for_ms(6000);
        for (int i = 0; i < 50; i++) rig_submit(&r, &others[i], rig_body(body, i));
        gl_sim_run_for_ms(100); /* it opens */
        uint64_t before = inside;
        rig_submit(&r, &t, "{\"n\":1}");
        gl_sim_run_for_ms(1);
        assert_int_equal(t.results, 1);
        assert_int_equal(t.attempts, 0);
        assert_int_equal(inside, before);
        assert_int_equal(t.status, GLIMPSE_STATUS_SERVER_ERROR);
        assert_non_null(strstr(t.message, "the circuit is open: the endpoint said to another "
                                          "request: "));
        assert_int_equal(t.source, fail ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_LOCAL);
        assert_string_equal(t.essence, fail ? "" : "essence [server_error]");
        gl_sim_run_for_ms(40000);
        assert_true(gl_sim_run_idle(100000));
        glimpse_stats stats;
        glimpse_stats_init(&stats);
        assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
        /* Those whose probes failed; whose failure had opened it rested until after the first. */
        assert_in_range(stats.circuit_probes, 1, 50);
        assert_int_equal(own_words(others, 50), stats.circuit_probes);
        rig_submit(&r, &t, "{\"n\":2}"); /* the probe: it is back */
        assert_true(gl_sim_run_idle(1000));
        assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
        rig_check_books(&r);
        rig_close(&r);
    }
}

static void probes_cost_a_request_none_of_its_attempts(void **state)
{
    (void)state;
    rig r;
    uint64_t inside = 0;
    callback_log t;
    char body[96];
    open_outage(&r, &inside, GLIMPSE_BREAKER_WAIT);
    gl_sim_run_for_ms(5000);
    for (int i = 0; i < 20; i++) {
        glimpse_options options;
        glimpse_options_init(&options);
        options.deadline_ms = 1000;
        glimpse_chat chat = { .body = rig_body(body, i) };
        assert_int_equal(glimpse_submit_chat(r.engine, &chat, &options, NULL, NULL, NULL),
                         GLIMPSE_OK);
    }
    gl_sim_run_for_ms(2000); /* it is open, and they are gone */
    rig_submit(&r, &t, "{\"n\":1}");
    assert_true(gl_sim_run_idle(100000));
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    assert_true(t.attempts > 5); /* max_attempts is 5: it was every probe */
    rig_check_books(&r);
    rig_close(&r);
}

/* An endpoint that begins each answer and breaks it, for ever: what it bills is bounded. */
static void a_probe_whose_answer_had_begun_costs_its_attempt(void **state)
{
    (void)state;
    enum { N = 50 };
    const glimpse_error breaks[] = { GLIMPSE_ERR_STREAM_TRUNCATED, GLIMPSE_ERR_RESET };
    for (int kind = 0; kind < 2; kind++) {
        rig r;
        static callback_log t[N];
        char body[96];
        rig_init(&r);
        r.config.concurrency = 10;
        r.config.max_attempts = 3;
        r.config.breaker = GLIMPSE_BREAKER_WAIT;
        r.plans[0] = gl_sim_failure(10 * GL_MS, breaks[kind], 200);
        rig_open(&r);
        for (int i = 0; i < N; i++) rig_submit(&r, &t[i], rig_body(body, i));
        assert_true(gl_sim_run_idle(100000));
        for (int i = 0; i < N; i++) {
            assert_int_equal(t[i].error, breaks[kind]);
            assert_int_equal(t[i].attempts, 3);
        }
        glimpse_stats stats;
        glimpse_stats_init(&stats);
        assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
        assert_int_equal(stats.circuit_opened, 1);
        /* The first 20 opened it; what was out then was no probe. */
        assert_in_range(stats.circuit_probes, N * 3 - 20 - 10, N * 3 - 20);
        assert_true(stats.circuit_open_ns > 60 * (int64_t)GL_SECOND);
        rig_check_books(&r);
        rig_close(&r);
    }
}

/* A 200 that only names an error is no answer that began. */
static void a_probe_that_was_told_of_an_overload_costs_nothing(void **state)
{
    (void)state;
    rig r;
    callback_log t[20];
    char body[96];
    rig_init(&r);
    r.config.max_attempts = 2;
    r.config.breaker = GLIMPSE_BREAKER_WAIT;
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_STREAM_ERROR, 200);
    r.plans[0].named_status = 503;
    rig_open(&r);
    for (int i = 0; i < 20; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(60000);
    for (int i = 0; i < 20; i++) assert_int_equal(t[i].results, 0);
    assert_true(gl_sim_counts_of(r.sim)->started > 30);
    rig_close(&r);
}

/* Dead after its first answers: as many lines as `concurrency` says wait, and pass their deadlines,
 * at a time, though the window shrank to 1 long ago. */
static void lines_with_a_deadline_wait_for_the_circuit_together(void **state)
{
    (void)state;
    enum { N = 600, AT_ONCE = 20 };
    rig r;
    rig_init(&r);
    r.config.concurrency = AT_ONCE;
    r.config.deadline_ms = 1000;
    r.config.breaker = GLIMPSE_BREAKER_WAIT;
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 503);
    rig_open(&r);
    job j = { .rig = &r, .left = N };
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    while (j.left > 0) {
        job_submit(&j); /* also when nothing ended: a window that grows makes room */
        gl_sim_run_for_ms(100);
        assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
        if (stats.circuit == GLIMPSE_CIRCUIT_CLOSED) continue;
        /* Twice, for the retries of the first. */
        assert_true(stats.waiting + stats.in_flight <= (uint64_t)AT_ONCE * 2);
    }
    assert_true(gl_sim_run_idle(100000));
    assert_int_equal(j.results, N);
    assert_int_equal(stats.window, 1);
    gl_time took = j.last - 1000 * GL_SECOND;
    assert_in_range(took, (N / AT_ONCE - 4) * GL_SECOND, (N / AT_ONCE + 4) * GL_SECOND);
    rig_check_books(&r);
    rig_close(&r);
}

/* A turn reads the clock once: what it queues may have been submitted later, by a slow callback. */
static void a_wait_begins_no_earlier_than_its_request(void **state)
{
    (void)state;
    glimpse_result result = { 0 };
    gl_request request = { .state = GL_STATE_WAITING,
                           .caller.submitted = 10300 * GL_MS,
                           .since = 10000 * GL_MS,
                           .caller.result = &result };
    gl_request_book_wait(&request, 11000 * GL_MS);
    assert_int_equal(result.timings.queue_ns, 700 * GL_MS);
    gl_request_book_wait(&request, 11100 * GL_MS);
    assert_int_equal(result.timings.queue_ns, 800 * GL_MS);
}

static void a_server_slower_than_the_limit_ends_each_request(void **state)
{
    (void)state;
    enum { N = 40 };
    rig r;
    static callback_log t[N];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 4;
    r.config.breaker = GLIMPSE_BREAKER_WAIT;
    r.config.timeout_ms = 500;
    rig_open(&r);
    for (int i = 0; i < N; i++) rig_submit(&r, &t[i], rig_body(body, i));
    assert_true(gl_sim_run_idle(1000000));
    for (int i = 0; i < N; i++) {
        assert_int_equal(t[i].error, GLIMPSE_ERR_TIMEOUT);
        assert_in_range(t[i].attempts, 1, r.config.max_attempts);
    }
    rig_check_books(&r);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interactive_requests_overtake_bulk_but_for_every_ninth),
        cmocka_unit_test(a_set_rate_spaces_requests),
        cmocka_unit_test(the_wait_a_server_asks_one_for_holds_its_model_and_no_other),
        cmocka_unit_test(a_wait_begins_no_earlier_than_its_request),
        cmocka_unit_test(a_server_slower_than_the_limit_ends_each_request),
        cmocka_unit_test(overload_shrinks_what_is_in_flight),
        cmocka_unit_test(without_policies_whatever_comes_back_the_next_is_sent),
        cmocka_unit_test(the_statistics_say_what_the_queue_waits_for),
        cmocka_unit_test(retries_over_the_budget_wait_and_are_not_dropped),
        cmocka_unit_test(a_job_waits_for_an_outage_to_end_and_loses_nothing),
        cmocka_unit_test(interactive_use_is_answered_locally_at_once_while_the_circuit_is_open),
        cmocka_unit_test(probes_cost_a_request_none_of_its_attempts),
        cmocka_unit_test(a_probe_whose_answer_had_begun_costs_its_attempt),
        cmocka_unit_test(a_probe_that_was_told_of_an_overload_costs_nothing),
        cmocka_unit_test(lines_with_a_deadline_wait_for_the_circuit_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
