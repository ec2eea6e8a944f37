/* system.c - rows 37, 39 and 44: descriptors that run out, outputs that fail, clocks that jump. */
#include "support/batch_run.h"

#include <errno.h>

/* --- row 37 --- */

static const fault_step *after_20_ms(batch_run *run)
{
    const fault_step *good = batch_good(run);
    const fault_step steps[] = { { FAULT_PAUSE, NULL, 20 }, good[0] };
    return batch_script(run, steps, 2);
}

static void row_37_few_descriptors_make_it_slower_and_cost_no_attempt(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 500);
    run.descriptors = 32;
    fault_server_play(run.server, after_20_ms(&run));
    batch_args(&run, "--concurrency", "500", "--max-attempts", "2", NULL);
    batch_go(&run, 0);
    batch_all(&run, "aligned", "null");
    assert_int_equal(fault_server_requests(run.server), 500);
    assert_in_range(fault_server_peak(run.server), 2, 32);
    assert_in_range(fault_server_connections(run.server), 2, 64);
    batch_end(&run);
}

/* Any number of descriptors: all of it, or an end that says why; never a line lost. */
static void row_37_no_descriptor_at_all_is_71(void **state)
{
    (void)state;
    size_t starved = 0, good = 0;
    for (long descriptors = 5; descriptors <= 24; descriptors++) {
        batch_run run;
        batch_init(&run, __func__);
        batch_drafts(&run, 3);
        run.descriptors = descriptors;
        run.starved = true;
        fault_server_play(run.server, batch_good(&run));
        batch_args(&run, "--max-attempts", "2", NULL);
        batch_run_only(&run);
        assert_true(run.code == 0 || run.code == 71 || run.code == 74);
        if (run.code == 0) good++;
        if (run.code == 71) starved++;
        if (run.code == 0) assert_int_equal(run.count, 3);
        if (run.code != 0) assert_true(run.err_len > 0);
        batch_end(&run);
    }
    assert_true(starved > 0);
    assert_true(good > 0);
}

/* --- row 39 --- */

/* From the k-th such call on, all fail. Returns whether any did. */
static bool failing(const char *name, const char *call, int k, int error, int pause)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 12);
    char plan[64];
    snprintf(plan, sizeof plan, "FAULT_IO=%s:%d:%d", call, k, error);
    batch_env(&run, plan);
    run.loses_records = true;
    run.torn_end = strcmp(call, "short") == 0;
    fault_step steps[] = { { FAULT_PAUSE, NULL, pause }, batch_good(&run)[0] };
    fault_server_play(run.server, batch_script(&run, steps, 2));
    batch_args(&run, "--concurrency", "3", NULL);
    batch_run_only(&run);
    bool failed = run.code != 0;
    if (failed) {
        assert_int_equal(run.code, 74);
        assert_true(batch_says(&run, "out.jsonl: cannot write:"));
        assert_true(batch_says(&run, strerror(error)));
        assert_int_equal(batch_int(run.summary, "exit"), 74);
    } else {
        assert_int_equal(run.count, 12);
    }
    batch_end(&run);
    return failed;
}

static void row_39_every_write_may_fail(void **state)
{
    (void)state;
    int k = 1;
    while (failing(__func__, "write", k, ENOSPC, 0)) k++;
    assert_in_range(k, 2, 13); /* at most one write a record */
}

static void row_39_every_write_may_be_cut_short(void **state)
{
    (void)state;
    int k = 1;
    while (failing(__func__, "short", k, EDQUOT, 0)) k++;
    assert_in_range(k, 2, 13);
}

static void row_39_every_sync_may_fail(void **state)
{
    (void)state;
    assert_true(failing(__func__, "sync", 1, EIO, 0));   /* the last one, when it is closed */
    assert_true(failing(__func__, "sync", 1, EIO, 350)); /* and one in mid-run, after 0.9 s */
    assert_true(failing(__func__, "sync", 2, EIO, 350));
    assert_false(failing(__func__, "sync", 3, EIO, 0));
}

static void row_39_close_may_fail(void **state)
{
    (void)state;
    assert_true(failing(__func__, "close", 1, EIO, 0));
    assert_false(failing(__func__, "close", 2, EIO, 0));
}

static void row_39_file_at_its_size_limit_is_74_and_no_signal(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 400);
    run.file_bytes = 64 * 1024;
    run.loses_records = true;
    run.torn_end = true;
    fault_server_play(run.server, batch_good(&run));
    batch_args(&run, "--log-level", "error", NULL);
    batch_go(&run, 74);
    assert_true(batch_says(&run, "File too large"));
    assert_in_range(run.count, 50, 399);
    assert_true(fault_server_requests(run.server) < 400); /* it stopped sending */
    batch_end(&run);
}

/* --- row 44 --- */

static void row_44_jumps_of_the_calendar_move_no_timer(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 30);
    batch_env(&run, "FAULT_CLOCK=jump");
    fault_server_play(run.server, after_20_ms(&run));
    fault_server_play_once(run.server,
                           batch_answer(&run, "429 Too Many", "Retry-After: 1\r\n", "{}"));
    batch_args(&run, "--concurrency", "5", "--deadline", "60s", "--thresholds", "100,200,300,400",
               NULL);
    batch_go(&run, 0);
    batch_all(&run, "aligned", "null");
    for (size_t i = 0; i < run.count; i++)
        assert_in_range(batch_int(run.records[i], "glimpse.elapsed_ms"), 0, 60000);
    assert_in_range(batch_int(run.summary, "elapsed_s"), 1,
                    100); /* a jump is of an hour and more */
    batch_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_37_few_descriptors_make_it_slower_and_cost_no_attempt),
        cmocka_unit_test(row_37_no_descriptor_at_all_is_71),
        cmocka_unit_test(row_39_every_write_may_fail),
        cmocka_unit_test(row_39_every_write_may_be_cut_short),
        cmocka_unit_test(row_39_every_sync_may_fail),
        cmocka_unit_test(row_39_close_may_fail),
        cmocka_unit_test(row_39_file_at_its_size_limit_is_74_and_no_signal),
        cmocka_unit_test(row_44_jumps_of_the_calendar_move_no_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
