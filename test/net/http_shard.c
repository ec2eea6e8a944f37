/* http_shard.c - what the shards cost the loop, and what becomes of them when they are not used.
 *
 * epoll_ctl is replaced in this program: it counts the calls that concern gl_http's sockets, and
 * can refuse them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http_rig.h"
#include "openai/http_internal.h"

static int watched_port; /* of the server: a socket connected to it is gl_http's */
static size_t epoll_ctl_count;
static bool refuse;

static bool is_client(int fd)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    return watched_port != 0 && getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
           ntohs(peer.sin_port) == watched_port;
}

__attribute__((visibility("default"))) int epoll_ctl(int epfd, int op, int fd,
                                                     struct epoll_event *event)
{
    if (is_client(fd)) {
        epoll_ctl_count++;
        if (refuse && op != EPOLL_CTL_DEL) {
            errno = ENOSPC;
            return -1;
        }
    }
    return (int)syscall(SYS_epoll_ctl, epfd, op, fd, event);
}

static void open_watched(http_rig *rig)
{
    http_rig_init(rig);
    http_rig_open(rig, NULL);
    watched_port = fault_server_port(rig->server);
    epoll_ctl_count = 0;
}

static void close_watched(http_rig *rig)
{
    watched_port = 0;
    http_rig_end(rig);
}

static void wave(http_rig *rig, http_call *calls, size_t count, glimpse_error expected)
{
    size_t target = rig->done + count;
    for (size_t i = 0; i < count; i++) http_call_start(rig, &calls[i], "/x", "{}");
    http_rig_run(rig, &rig->done, target);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(calls[i].error, expected);
        http_call_free(&calls[i]);
    }
}

static void warm_connections_need_no_epoll_ctl(void **state)
{
    (void)state;
    enum { MANY = 100, WAVES = 20 };
    http_rig rig;
    open_watched(&rig);
    http_call calls[MANY] = { 0 };
    wave(&rig, calls, MANY, GLIMPSE_OK);
    size_t after_connecting = epoll_ctl_count;
    assert_in_range(after_connecting, MANY, 4 * MANY);
    for (int i = 0; i < WAVES; i++) wave(&rig, calls, MANY, GLIMPSE_OK);
    assert_int_equal(epoll_ctl_count, after_connecting);
    assert_int_equal(fault_server_connections(rig.server), MANY);
    close_watched(&rig);
}

static void socket_that_cannot_be_watched_ends_its_transfer_only(void **state)
{
    (void)state;
    static const fault_step slow[] = { { FAULT_PAUSE, NULL, 100 },
                                       { FAULT_SEND, FAULT_OK_TEXT, 0 },
                                       { FAULT_END, NULL, 0 } };
    http_rig rig;
    open_watched(&rig);
    fault_server_play_once(rig.server, slow);
    http_call first = { 0 };
    http_call_start(&rig, &first, "/x", "{}");
    http_rig_run_requests(&rig, 1);
    refuse = true;
    http_call second = { 0 };
    wave(&rig, &second, 1, GLIMPSE_ERR_OOM);
    refuse = false;
    assert_int_equal(first.done, 0);
    http_rig_run(&rig, &rig.done, 2);
    assert_int_equal(first.error, GLIMPSE_OK);
    http_call_free(&first);
    wave(&rig, &second, 1, GLIMPSE_OK);
    close_watched(&rig);
}

static void dead_idle_connection_does_not_spin(void **state)
{
    (void)state;
    http_rig rig;
    open_watched(&rig);
    http_call calls[10] = { 0 };
    wave(&rig, calls, 10, GLIMPSE_OK);
    size_t before = epoll_ctl_count;
    fault_server_close_idle(rig.server);
    http_rig_pass(&rig, 20);
    /* Each was unwatched once when its end of file came, and is not looked at any more. */
    assert_int_equal(epoll_ctl_count, before + 10);
    wave(&rig, calls, 10, GLIMPSE_OK);
    close_watched(&rig);
}

static void one_request_passes_over_all_the_dead_idle_connections(void **state)
{
    (void)state;
    http_rig rig;
    open_watched(&rig);
    http_call calls[10] = { 0 };
    wave(&rig, calls, 10, GLIMPSE_OK);
    wave(&rig, calls, 10, GLIMPSE_OK); /* libcurl has looked at each of them, just now */
    fault_server_close_idle(rig.server);
    while (rig.http->shards.at[0]->dormant != 0) http_rig_pass(&rig, 1);
    for (int i = 0; i < 3; i++) wave(&rig, calls, 1, GLIMPSE_OK);
    assert_int_equal(fault_server_requests(rig.server), 23);
    assert_int_equal(rig.sent, 23);
    assert_int_equal(fault_server_connections(rig.server), 11);
    close_watched(&rig);
}

