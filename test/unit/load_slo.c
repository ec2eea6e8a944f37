/* load_slo.c - what one request has to meet to count as good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include <string.h>

#include "base/alloc.h"
#include "load/recorder.h"
#include "load/sla.h"
#include "load/slo.h"

static load_slo slo_of(const char *text)
{
    load_slo slo;
    char problem[128];
    assert_true(load_slo_parse(&slo, text, problem, sizeof problem));
    return slo;
}

/* Meant for 1 s, sent 30 ms late, waited 20 ms, came after 100 ms. */
static load_outcome outcome(void)
{
    return (load_outcome){ .intended = GL_SECOND,
                           .sent = GL_SECOND + 30 * GL_MS,
                           .left = GL_SECOND + 50 * GL_MS,
                           .started = GL_SECOND + 50 * GL_MS,
                           .waited = 20 * GL_MS,
                           .done = GL_SECOND + 150 * GL_MS,
                           .first_byte_ns = -1,
                           .first_token_ns = (int64_t)(40 * GL_MS),
                           .chunk_gap_max_ns = (int64_t)(5 * GL_MS),
                           .client_ns = -1,
                           .server_ns = -1,
                           .source = GLIMPSE_SOURCE_LIVE,
                           .attempts = 1 };
}

static void each_term_is_of_its_own_time(void **state)
{
    (void)state;
    static const struct {
        const char *term;
        bool met;
    } cases[] = {
        { "latency<151ms", true },
        { "latency<150ms", false },
        { "service<101ms", true },
        { "service<100ms", false },
        { "ttft<91ms", true },
        { "ttft<0.09s", false },
        { "token_gap<5001us", true },
        { "token_gap<5000us", false },
        { "latency<1s,ttft<1ms", false },
        { "latency<1m,service<1m,ttft<1m,token_gap<1m", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        load_slo slo = slo_of(cases[i].term);
        load_outcome o = outcome();
        assert_int_equal(load_slo_met(&slo, &o), cases[i].met);
    }
}

static void what_has_no_stream_is_judged_as_it_is_seen(void **state)
{
    (void)state;
    load_slo slo = slo_of("ttft<160ms,token_gap<1ms");
    load_outcome o = outcome();
    o.first_token_ns = o.chunk_gap_max_ns = -1;
    assert_false(load_slo_met(&slo, &o)); /* a live answer that brought no text */
    o.source = GLIMPSE_SOURCE_CACHE;
    assert_true(load_slo_met(&slo, &o)); /* its text was there after 150 ms, without gaps */
    slo = slo_of("ttft<140ms");
    assert_false(load_slo_met(&slo, &o));
}

static void errors_and_late_answers_are_not_in_the_goodput(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_slo slo = slo_of("latency<200ms");
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    recorder.slo = &slo;
    for (int i = 0; i < 100; i++) {
        load_outcome o = outcome();
        o.intended = o.sent = (gl_time)i * 10 * GL_MS;
        o.waited = 0;
        o.done = o.sent + 10 * GL_MS;
        if (i >= 50 && i < 70) o.done = o.sent + 300 * GL_MS;
        if (i < 10) o.status = GLIMPSE_STATUS_SERVER_ERROR;
        load_recorder_issued(&recorder, o.intended);
        load_recorder_ended(&recorder, &o);
    }
    assert_int_equal(recorder.good, 70);
    assert_true(load_recorder_good_rate(&recorder) == 0.7);
    assert_true(load_recorder_goodput(&recorder) > 69.9 && load_recorder_goodput(&recorder) < 70.1);
    load_sla sla;
    char problem[128];
    assert_true(load_sla_parse(&sla, "goodput>69,good_rate>=70%", problem, sizeof problem));
    assert_true(load_sla_wants_slo(&sla));
    assert_true(load_sla_met(&sla, &recorder));
    assert_true(load_sla_parse(&sla, "good_rate>71%", problem, sizeof problem));
    assert_false(load_sla_met(&sla, &recorder));
    assert_true(load_sla_parse(&sla, "p95<1s", problem, sizeof problem));
    assert_false(load_sla_wants_slo(&sla));
    load_recorder_free(&recorder);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_term_that_is_none_is_named(void **state)
{
    (void)state;
    static const char *const bad[] = { "latency",     "latency<",     "latency<0",
                                       "p95<1s",      "latency<fast", "latency>1s",
                                       "latency<=1s", "latency<1s,",  "latency<1s,latency<2s",
                                       "ttft<1..5ms", "<1s",          "latency<1d" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_slo slo;
        char problem[128] = "";
        assert_false(load_slo_parse(&slo, bad[i], problem, sizeof problem));
        assert_int_equal(problem[0], '\'');
    }
}

/* Seconds and milliseconds are too easily mixed; blanks mean nothing. */
static void a_bound_of_time_has_its_unit_and_blanks_mean_nothing(void **state)
{
    (void)state;
    static const char *const good[] = { "p95<2500ms",
                                        " p95 < 2500 ms ",
                                        "p95<=2.5s,\tp50 < 1 s",
                                        "error_rate < 5 %, hit_rate > 30%",
                                        "throughput > 100",
                                        "max<1h" };
    static const char *const bad[] = { "p95<2500",        "p95 < 2500",   "p95<",
                                       "p95<.ms",         "p95<2 5 0 ms", "p 95<1s",
                                       "error_rate<5 0%", "p95<1s,",      ",p95<1s" };
    char problem[256];
    load_sla sla;
    load_slo slo;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!load_sla_parse(&sla, good[i], problem, sizeof problem)) fail_msg("%s", problem);
    assert_true(load_sla_parse(&sla, " p95 < 2500 ms ", problem, sizeof problem));
    assert_true(fabs(sla.term[0].bound - 2.5e6) < 1e-6);
    assert_string_equal(sla.term[0].text, "p95 < 2500 ms");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (load_sla_parse(&sla, bad[i], problem, sizeof problem)) fail_msg("%s", bad[i]);
    assert_true(load_slo_parse(&slo, "latency < 2 s , ttft<500ms", problem, sizeof problem));
    assert_true(fabs(slo.below_us[LOAD_SLO_LATENCY] - 2e6) < 1e-6);
    assert_false(load_slo_parse(&slo, "latency<2", problem, sizeof problem));
    assert_non_null(strstr(problem, "unit"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_term_is_of_its_own_time),
        cmocka_unit_test(what_has_no_stream_is_judged_as_it_is_seen),
        cmocka_unit_test(errors_and_late_answers_are_not_in_the_goodput),
        cmocka_unit_test(a_term_that_is_none_is_named),
        cmocka_unit_test(a_bound_of_time_has_its_unit_and_blanks_mean_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
