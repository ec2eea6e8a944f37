/* body.c - rows 15 to 18 and 22: answers that are no answer, or more than anyone asked for. */
#include "support/batch_run.h"

#define JSON_TYPE "Content-Type: application/json\r\n"

/* Two drafts get this for every attempt: asked `times` each, and no other word about them. */
static batch_run refuse(const char *name, const fault_step *(*script)(batch_run *), int times,
                        const char *code)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 2);
    fault_server_play(run.server, script(&run));
    batch_args(&run, "--max-attempts", "4", NULL);
    batch_go(&run, 1);
    batch_all(&run, "error", code);
    assert_int_equal(run.count, 2);
    assert_int_equal(fault_server_requests(run.server), 2 * times);
    return run;
}

static bool message_has(const batch_run *run, const char *text)
{
    return strstr(batch_text(run->records[0], "error.message"), text) != NULL;
}

/* --- row 15 --- */

static const fault_step *cut_json(batch_run *run)
{
    return batch_answer(run, "200 OK", JSON_TYPE,
                        "{\"id\":\"c1\",\"choices\":[{\"message\":{\"content\":\"The beginning");
}

static void row_15_truncated_json_is_bad_json_and_asked_once_more(void **state)
{
    (void)state;
    batch_run run = refuse(__func__, cut_json, 2, "bad_json");
    assert_true(message_has(&run, "it begins: {\"id\":\"c1\",\"choices\""));
    batch_end(&run);
}

/* --- row 16 --- */

static const fault_step *login_page(batch_run *run)
{
    return batch_answer(run, "200 OK", "Content-Type: text/html\r\n",
                        "<html><title>Sign in</title></html>");
}

static const fault_step *empty(batch_run *run)
{
    return batch_answer(run, "200 OK", JSON_TYPE, "");
}

static const fault_step *no_content(batch_run *run)
{
    return batch_script(run, &(fault_step){ FAULT_SEND, "HTTP/1.1 204 No Content\r\n\r\n", 0 }, 1);
}

static void row_16_login_page_is_bad_json_and_named(void **state)
{
    (void)state;
    batch_run run = refuse(__func__, login_page, 2, "bad_json");
    assert_true(message_has(&run, "text/html"));
    assert_true(message_has(&run, "Sign in"));
    batch_end(&run);
}

static void row_16_no_body_is_empty_body(void **state)
{
    (void)state;
    batch_run run = refuse("row_16_empty_200", empty, 2, "empty_body");
    batch_end(&run);
    run = refuse("row_16_204", no_content, 2, "empty_body");
    batch_end(&run);
}

/* --- row 17 --- */

enum { LIMIT_MIB = 64 }; /* the engine's bound of one answer */

/* Chunks without an end. */
static const fault_step *endless(batch_run *run)
{
    fault_step steps[LIMIT_MIB + 20] = { { FAULT_SEND,
                                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                           "7FFFFFFF\r\n",
                                           0 } };
    for (int i = 1; i < LIMIT_MIB + 19; i++) steps[i] = (fault_step){ FAULT_FILL, NULL, 1024 };
    steps[LIMIT_MIB + 19].kind = FAULT_HANG;
    return batch_script(run, steps, LIMIT_MIB + 20);
}

static void row_17_endless_body_is_cut_at_the_limit(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 2);
    fault_server_play(run.server, batch_good(&run));
    fault_server_play_once(run.server, endless(&run));
    run.cpu_work = 2;                   /* as many as that are copied */
    run.rss_kib = 3 * LIMIT_MIB * 1024; /* the buffer doubles: old and new exist at once */
    batch_go(&run, 1);
    assert_int_equal(fault_server_requests(run.server), 2); /* not asked again */
    size_t good = 0;
    for (size_t i = 0; i < 2; i++) {
        const char *code = batch_text(run.records[i], "error.code");
        good += strcmp(code, "null") == 0;
        assert_true(strcmp(code, "null") == 0 || strcmp(code, "body_too_large") == 0);
    }
    assert_int_equal(good, 1);
    batch_end(&run);
}

static const fault_step *announced(batch_run *run)
{
    static const fault_step steps[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", 0 },
        { FAULT_HANG, NULL, 0 }
    };
    return batch_script(run, steps, 2);
}

