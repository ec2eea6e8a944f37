/*
 * stream.c - rows 7 to 14: streams that are cut, lie about their end, stall, or come in pieces.
 * Each entry of the table is a script that two lines of a batch get for every attempt; a batch
 * hands no text on before the end, so what fails is asked again. What differs when text was handed
 * on is test/net/stream.c's.
 */
#include "support/batch_run.h"

/* Without a length the body ends with the connection. */
#define OPEN                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nx-request-id: "          \
    "r3\r\n\r\n"
#define DELTA(t)                                                                                   \
    "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" t "\"}}]}\n\n"
#define STOP  "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE  "data: [DONE]\n\n"
#define ERROR "{\"error\":{\"message\":\"down\",\"type\":\"server_error\",\"code\":\"c1\"}}"

enum { STEPS = 6, LINES = 2 };

typedef struct row {
    const char *name;
    fault_step script[STEPS];
    int attempts;        /* of each line, at most 3 */
    const char *code;    /* of the error; NULL: aligned */
    const char *status;  /* with an error; NULL: error */
    const char *text;    /* the sample, or with an error the partial text; NULL: not looked at */
    const char *no_done; /* "true", "false", or NULL: not looked at */
    const char *options[6];
    int deadline_ms; /* 0 = 60 s */
} row;

static const char *field(const row *at)
{
    return at->code == NULL ? "glimpse.sample" : "glimpse.partial";
}

static void play(const row *at)
{
    batch_run run;
    char lines[LINES * 200];
    size_t len = 0;
    batch_init(&run, at->name);
    for (int i = 1; i <= LINES; i++)
        len += (size_t)snprintf(lines + len, sizeof lines - len,
                                "{\"custom_id\":\"d%d\",\"method\":\"POST\",\"url\":\"/v1/chat/"
                                "completions\",\"body\":{\"model\":\"m\",\"stream\":true,"
                                "\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}}\n",
                                i, i);
    batch_input(&run, lines, len, LINES);
    run.own_ids = false;
    fault_server_play(run.server, batch_script(&run, at->script, STEPS));
    batch_args(&run, "--max-attempts", "3", NULL);
    for (int i = 0; at->options[i] != NULL; i++) batch_args(&run, at->options[i], NULL);
    if (at->deadline_ms > 0) batch_deadline(&run, at->deadline_ms);
    batch_go(&run, at->code == NULL ? 0 : 1);
    assert_int_equal(run.count, LINES);
    const char *status = at->status != NULL ? at->status : "error";
    batch_all(&run, at->code == NULL ? "aligned" : status, at->code == NULL ? "null" : at->code);
    for (size_t i = 0; i < run.count; i++) {
        assert_int_equal(batch_int(run.records[i], "glimpse.attempts"), at->attempts);
        if (at->text != NULL) assert_string_equal(batch_text(run.records[i], field(at)), at->text);
        if (at->no_done != NULL)
            assert_string_equal(batch_text(run.records[i], "glimpse.no_done"), at->no_done);
        if (at->code != NULL) /* part of an answer is none */
            assert_string_equal(batch_text(run.records[i], "glimpse.sample"), "null");
    }
    batch_end(&run);
}

static void play_all(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) play(&rows[i]);
}

#define PLAY(rows) play_all(rows, sizeof(rows) / sizeof *(rows))

static void row_07_cut_stream_is_truncated_and_keeps_its_text(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_07_end",
          .script = { { FAULT_SEND, OPEN DELTA("some ") DELTA("words"), 0 },
                      { FAULT_PAUSE, NULL, 10 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 3,
          .code = "stream_truncated",
          .text = "some words" },
        { .name = "row_07_reset",
          .script = { { FAULT_SEND, OPEN DELTA("some ") DELTA("words"), 0 },
                      { FAULT_PAUSE, NULL, 10 },
                      { FAULT_RESET, NULL, 0 } },
          .attempts = 3,
          .code = "stream_truncated" },
    };
    PLAY(rows);
}

static void row_08_stream_without_done_is_whole_once_it_has_finished(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_08_no_done",
          .script = { { FAULT_SEND, OPEN DELTA("all") STOP, 0 }, { FAULT_CLOSE, NULL, 0 } },
          .attempts = 1,
          .text = "all",
          .no_done = "true" },
    };
    PLAY(rows);
}

static void row_09_after_done_nobody_waits_for_the_server(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_09_held",
          .script = { { FAULT_SEND, OPEN DELTA("all") STOP DONE, 0 }, { FAULT_HANG, NULL, 0 } },
          .attempts = 1,
          .text = "all" },
    };
    PLAY(rows);
}

