/* user.c - rows 40, 43 and 45: readers that go or stall, signals, and inputs full of mistakes. */
#include "support/batch_run.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* --- row 40 --- */

typedef struct reader {
    int ends[2];
    FILE *to; /* out.jsonl, so that the records are looked at as ever */
    size_t stop_after, bytes, requests, still;
    bool stalls;
} reader;

static void drain(batch_run *run)
{
    reader *r = run->arg;
    char block[65536];
    ssize_t n;
    while (r->ends[0] >= 0 && (n = read(r->ends[0], block, sizeof block)) > 0) {
        assert_int_equal(fwrite(block, 1, (size_t)n, r->to), n);
        r->bytes += (size_t)n;
    }
    assert_int_equal(fflush(r->to), 0);
    if (r->stop_after > 0 && r->bytes >= r->stop_after && r->ends[0] >= 0) {
        close(r->ends[0]);
        r->ends[0] = -1;
    }
}

static void read_on(batch_run *run, int pid)
{
    reader *r = run->arg;
    if (run->stdout_fd > 0) close(run->stdout_fd); /* the child has it */
    run->stdout_fd = 0;
    if (r->stalls && pid > 0) { /* until nothing has been sent for 300 ms */
        size_t requests = fault_server_requests(run->server);
        r->still = requests == r->requests && requests > 0 ? r->still + 1 : 0;
        r->requests = requests;
        if (r->still < 30) return;
        r->stalls = false;
    }
    drain(run);
}