static void connection_that_said_something_while_idle_is_not_used_again(void **state)
{
    (void)state;
    static const fault_step talks[] = {
        { FAULT_SEND, FAULT_OK_TEXT, 0 },
        { FAULT_PAUSE, NULL, 5 },
        { FAULT_SEND, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", 0 },
        { FAULT_END, NULL, 0 }
    };
    http_rig rig;
    open_watched(&rig);
    for (size_t i = 1; i <= 3; i++) {
        http_call call = { 0 };
        fault_server_play_once(rig.server, talks);
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        assert_int_equal(call.status, 200);
        assert_int_equal(fault_server_connections(rig.server), i);
        http_call_free(&call);
        while (rig.http->shards.at[0]->dormant != 0) http_rig_pass(&rig, 1);
    }
    assert_int_equal(rig.sent, 3);
    close_watched(&rig);
}

static void unused_shards_are_closed_with_their_connections(void **state)
{
    (void)state;
    enum { MANY = 200 };
    http_rig rig;
    open_watched(&rig);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    wave(&rig, calls, MANY, GLIMPSE_OK);
    assert_int_equal(rig.http->shards.count, 4); /* 200 / 64, rounded up */
    gl_shards_reap(rig.http);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_open(rig.server), MANY); /* used since the last look */
    wave(&rig, calls, 20, GLIMPSE_OK);
    gl_shards_reap(rig.http);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_open(rig.server), GL_SHARD_CONNECTIONS); /* the first stays */
    gl_shards_reap(rig.http);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_open(rig.server), 0);
    wave(&rig, calls, MANY, GLIMPSE_OK);
    free(calls);
    close_watched(&rig);
}

static int added(const http_rig *rig)
{
    return event_base_get_num_events(rig->base, EVENT_BASE_COUNT_ADDED);
}

static void an_idle_client_lets_the_loop_end(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    int without = added(&rig);
    http_rig_open(&rig, NULL);
    assert_int_equal(added(&rig), without);
    http_call call = { 0 };
    wave(&rig, &call, 1, GLIMPSE_OK);
    assert_true(added(&rig) > without);
    gl_shards_reap(rig.http); /* as its timer does, twice */
    assert_true(added(&rig) > without);
    gl_shards_reap(rig.http);
    http_rig_pass(&rig, 10);
    assert_int_equal(added(&rig), without);
    http_rig_end(&rig);
}

static void few_after_many_gather_on_the_warm_connections_of_the_first_shard(void **state)
{
    (void)state;
    enum { MANY = 200 };
    http_rig rig;
    open_watched(&rig);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    wave(&rig, calls, MANY, GLIMPSE_OK);
    for (size_t i = 0; i < 4; i++) rig.http->shards.at[i]->touched = false;
    for (int i = 0; i < 5; i++) wave(&rig, calls, 50, GLIMPSE_OK);
    assert_true(rig.http->shards.at[0]->touched);
    for (size_t i = 1; i < 4; i++) assert_false(rig.http->shards.at[i]->touched);
    assert_int_equal(fault_server_connections(rig.server), MANY);
    free(calls);
    close_watched(&rig);
}

static void handles_kept_are_bounded_by_what_runs(void **state)
{
    (void)state;
    enum { MANY = 300 }; /* both ends are here, and 1,024 descriptors are what many have */
    http_rig rig;
    open_watched(&rig);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    wave(&rig, calls, MANY, GLIMPSE_OK);
    assert_int_equal(rig.http->running, 0);
    assert_in_range(rig.http->pooled, 1, MANY / 2);
    free(calls);
    close_watched(&rig);
}

/* A flood that was cut says nothing of the next connection, also where libcurl ended no transfer
 * for it: see http_flood.c. */
static void after_a_flood_the_count_begins_anew(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    http_call_free(&call);
    gl_shard *shard = rig.http->shards.at[0];
    shard->fruitful = false;
    shard->barren = INT64_C(1) << 30;
    shard->flooded = true;
    gl_shard_drain(shard);
    assert_false(shard->flooded);
    assert_true(shard->barren == 0);
    http_rig_end(&rig);
}

/* They have no room of their own for libcurl's words while they wait. */
static void words_about_each_of_many_that_failed_are_its_own(void **state)
{
    (void)state;
    enum { MANY = 60, AS_MANY = 1000 };
    static const fault_step reset[] = { { FAULT_RESET, NULL, 0 } };
    static const fault_step close_it[] = { { FAULT_CLOSE, NULL, 0 } };
    http_rig rig;
    open_watched(&rig);
    fault_server_play(rig.server, reset);
    fault_server_healthy(rig.server, "closed", close_it);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    for (int wave = 0; wave < 2; wave++) {
        rig.http->running += AS_MANY; /* as if they ran too */
        size_t target = rig.done + MANY;
        for (size_t i = 0; i < MANY; i++)
            http_call_start(&rig, &calls[i], "/x", i % 2 == 0 ? "{}" : "{\"closed\":1}");
        http_rig_run(&rig, &rig.done, target);
        for (size_t i = 0; i < MANY; i++) {
            const char *words = i % 2 == 0 ? "reset by peer" : "Empty reply";
            assert_int_equal(calls[i].error, GLIMPSE_ERR_RESET);
            if (strstr(calls[i].message, words) == NULL) fail_msg("%zu: %s", i, calls[i].message);
            http_call_free(&calls[i]);
        }
        rig.http->running -= AS_MANY;
    }
    free(calls);
    close_watched(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warm_connections_need_no_epoll_ctl),
        cmocka_unit_test(socket_that_cannot_be_watched_ends_its_transfer_only),
        cmocka_unit_test(dead_idle_connection_does_not_spin),
        cmocka_unit_test(one_request_passes_over_all_the_dead_idle_connections),
        cmocka_unit_test(connection_that_said_something_while_idle_is_not_used_again),
        cmocka_unit_test(unused_shards_are_closed_with_their_connections),
        cmocka_unit_test(an_idle_client_lets_the_loop_end),
        cmocka_unit_test(few_after_many_gather_on_the_warm_connections_of_the_first_shard),
        cmocka_unit_test(after_a_flood_the_count_begins_anew),
        cmocka_unit_test(handles_kept_are_bounded_by_what_runs),
        cmocka_unit_test(words_about_each_of_many_that_failed_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