static void row_10_forged_done_is_no_end(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_10_forged",
          .script = { { FAULT_SEND, OPEN DELTA("part") "data: [DONE]x\n\ndata: " ERROR "\n\n", 0 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 3,
          .code = "c1",
          .status = "server_error",
          .text = "part" },
    };
    PLAY(rows);
}

static void row_11_error_within_a_stream_is_one_in_each_form(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_11_nested",
          .script = { { FAULT_SEND, OPEN DELTA("part") "data: " ERROR "\n\n", 0 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 3,
          .code = "c1",
          .status = "server_error",
          .text = "part" },
        { .name = "row_11_flat",
          .script = { { FAULT_SEND,
                        OPEN "event: error\ndata: {\"type\":\"error\",\"message\":\"no code\"}\n\n",
                        0 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 3,
          .code = "stream_error" },
        { .name = "row_11_before_done",
          .script = { { FAULT_SEND, OPEN "data: " ERROR "\n\n" DONE, 0 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 3,
          .code = "c1",
          .status = "server_error" },
        { .name = "row_11_hopeless",
          .script = { { FAULT_SEND,
                        OPEN "data: {\"error\":{\"message\":\"long\",\"code\":"
                             "\"context_length_exceeded\"}}\n\n",
                        0 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 1,
          .code = "context_length_exceeded",
          .status = "bad_request" },
    };
    PLAY(rows);
}

static void row_12_one_byte_at_a_time_ends_at_the_limits(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_12_head",
          .script = { { FAULT_DRIP, OPEN, 40 }, { FAULT_HANG, NULL, 0 } },
          .attempts = 3,
          .code = "timeout_first_byte",
          .options = { "--first-byte-timeout", "1s" } },
        { .name = "row_12_no_head",
          .script = { { FAULT_HANG, NULL, 0 } },
          .attempts = 3,
          .code = "timeout_first_byte",
          .options = { "--first-byte-timeout", "1s" } },
        { .name = "row_12_body",
          .script = { { FAULT_SEND, OPEN DELTA("part"), 0 }, { FAULT_HANG, NULL, 0 } },
          .attempts = 3,
          .code = "timeout_idle",
          .text = "part",
          .options = { "--idle-timeout", "1s" } },
        { .name = "row_12_body_by_bytes", /* never idle: the deadline ends it */
          .script = { { FAULT_SEND, OPEN DELTA("part"), 0 },
                      { FAULT_DRIP, DELTA("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 30 },
                      { FAULT_HANG, NULL, 0 } },
          .attempts = 1,
          .code = "deadline",
          .text = "part",
          .deadline_ms = 2000 },
    };
    PLAY(rows);
}

static void row_13_comments_alone_do_not_outlast_the_deadline(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_13_comments",
          .script = { { FAULT_SEND, OPEN, 0 },
                      { FAULT_DRIP, ":\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n",
                        100 },
                      { FAULT_HANG, NULL, 0 } },
          .attempts = 1,
          .code = "deadline",
          .deadline_ms = 2000 },
    };
    PLAY(rows);
}

static void row_14_pieces_and_line_ends_of_all_kinds_make_one_answer(void **state)
{
    (void)state;
    static const row rows[] = {
        { .name = "row_14_bytes",
          .script = { { FAULT_SEND, OPEN, 0 },
                      { FAULT_DRIP,
                        ": ping\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\xC3\xA4 "
                        "\xF0\x9F\x98\x80\"},\rdata: \"finish_reason\":\"stop\"}]}\n\r\n"
                        "data: [DONE]\r\r",
                        0 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 1,
          .text = "\xC3\xA4 \xF0\x9F\x98\x80" },
        { .name = "row_14_mebibyte",
          .script = { { FAULT_SEND, OPEN "data: {\"choices\":[{\"delta\":{\"content\":\"", 0 },
                      { FAULT_FILL, NULL, 1024 },
                      { FAULT_SEND, "\"},\"finish_reason\":\"stop\"}]}\n\n" DONE, 0 },
                      { FAULT_CLOSE, NULL, 0 } },
          .attempts = 1 },
    };
    PLAY(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_07_cut_stream_is_truncated_and_keeps_its_text),
        cmocka_unit_test(row_08_stream_without_done_is_whole_once_it_has_finished),
        cmocka_unit_test(row_09_after_done_nobody_waits_for_the_server),
        cmocka_unit_test(row_10_forged_done_is_no_end),
        cmocka_unit_test(row_11_error_within_a_stream_is_one_in_each_form),
        cmocka_unit_test(row_12_one_byte_at_a_time_ends_at_the_limits),
        cmocka_unit_test(row_13_comments_alone_do_not_outlast_the_deadline),
        cmocka_unit_test(row_14_pieces_and_line_ends_of_all_kinds_make_one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
