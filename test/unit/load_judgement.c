/* load_judgement.c - the word and the sentence of a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "answered.h"
#include "base/alloc.h"
#include "load/judgement.h"

static load_recorder recorder;
static load_facts facts;
static load_sla sla;

static int begin(void **state)
{
    (void)state;
    facts = (load_facts){ .judged = true, .ceiling_rps = 1000 };
    return load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER) ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    load_recorder_free(&recorder);
    return 0;
}

static void ask(glimpse_source source, glimpse_error error, gl_time service)
{
    load_outcome o = answered(recorder.issued * GL_SECOND, service);
    o.source = source;
    if (error != GLIMPSE_OK) o.status = GLIMPSE_STATUS_ERROR;
    o.error = error;
    load_recorder_issued(&recorder, o.intended);
    load_recorder_ended(&recorder, &o);
}

static void assert_says(const char *word, const char *why)
{
    gl_buf out;
    gl_buf_init(&out, 1024);
    assert_string_equal(load_judgement_word(load_judge(&recorder, &facts)), word);
    load_judgement_why(&recorder, &facts, &out);
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(out.data, why);
    gl_buf_free(&out);
}

static void give_sla(const char *terms)
{
    char problem[200];
    assert_true(load_sla_parse(&sla, terms, problem, sizeof problem));
    facts.sla = &sla;
}

static void a_valid_run_passes_when_its_sla_is_met_or_none_is_given(void **state)
{
    (void)state;
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_OK, 10 * GL_MS);
    assert_says("PASS", "The run is valid; no SLA was given.");
    give_sla("p50<20ms");
    assert_says("PASS", "The run is valid and meets the one term of its SLA.");
    facts.ceiling_rps = -1;
    give_sla("p50<20ms,error_rate<5%");
    assert_says("PASS", "The run is valid and meets all terms of its SLA. The client's own ceiling "
                        "was not measured.");
}

/* Three of four are the cache's: the endpoint was under a quarter of the load that was asked. */
static void a_rate_that_the_cache_answered_is_told_with_the_verdict(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++) {
        load_outcome o = answered(recorder.issued * GL_SECOND, 10 * GL_MS);
        o.source = i % 4 == 0 ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_CACHE;
        o.left = i % 4 == 0 ? o.sent : GL_TIME_NEVER;
        load_recorder_issued(&recorder, o.intended);
        load_recorder_ended(&recorder, &o);
    }
    assert_says("PASS", "The run is valid; no SLA was given. 66.7 % of the requests were answered "
                        "in the client, by its cache or an identical request.");
    facts.open = true;
    assert_says("PASS", "The run is valid; no SLA was given. 66.7 % of the requests were answered "
                        "in the client, by its cache or an identical request: the endpoint was "
                        "sent 0.2/s of the 1.0/s asked.");
}

static void a_missed_term_no_answer_and_an_abort_are_failures(void **state)
{
    (void)state;
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_OK, 10 * GL_MS);
    give_sla("p50<5ms,p99<5ms,max<1s");
    assert_says("FAIL", "2 of 3 terms of the SLA are missed.");
    give_sla("p50<1s");
    snprintf(facts.aborted, sizeof facts.aborted, "error_rate>10%%");
    assert_says("FAIL", "--abort-on ended the run early.");
}

static void nothing_answered_is_a_failure_also_when_nobody_judged(void **state)
{
    (void)state;
    facts.judged = false;
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_ERR_CONNECT, 10 * GL_MS);
    assert_says("FAIL", "Nothing was answered; the times are those of failures.");
}

static void what_is_not_to_be_trusted_is_invalid_whatever_else_it_is(void **state)
{
    (void)state;
    facts.invalid[0] = "the client stood still";
    facts.invalid_count = 1;
    give_sla("p50<1us");
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_ERR_CONNECT, 10 * GL_MS);
    assert_says("INVALID", "The figures are not to be trusted: the client stood still.");
    facts.invalid[1] = "and lost its way";
    facts.invalid_count = 2;
    assert_says("INVALID",
                "The figures are not to be trusted: the client stood still. (And 1 more.)");
}

static void what_nobody_judged_or_a_signal_ended_does_not_pass(void **state)
{
    (void)state;
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_OK, 10 * GL_MS);
    facts.judged = false;
    assert_says("NOT JUDGED", "Whether the client kept up was not looked at (--validity off); no "
                              "SLA was given.");
    give_sla("p50<1s");
    facts.judged = facts.interrupted = true;
    assert_says("NOT JUDGED", "The run was interrupted; the SLA is met so far.");
}

static void the_sentence_has_the_live_latency_and_the_most_frequent_failures(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_buf out;
    for (int i = 0; i < 4; i++) ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_OK, 10 * GL_MS);
    for (int i = 0; i < 90; i++) ask(GLIMPSE_SOURCE_CACHE, GLIMPSE_OK, 0);
    for (int i = 0; i < 2; i++) ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_ERR_RESET, 10 * GL_MS);
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_ERR_CONNECT, 10 * GL_MS);
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_ERR_BAD_JSON, 10 * GL_MS);
    ask(GLIMPSE_SOURCE_LIVE, GLIMPSE_ERR_TLS, 10 * GL_MS);
    load_recorder_over(&recorder, 100 * GL_SECOND);
    gl_buf_init(&out, 1024);
    load_judgement_sum_up(&recorder, false, &out);
    assert_true(gl_buf_terminate(&out));
    assert_non_null(strstr(out.data, "99 requests asked, 94 answered at 0.940/s; live latency p50 "
                                     "10.0 ms, p99 10.0 ms; 5 failed: 2 reset, 1 "));
    assert_non_null(strstr(out.data, " and others."));
    out.len = 0;
    load_judgement_sum_up(&recorder, true, &out);
    assert_true(gl_buf_terminate(&out));
    assert_non_null(strstr(out.data, "<span data-figure=\"totals.answered\" data-value=\"94\">94"));
    assert_non_null(strstr(out.data, "data-figure=\"by_source.live.p99_us\""));
    assert_non_null(strstr(out.data, "data-figure=\"totals.by_error.reset\" data-value=\"2\""));
    gl_buf_free(&out);
    assert_int_equal(gl_alloc_live(), live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_valid_run_passes_when_its_sla_is_met_or_none_is_given),
        TEST(a_rate_that_the_cache_answered_is_told_with_the_verdict),
        TEST(a_missed_term_no_answer_and_an_abort_are_failures),
        TEST(nothing_answered_is_a_failure_also_when_nobody_judged),
        TEST(what_is_not_to_be_trusted_is_invalid_whatever_else_it_is),
        TEST(what_nobody_judged_or_a_signal_ended_does_not_pass),
        TEST(the_sentence_has_the_live_latency_and_the_most_frequent_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
