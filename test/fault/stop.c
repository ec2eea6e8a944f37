/* stop.c - rows 31 to 33: no money, no access, and an endpoint that is down for a while. */
#include "support/batch_run.h"

#include <time.h>

#define JSON_TYPE "Content-Type: application/json\r\n"

/* A healthy line is still under way when its key is refused. */
static void answer_healthy_late(batch_run *run)
{
    const fault_step steps[] = { { FAULT_PAUSE, NULL, 150 }, batch_good(run)[0] };
    fault_server_healthy(run->server, HEALTHY_MARK, batch_script(run, steps, 2));
}

/* --- row 31 --- */

#define NO_MONEY(code)                                                                             \
    "{\"error\":{\"message\":\"You exceeded your current quota\",\"type\":\"" code                 \
    "\",\"code\":\"" code "\"}}"

static void run_out(const char *name, const char *answer)
{
    enum { GOOD = 20, AT_ONCE = 8, LINES = 300 };
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, LINES);
    answer_healthy_late(&run);
    fault_server_play(run.server, batch_answer(&run, "429 Too Many", JSON_TYPE, answer));
    for (int i = 0; i < GOOD; i++) fault_server_play_once(run.server, batch_good(&run));
    batch_args(&run, "--concurrency", "8", NULL);
    batch_go(&run, 75);
    assert_true(batch_says(&run, "the quota of this key is used up"));
    assert_int_equal(run.healthy, 1); /* the one under way, not the one behind */
    assert_in_range(fault_server_requests(run.server), GOOD + 1, GOOD + AT_ONCE);
    assert_int_equal(run.count, fault_server_requests(run.server));
    size_t aligned = 0;
    for (size_t i = 0; i < run.count; i++) {
        const char *status = batch_text(run.records[i], "glimpse.status");
        aligned += strcmp(status, "aligned") == 0;
        assert_int_equal(batch_int(run.records[i], "glimpse.attempts"), 1); /* never repeated */
        if (strcmp(status, "aligned") == 0) continue;
        assert_string_equal(status, "rate_limited");
        assert_string_equal(batch_text(run.records[i], "error.code"), "quota");
    }
    assert_int_equal(aligned, GOOD);
    assert_int_equal(batch_int(run.summary, "retries"), 0);
    batch_end(&run);
}

static void row_31_quota_stops_it_and_the_rest_is_unsent(void **state)
{
    (void)state;
    run_out("row_31_insufficient_quota", NO_MONEY("insufficient_quota"));
    run_out("row_31_billing", NO_MONEY("credit_balance_exhausted"));
}

/* --- row 32 --- */

#define REFUSED                                                                                    \
    "{\"error\":{\"message\":\"Incorrect API key: " CANARY "\",\"code\":\"invalid_api_key\"}}"

static void row_32_refused_key_is_77_and_the_key_it_quotes_is_covered(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 20);
    const char *headers = JSON_TYPE "x-request-id: for-" CANARY "\r\n";
    fault_server_play(run.server, batch_answer(&run, "401 Unauthorized", headers, REFUSED));
    batch_args(&run, "--concurrency", "4", NULL);
    batch_go(&run, 77);
    batch_all(&run, "auth_error", "invalid_api_key");
    assert_true(run.count >= 1);
    for (size_t i = 0; i < run.count; i++)
        assert_int_equal(batch_int(run.records[i], "glimpse.attempts"), 1);
    batch_end(&run);
}

/* A key that is revoked after some answers: they are kept. */
static void row_32_revoked_key_is_77_and_what_is_done_is_kept(void **state)
{
    (void)state;
    enum { GOOD = 30, AT_ONCE = 4 };
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 300);
    answer_healthy_late(&run);
    fault_server_play(run.server, batch_answer(&run, "401 Unauthorized", JSON_TYPE, REFUSED));
    for (int i = 0; i < GOOD; i++) fault_server_play_once(run.server, batch_good(&run));
    batch_args(&run, "--concurrency", "4", NULL);
    batch_go(&run, 77);
    assert_int_equal(run.healthy, 1);
    assert_in_range(run.count, GOOD + 1, GOOD + AT_ONCE);
    size_t aligned = 0;
    for (size_t i = 0; i < run.count; i++)
        aligned += strcmp(batch_text(run.records[i], "glimpse.status"), "aligned") == 0;
    assert_int_equal(aligned, GOOD);
    batch_end(&run);
}

/* --- row 33 --- */

/* The endpoint is down from its 200th request on, for 1.2 s. */
enum { BEFORE = 200, DOWN_MS = 1200, AT_ONCE = 16 };

static struct {
    batch_run *run;
    const fault_step *good, *down;
    double since,
        back; /* when it went down, and was first asked again after; seconds, 0 = not yet */
    size_t in_outage, after;
} outage;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void outage_asked(void *arg)
{
    (void)arg;
    fault_server *server = outage.run->server;
    double now = seconds();
    if (outage.since <= 0 && fault_server_requests(server) > BEFORE) outage.since = now;
    if (outage.since > 0 && now < outage.since + DOWN_MS / 1e3) {
        outage.in_outage++;
        fault_server_play_once(server, outage.down);
        return;
    }
    fault_server_play_once(server, outage.good);
    if (outage.since <= 0) return;
    if (outage.back <= 0) outage.back = now;
    outage.after++;
    /* No burst: after the probe two at once, and one more for each answer. */
    size_t active = fault_server_active(server), answered = outage.after - active;
    if (outage.after > active) assert_in_range(active, 1, answered + 3);
}

static void row_33_outage_is_waited_out_without_a_storm(void **state)
{
    (void)state;
    enum { LINES = 1000 };
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, LINES);
    const fault_step good[] = { { FAULT_PAUSE, NULL, 3 }, batch_good(&run)[0] };
    memset(&outage, 0, sizeof outage);
    outage.run = &run;
    outage.good = batch_script(&run, good, 2);
    outage.down = batch_answer(&run, "503 Down", JSON_TYPE, "{}");
    fault_server_on_request(run.server, outage_asked, NULL);
    batch_args(&run, "--concurrency", "16", NULL);
    batch_go(&run, 0);
    batch_all(&run, "aligned", "null"); /* nothing is lost */
    assert_int_equal(run.count, LINES);
    /* 20 failures open the circuit; 16 may be under way then; probes are a second apart. */
    assert_in_range(outage.in_outage, 20, 20 + AT_ONCE + 4);
    assert_in_range(fault_server_requests(run.server), LINES, LINES * 12 / 10);
    assert_true(outage.back > 0 && outage.back - outage.since < DOWN_MS / 1e3 + 10);
    fault_server_on_request(run.server, NULL, NULL);
    fault_server_play(run.server, outage.down); /* and a program with two endpoints goes on */
    batch_beside(&run, NULL);
    batch_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_31_quota_stops_it_and_the_rest_is_unsent),
        cmocka_unit_test(row_32_refused_key_is_77_and_the_key_it_quotes_is_covered),
        cmocka_unit_test(row_32_revoked_key_is_77_and_what_is_done_is_kept),
        cmocka_unit_test(row_33_outage_is_waited_out_without_a_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
