/* http_connecting.c - transfers that are cancelled while their connection is still being made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http_rig.h"
#include "openai/http_internal.h"

/* A port whose queue is full: who connects now waits. *fds are to be closed. */
static int full_port(int *fds, size_t count)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fds[0], (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fds[0], 0), 0);
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&at, &len), 0);
    for (size_t i = 1; i < count; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fds[i], (struct sockaddr *)&at, len);
    }
    return ntohs(at.sin_port);
}

static int count_open(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* Sockets in the table, and of them those whose descriptor is closed. */
static size_t known(const gl_http *http, size_t *dead)
{
    size_t count = 0;
    *dead = 0;
    for (size_t fd = 0; fd < http->sockets.count; fd++) {
        if (http->sockets.at[fd].watch == NULL) continue;
        count++;
        *dead += fcntl((int)fd, F_GETFD) == -1;
    }
    return count;
}

static int warnings;

static void warned(int severity, const char *message)
{
    if (severity >= EVENT_LOG_WARN) print_message("libevent: %s\n", message);
    warnings += severity >= EVENT_LOG_WARN;
}

/* libcurl 7.88 closes such a socket without a word to us. Whoever gets the descriptor next must not
 * find it watched. */
static void a_cancelled_connection_leaves_no_descriptor(void **state)
{
    (void)state;
    enum { CALLS = 4, FULL = 4 };
    int fds[FULL];
    char url[64];
    http_rig rig;
    size_t dead;
    http_rig_init(&rig);
    event_set_log_callback(warned);
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", full_port(fds, FULL));
    http_rig_open(&rig, &config);
    int open = 0; /* after the first round: libcurl has two of its own since */
    for (int round = 0; round < 3; round++) {
        http_call calls[CALLS] = { 0 };
        for (int i = 0; i < CALLS; i++) http_call_start(&rig, &calls[i], "/x", "{}");
        while (known(rig.http, &dead) < CALLS) event_base_loop(rig.base, EVLOOP_ONCE);
        for (int i = 0; i < CALLS; i++) gl_http_cancel(calls[i].transfer);
        http_rig_pass(&rig, 2);
        assert_int_equal(known(rig.http, &dead), 0);
        assert_int_equal(dead, 0);
        if (round == 0) open = count_open();
        assert_int_equal(count_open(), open);
        /* A stranger's descriptors with the same numbers. */
        int pairs[CALLS][2];
        struct event *events[CALLS];
        for (int i = 0; i < CALLS; i++) {
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
            events[i] = event_new(rig.base, pairs[i][0], EV_READ, NULL, NULL);
            assert_int_equal(event_add(events[i], NULL), 0);
        }
        http_rig_pass(&rig, 2);
        for (int i = 0; i < CALLS; i++) {
            event_free(events[i]);
            close(pairs[i][0]);
            close(pairs[i][1]);
        }
    }
    assert_int_equal(warnings, 0);
    for (int i = 0; i < FULL; i++) close(fds[i]);
    event_set_log_callback(NULL);
    http_rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_connection_leaves_no_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