/* The records go to a pipe, which this reads. */
static void read_pipe(batch_run *run, reader *r)
{
    char path[500];
    assert_int_equal(pipe2(r->ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(r->ends[0], F_SETFL, O_NONBLOCK), 0);
    snprintf(path, sizeof path, "%s/out.jsonl", run->dir);
    r->to = fopen(path, "w");
    assert_non_null(r->to);
    run->arg = r;
    run->stdout_fd = r->ends[1];
    run->while_running = read_on;
    batch_args(run, "-o", "-", "--log-level", "error", NULL);
    fault_server_play(run->server, batch_good(run));
}

static void close_pipe(const reader *r)
{
    if (r->ends[0] >= 0) close(r->ends[0]);
    fclose(r->to);
}

static void row_40_reader_that_goes_is_74_and_no_signal(void **state)
{
    (void)state;
    batch_run run;
    reader r = { .stop_after = 5000 };
    batch_init(&run, __func__);
    batch_drafts(&run, 4000);
    read_pipe(&run, &r);
    run.loses_records = true;
    run.torn_end = true;
    batch_go(&run, 74);
    assert_true(batch_says(&run, "standard output"));
    assert_true(batch_says(&run, "Broken pipe"));
    assert_true(fault_server_requests(run.server) < 4000); /* it stopped sending */
    assert_true(run.count >= 1);
    batch_end(&run);
    close_pipe(&r);
}

static void row_40_stalled_reader_holds_it_up_and_loses_nothing(void **state)
{
    (void)state;
    enum { LINES = 6000 };
    batch_run run;
    reader r = { .stalls = true };
    batch_init(&run, __func__);
    batch_drafts(&run, LINES);
    read_pipe(&run, &r);
    batch_go(&run, 0);
    assert_in_range(r.requests, 100, LINES - 1000); /* a pipe of 64 KiB, 1 MiB before it */
    assert_int_equal(run.count, LINES);
    batch_all(&run, "aligned", "null");
    batch_end(&run);
    close_pipe(&r);
}

/* --- row 43 --- */

typedef struct signals {
    int number, wanted, sent;
    size_t after; /* requests */
    int ticks;    /* of 10 ms since the last one */
} signals;

static void send_signals(batch_run *run, int pid)
{
    signals *s = run->arg;
    if (pid == 0 || s->sent == s->wanted || fault_server_requests(run->server) < s->after) return;
    if (s->sent > 0 && ++s->ticks < 10) return; /* two within 50 ms count as one */
    kill(pid, s->number);
    s->sent++;
    s->ticks = 0;
}

static void one_signal(const char *name, int number, int code)
{
    enum { LINES = 300 };
    batch_run run;
    signals s = { .number = number, .wanted = 1, .after = 20 };
    batch_init(&run, name);
    batch_drafts(&run, LINES);
    const fault_step steps[] = { { FAULT_PAUSE, NULL, 50 }, batch_good(&run)[0] };
    fault_server_play(run.server, batch_script(&run, steps, 2));
    batch_args(&run, "--concurrency", "8", NULL);
    run.while_running = send_signals;
    run.arg = &s;
    batch_go(&run, code);
    batch_all(&run, "aligned", "null"); /* also what was under way */
    assert_in_range(run.count, 20, LINES - 50);
    assert_int_equal(run.count, fault_server_requests(run.server));
    assert_int_equal(run.healthy, 1); /* the one before; the one behind was never begun */
    batch_end(&run);
}

static void row_43_first_signal_lets_finish_what_is_under_way(void **state)
{
    (void)state;
    one_signal("row_43_interrupt", SIGINT, 130);
    one_signal("row_43_terminate", SIGTERM, 143);
}

static void row_43_second_signal_ends_it_at_once_with_whole_lines(void **state)
{
    (void)state;
    static const fault_step hang[] = { { FAULT_HANG, NULL, 0 } };
    batch_run run;
    signals s = { .number = SIGTERM, .wanted = 2, .after = 30 };
    batch_init(&run, __func__);
    batch_drafts(&run, 100);
    fault_server_play(run.server, hang);
    for (int i = 0; i < 20; i++) fault_server_play_once(run.server, batch_good(&run));
    batch_args(&run, "--concurrency", "10", NULL);
    run.while_running = send_signals;
    run.arg = &s;
    run.dies = true;
    run.loses_records = true;
    batch_go(&run, 143);
    /* What was done before. Those in flight have a record when the grace of 5 s has passed. */
    assert_int_equal(run.count, 20);
    batch_all(&run, "aligned", "null");
    assert_int_equal(run.healthy, 1);
    batch_end(&run);
}

/* --- row 45 --- */

enum { LONG_LINE = 50000000, DEEP_LINE = 100000 };

static size_t put(char *text, size_t len, const char *line)
{
    memcpy(text + len, line, strlen(line));
    return len + strlen(line);
}

static void row_45_each_bad_line_has_its_record_and_the_rest_goes_on(void **state)
{
    (void)state;
    static const char *const codes[] = {
        "null",
        "bad_json",
        "line_too_long",
        "bad_json",
        "bad_utf8",
        "missing_messages",
        "duplicate_custom_id",
        "bad_json",
        "missing_input_text",
        "bad_json",
    };
    static const int numbers[] = { 1, 3, 5, 6, 7, 8, 9, 10, 11, 12 };
    enum { RECORDS = sizeof codes / sizeof *codes };
    batch_run run;
    batch_init(&run, __func__);
    char *text = batch_keep(&run, LONG_LINE + DEEP_LINE + 10000);
    size_t len = put(text, 0, "\xef\xbb\xbf{\"custom_id\":\"good\",\"input_text\":\"a\"}\r\n");
    len = put(text, len, HEALTHY_LINE("h1") "this is not JSON\r\n\n");
    memset(text + len, 'x', LONG_LINE);
    len = put(text, len + LONG_LINE, "\n");
    memset(text + len, '[', DEEP_LINE);
    len = put(text, len + DEEP_LINE, "\n");
    len = put(text, len,
              "{\"custom_id\":\"u\",\"input_text\":\"\xff\"}\n"
              "{\"custom_id\":\"m\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
              "\"body\":{\"model\":\"x\"}}\n"
              "{\"custom_id\":\"good\",\"input_text\":\"b\"}\n"
              "{\"custom_id\":5,\"input_text\":\"x\"}\n"
              "{\"custom_id\":\"empty\"}\n"
              "a");
    text[len++] = '\0'; /* a line of bytes */
    len = put(text, len, "b\n" HEALTHY_LINE("h2"));
    len--; /* no line end */
    batch_input(&run, text, len, RECORDS);
    run.healthy_lines = 2;
    run.rss_kib = 40 * 1024; /* a line of up to 16 MiB, in a buffer that doubles */
    run.cpu_work = 2;
    fault_server_play(run.server, batch_good(&run));
    batch_go(&run, 1);
    assert_int_equal(run.count, RECORDS);
    for (size_t i = 0; i < RECORDS; i++) {
        size_t at = 0;
        while (at < RECORDS && batch_int(run.records[i], "glimpse.line") != numbers[at]) at++;
        assert_in_range(at, 0, RECORDS - 1);
        const char *code = batch_text(run.records[i], "error.code");
        if (strcmp(code, codes[at]) != 0) fail_msg("line %d is %s", numbers[at], code);
    }
    assert_int_equal(fault_server_requests(run.server), 1);
    batch_end(&run);
}

static void row_45_strict_sends_nothing(void **state)
{
    (void)state;
    static const char text[] = "{\"custom_id\":\"a\",\"input_text\":\"a\"}\nbad\n";
    batch_run run;
    batch_init(&run, __func__);
    batch_input(&run, text, sizeof text - 1, 2);
    batch_args(&run, "--strict", NULL);
    batch_go(&run, 65);
    assert_true(batch_says(&run, "in.jsonl:2: bad_json"));
    assert_int_equal(run.count + run.healthy, 0);
    assert_int_equal(fault_server_connections(run.server), 0);
    batch_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_40_reader_that_goes_is_74_and_no_signal),
        cmocka_unit_test(row_40_stalled_reader_holds_it_up_and_loses_nothing),
        cmocka_unit_test(row_43_first_signal_lets_finish_what_is_under_way),
        cmocka_unit_test(row_43_second_signal_ends_it_at_once_with_whole_lines),
        cmocka_unit_test(row_45_each_bad_line_has_its_record_and_the_rest_goes_on),
        cmocka_unit_test(row_45_strict_sends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