static void row_17_announced_length_above_the_limit_is_not_waited_for(void **state)
{
    (void)state;
    batch_run run = refuse(__func__, announced, 1, "body_too_large");
    batch_end(&run);
}

/* --- row 18 --- */

typedef struct bits {
    unsigned char *to;
    size_t count;
} bits;

/* As deflate wants them: codes from their highest bit on, filled into bytes from the lowest. */
static void put(bits *b, unsigned code, int len)
{
    for (int i = len - 1; i >= 0; i--, b->count++)
        b->to[b->count / 8] |= (unsigned char)((code >> i & 1) << b->count % 8);
}

enum { BOMB_BYTES = 500000 };

/* gzip of 79 MB of zeros: one literal, then copies of 258 of them in 13 bits each. */
static unsigned char *bomb(batch_run *run)
{
    static const unsigned char head[10] = { 0x1f, 0x8b, 8, [9] = 0xff };
    unsigned char *text = batch_keep(run, BOMB_BYTES + 16);
    memcpy(text, head, sizeof head);
    bits b = { text + sizeof head, 0 };
    put(&b, 1, 1);    /* the last block */
    put(&b, 2, 2);    /* fixed codes */
    put(&b, 0x30, 8); /* the byte 0 */
    while (b.count / 8 < BOMB_BYTES - sizeof head) {
        put(&b, 0xc5, 8); /* 258 bytes, */
        put(&b, 0, 5);    /* one back */
    }
    return text;
}

static void expect_refused(const char *name, const char *encoding, const char *code)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 1);
    run.cpu_work = 2;
    run.rss_kib = 3 * LIMIT_MIB * 1024; /* as row 17: decoded bytes count like others */
    char *head = batch_keep(&run, 200);
    snprintf(head, 200,
             "HTTP/1.1 200 OK\r\n" JSON_TYPE "Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n",
             encoding, BOMB_BYTES);
    fault_step steps[] = { { FAULT_SEND, head, 0 },
                           { FAULT_BYTES, (const char *)bomb(&run), BOMB_BYTES } };
    fault_server_play(run.server, batch_script(&run, steps, 2));
    batch_go(&run, 1);
    for (size_t i = 0; i < fault_server_requests(run.server); i++)
        assert_null(strcasestr(fault_server_request(run.server, i)->head, "accept-encoding"));
    batch_all(&run, "error", code);
    batch_end(&run);
}

static void row_18_a_bomb_that_no_request_asked_for_ends_at_the_limit(void **state)
{
    (void)state;
    expect_refused("row_18_gzip", "gzip", "body_too_large");
    expect_refused("row_18_chain", "gzip, br, deflate, gzip, gzip", "protocol");
}

/* --- row 22 --- */

static const fault_step *many_headers(batch_run *run, size_t count, const char *line)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n", end[] = "Content-Length: 2\r\n\r\n{}";
    size_t len = strlen(line);
    char *text = batch_keep(run, sizeof head + sizeof end + count * len);
    memcpy(text, head, sizeof head - 1);
    for (size_t i = 0; i < count; i++) memcpy(text + sizeof head - 1 + i * len, line, len);
    memcpy(text + sizeof head - 1 + count * len, end, sizeof end);
    return batch_script(run, &(fault_step){ FAULT_SEND, text, 0 }, 1);
}

static const fault_step *headers_of_1_mib(batch_run *run)
{
    char line[1025];
    snprintf(line, sizeof line, "X: %01019d\r\n", 0);
    return many_headers(run, 1024, line);
}

static const fault_step *headers_6000(batch_run *run)
{
    return many_headers(run, 6000, "X-Much: 1\r\n");
}

static const fault_step *header_line_of_1_mib(batch_run *run)
{
    enum { LEN = 1024 * 1024 };
    char *line = batch_keep(run, LEN + 1);
    memset(line, 'x', LEN);
    memcpy(line, "X: ", 3);
    memcpy(line + LEN - 2, "\r\n", 2);
    return many_headers(run, 1, line);
}

