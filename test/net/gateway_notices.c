/* Thresholds that pass while the gateway's clients wait, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define HOUR_MS (INT64_C(3600) * 1000)

static const fault_step waits_first[] = {
    { FAULT_WAIT, NULL, 0 },
    { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("one") GATE_STOP GATE_DONE, 0 },
    { FAULT_CLOSE, NULL, 0 },
};
static const fault_step waits_within[] = {
    { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("one"), 0 },
    { FAULT_WAIT, NULL, 0 },
    { FAULT_SEND, GATE_STOP GATE_DONE, 0 },
    { FAULT_CLOSE, NULL, 0 },
};

static void open_at(gate_rig *g, const fault_step *script, bool notices,
                    glimpse_thresholds thresholds)
{
    gate_rig_init(g, &(mock_options){ .seed = 5 });
    gate_rig_script(g, script);
    g->engine_config.thresholds = thresholds;
    g->config.notices = notices;
    gate_rig_open(g);
}

static void until_notice(gate_rig *g, glimpse_notice_kind kind)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    do {
        event_base_loop(g->mock.base, EVLOOP_ONCE);
        assert_int_equal(glimpse_engine_stats(g->engine, &stats), GLIMPSE_OK);
    } while (stats.notices[kind] == 0);
}

static void the_last_threshold_before_the_head_stands_behind_it(void **state)
{
    (void)state;
    gate_rig g;
    open_at(&g, waits_first, true, (glimpse_thresholds){ 1, 2, HOUR_MS, 2 * HOUR_MS });
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, GATE_CHAT, GATE_STREAM("q"));
    until_notice(&g, GLIMPSE_NOTICE_MATCHING_INTENT);
    gate_rig_turn(&g, 20);
    assert_int_equal(c->len, 0); /* a head would have made a status of it */
    fault_server_go_on(g.endpoint);
    char *body = gate_client_joined(c);
    assert_int_equal(strncmp(body, ": glimpse-notice=t2; elapsed-ms=", 32), 0);
    assert_int_equal(mock_client_count(c, "glimpse-notice"), 1);
    assert_non_null(strstr(body, "\n\n" GATE_DELTA("one") GATE_STOP GATE_DONE));
    assert_non_null(strstr(body, ": glimpse-status=live; "));
    free(body);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void thresholds_come_as_comments_and_a_late_answer_is_stale(void **state)
{
    (void)state;
    gate_rig g;
    open_at(&g, waits_within, true, (glimpse_thresholds){ 50, 51, 52, 53 });
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, GATE_CHAT, GATE_STREAM("q"));
    mock_client_wait(c, ": glimpse-notice=t4; elapsed-ms=", 1);
    fault_server_go_on(g.endpoint);
    char *body = gate_client_joined(c);
    const char *at = body;
    for (int n = 1; n <= 4; n++) { /* those before the head are one, on a slow machine */
        char wanted[40];
        snprintf(wanted, sizeof wanted, ": glimpse-notice=t%d; elapsed-ms=", n);
        const char *found = strstr(body, wanted);
        if (found == NULL) continue;
        assert_true(found >= at);
        assert_true(found == body || found[-1] == '\n');
        at = found;
    }
    assert_non_null(strstr(at, GATE_STOP GATE_DONE ": glimpse-status=live, stale; "));
    free(body);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void without_the_option_there_are_none(void **state)
{
    (void)state;
    gate_rig g;
    open_at(&g, waits_within, false, (glimpse_thresholds){ 1, 2, 3, 4 });
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, GATE_CHAT, GATE_STREAM("q"));
    mock_client_wait(c, "one", 1);
    const struct timeval in = { 0, 20000 };
    event_base_loopexit(g.mock.base, &in);
    event_base_loop(g.mock.base, 0);
    fault_server_go_on(g.endpoint);
    char *body = gate_client_joined(c);
    assert_null(strstr(body, "glimpse-notice"));
    assert_non_null(strstr(body, ": glimpse-status=live, stale; "));
    free(body);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_plain_answer_that_is_late_is_stale(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_PAUSE, NULL, 20 },
        { FAULT_SEND,
          "HTTP/1.1 200 OK\r\ncontent-type: "
          "application/json\r\n\r\n{\"model\":\"m-1\",\"choices\":[{"
          "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"one\"},"
          "\"finish_reason\":\"stop\"}]}",
          0 },
        { FAULT_CLOSE, NULL, 0 },
    };
    gate_rig g;
    open_at(&g, script, true, (glimpse_thresholds){ 1, 2, 3, 4 });
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("q")), 200);
    assert_true(gate_client_has(c, "glimpse-status: live, stale"));
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("q")), 200);
    assert_true(gate_client_has(c, "glimpse-status: cache")); /* it is in time now */
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_threshold_before_the_head_stands_behind_it),
        cmocka_unit_test(thresholds_come_as_comments_and_a_late_answer_is_stale),
        cmocka_unit_test(without_the_option_there_are_none),
        cmocka_unit_test(a_plain_answer_that_is_late_is_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
