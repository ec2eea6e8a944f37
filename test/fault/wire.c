/* wire.c - rows 1, 2, 4 to 6: connections that are refused, swallowed, broken. */
#include "support/batch_run.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener(int backlog, int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    if (backlog >= 0) assert_int_equal(listen(fd, backlog), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void row_01_refused_connection_is_connect_and_69(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    run.alone = true;
    batch_drafts(&run, 20);
    int port, fd = listener(-1, &port);
    snprintf(run.url, sizeof run.url, "http://127.0.0.1:%d/v1", port);
    batch_args(&run, "--max-attempts", "3", "--concurrency", "4", NULL);
    batch_go(&run, 69);
    batch_all(&run, "error", "connect");
    assert_int_equal(batch_int(run.summary, "attempts"), 0);
    assert_true(batch_says(&run, "could not be reached"));
    batch_beside(&run, NULL);
    batch_end(&run);
    close(fd);
}

/* Connections until the queue is full: from then on a SYN gets no answer. */
static size_t fill_backlog(int port, int *fds, size_t size)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < size; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fds[i] >= 0);
        assert_true(connect(fds[i], (struct sockaddr *)&address, sizeof address) == 0 ||
                    errno == EINPROGRESS);
    }
    return size;
}

static void row_02_black_hole_is_timeout_connect_at_the_limit(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    run.alone = true;
    batch_drafts(&run, 3);
    int port, fd = listener(0, &port), fds[8];
    size_t open = fill_backlog(port, fds, 8);
    snprintf(run.url, sizeof run.url, "http://127.0.0.1:%d/v1", port);
    batch_args(&run, "--max-attempts", "2", "--connect-timeout", "300ms", NULL);
    batch_go(&run, 69);
    batch_all(&run, "error", "timeout_connect");
    assert_int_equal(run.count, 3);
    for (size_t i = 0; i < run.count; i++) /* two limits of 300 ms; of the default they are 10 s */
        assert_in_range(batch_int(run.records[i], "glimpse.elapsed_ms"), 600, 9999);
    glimpse_config config;
    glimpse_config_init(&config);
    config.connect_timeout_ms = 300;
    batch_beside(&run, &config);
    batch_end(&run);
    for (size_t i = 0; i < open; i++) close(fds[i]);
    close(fd);
}

/* One request of three is broken so, the next attempt is answered. */
static void broken_once(const char *name, const fault_step *broken)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 3);
    fault_server_play(run.server, batch_good(&run));
    fault_server_play_once(run.server, broken);
    batch_args(&run, "--max-attempts", "2", NULL);
    batch_go(&run, 0);
    batch_all(&run, "aligned", "null");
    assert_int_equal(fault_server_requests(run.server), 4);
    int64_t most = 0;
    for (size_t i = 0; i < run.count; i++)
        if (batch_int(run.records[i], "glimpse.attempts") > most)
            most = batch_int(run.records[i], "glimpse.attempts");
    assert_int_equal(most, 2);
    batch_end(&run);
}

/* Every request is broken so: each is asked twice, and its record says reset. */
static void always_broken(const char *name, const fault_step *broken)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 2);
    fault_server_play(run.server, broken);
    batch_args(&run, "--max-attempts", "2", NULL);
    batch_go(&run, 1);
    batch_all(&run, "error", "reset");
    assert_int_equal(fault_server_requests(run.server), 4);
    for (size_t i = 0; i < run.count; i++) {
        assert_string_equal(batch_text(run.records[i], "glimpse.sample"), "null");
        assert_string_equal(batch_text(run.records[i], "glimpse.source"), "local");
    }
    batch_end(&run);
}

static void row_04_reset_before_headers_costs_one_more_attempt(void **state)
{
    (void)state;
    static const fault_step reset[] = { { FAULT_RESET, NULL, 0 } };
    broken_once(__func__, reset);
}

static void row_04_reset_on_every_attempt_is_reset(void **state)
{
    (void)state;
    static const fault_step reset[] = { { FAULT_RESET, NULL, 0 } };
    always_broken(__func__, reset);
}

static const char half_head[] = "HTTP/1.1 200 OK\r\nContent-Type: appli";

static void row_05_reset_inside_headers_is_no_answer(void **state)
{
    (void)state;
    static const fault_step cut[] = { { FAULT_SEND, half_head, 0 },
                                      { FAULT_PAUSE, NULL, 20 },
                                      { FAULT_RESET, NULL, 0 } };
    broken_once(__func__, cut);
}

static void row_05_end_inside_headers_is_no_answer(void **state)
{
    (void)state;
    static const fault_step cut[] = { { FAULT_SEND, half_head, 0 }, { FAULT_CLOSE, NULL, 0 } };
    broken_once(__func__, cut);
}

/* Valid JSON so far, of which the announced length lacks a part. */
static const char half_body[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n" GOOD_BODY;

static void row_06_short_body_is_no_answer(void **state)
{
    (void)state;
    static const fault_step cut[] = { { FAULT_SEND, half_body, 0 }, { FAULT_CLOSE, NULL, 0 } };
    broken_once(__func__, cut);
}

static void row_06_reset_inside_every_body_is_reset(void **state)
{
    (void)state;
    static const fault_step cut[] = { { FAULT_SEND, half_body, 0 },
                                      { FAULT_PAUSE, NULL, 20 },
                                      { FAULT_RESET, NULL, 0 } };
    always_broken(__func__, cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_01_refused_connection_is_connect_and_69),
        cmocka_unit_test(row_02_black_hole_is_timeout_connect_at_the_limit),
        cmocka_unit_test(row_04_reset_before_headers_costs_one_more_attempt),
        cmocka_unit_test(row_04_reset_on_every_attempt_is_reset),
        cmocka_unit_test(row_05_reset_inside_headers_is_no_answer),
        cmocka_unit_test(row_05_end_inside_headers_is_no_answer),
        cmocka_unit_test(row_06_short_body_is_no_answer),
        cmocka_unit_test(row_06_reset_inside_every_body_is_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