static const fault_step *early_hints(batch_run *run)
{
    enum { TIMES = 100 };
    static const char hint[] = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    size_t len = sizeof hint - 1;
    char *text = batch_keep(run, 1000 * len + 1);
    for (size_t i = 0; i < 1000; i++) memcpy(text + i * len, hint, len);
    fault_step steps[TIMES + 1];
    for (int i = 0; i < TIMES; i++) steps[i] = (fault_step){ FAULT_SEND, text, 0 };
    steps[TIMES] = (fault_step){ FAULT_HANG, NULL, 0 };
    return batch_script(run, steps, TIMES + 1);
}

/* A whole answer in one chunk, and trailers behind it that do not end. */
static const fault_step *endless_trailers(batch_run *run)
{
    enum { TIMES = 100, LINES = 1000 };
    static const char head[] = "HTTP/1.1 200 OK\r\n" JSON_TYPE "Transfer-Encoding: chunked\r\n\r\n"
                               "2\r\n{}\r\n0\r\n";
    static const char line[] = "X-Trailer: and another\r\n";
    size_t len = sizeof line - 1;
    char *text = batch_keep(run, LINES * len + 1);
    for (size_t i = 0; i < LINES; i++) memcpy(text + i * len, line, len);
    text[LINES * len] = '\0';
    fault_step steps[TIMES + 2] = { { FAULT_SEND, head, 0 } };
    for (int i = 1; i <= TIMES; i++) steps[i] = (fault_step){ FAULT_SEND, text, 0 };
    steps[TIMES + 1] = (fault_step){ FAULT_HANG, NULL, 0 };
    return batch_script(run, steps, TIMES + 2);
}

/* By our bound, or by that of later releases of libcurl on their number. */
static bool says_too_much_head(const batch_run *run)
{
    return message_has(run, "larger than 300 KiB") || message_has(run, "Too many response headers");
}

/* Memory stays that of a small run (I4). 300 KiB of headers are taken, 1xx ones and trailers
 * among them. */
static void row_22_flood_of_headers_is_protocol(void **state)
{
    (void)state;
    batch_run run = refuse("row_22_1_mib_of_headers", headers_of_1_mib, 2, "protocol");
    assert_true(says_too_much_head(&run));
    batch_end(&run);
    run = refuse("row_22_informational_storm", early_hints, 2, "protocol");
    assert_true(says_too_much_head(&run));
    batch_end(&run);
    run = refuse("row_22_endless_trailers", endless_trailers, 2, "protocol");
    assert_true(says_too_much_head(&run));
    batch_end(&run);
}

static void row_22_endless_header_line_is_refused(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 2);
    fault_server_play(run.server, header_line_of_1_mib(&run));
    batch_go(&run, 1);
    for (size_t i = 0; i < 2; i++) { /* libcurl before CURLE_TOO_LARGE cannot tell the two apart */
        const char *code = batch_text(run.records[i], "error.code");
        assert_true(strcmp(code, "oom") == 0 || strcmp(code, "protocol") == 0);
        if (strcmp(code, "oom") == 0) assert_true(message_has(&run, "a header line above"));
    }
    batch_end(&run);
}

static void row_22_many_small_headers_are_bounded_by_their_size(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 2);
    fault_server_play(run.server, headers_6000(&run));
    batch_go(&run, 1);
    for (size_t i = 0; i < 2; i++) { /* 66 KiB; later libcurls also count them */
        const char *code = batch_text(run.records[i], "error.code");
        assert_true(strcmp(code, "bad_json") == 0 || strcmp(code, "protocol") == 0);
    }
    batch_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_15_truncated_json_is_bad_json_and_asked_once_more),
        cmocka_unit_test(row_16_login_page_is_bad_json_and_named),
        cmocka_unit_test(row_16_no_body_is_empty_body),
        cmocka_unit_test(row_17_endless_body_is_cut_at_the_limit),
        cmocka_unit_test(row_17_announced_length_above_the_limit_is_not_waited_for),
        cmocka_unit_test(row_18_a_bomb_that_no_request_asked_for_ends_at_the_limit),
        cmocka_unit_test(row_22_flood_of_headers_is_protocol),
        cmocka_unit_test(row_22_endless_header_line_is_refused),
        cmocka_unit_test(row_22_many_small_headers_are_bounded_by_their_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
