/* http_life.c - many transfers at once, their connections, cancelling, and sending only once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rng.h"
#include "http_rig.h"
#include "openai/keeping.h"

#define END { FAULT_END, NULL, 0 }

static const fault_step hang[] = { { FAULT_HANG, NULL, 0 } };
static const fault_step reset[] = { { FAULT_RESET, NULL, 0 } };

/* --- many, and again --- */

static void one_after_the_other_share_a_connection(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    for (int i = 0; i < 50; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        http_call_free(&call);
    }
    assert_int_equal(fault_server_connections(rig.server), 1);
    assert_int_equal(rig.sent, 50);
    http_rig_end(&rig);
}

static void many_run_at_once_and_the_next_wave_reuses_their_connections(void **state)
{
    (void)state;
    enum { MANY = 200 };
    static const fault_step slow[] = { { FAULT_PAUSE, NULL, 200 },
                                       { FAULT_SEND, FAULT_OK_TEXT, 0 },
                                       END };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    fault_server_play(rig.server, slow);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    for (size_t wave = 1; wave <= 3; wave++) {
        for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{}");
        http_rig_run(&rig, &rig.done, wave * MANY);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(calls[i].error, GLIMPSE_OK);
            assert_string_equal(calls[i].body, "{\"ok\":true}");
            http_call_free(&calls[i]);
        }
        assert_int_equal(fault_server_connections(rig.server), MANY);
    }
    assert_int_equal(fault_server_peak(rig.server), MANY);
    assert_int_equal(fault_server_requests(rig.server), 3 * MANY);
    assert_int_equal(rig.sent, 3 * MANY);
    free(calls);
    http_rig_end(&rig);
}

static http_call second;

static void start_second(http_call *call)
{
    http_call_start(call->rig, &second, "/second", "{}");
}

static void done_may_start_another(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { .then = start_second };
    http_call_start(&rig, &call, "/first", "{}");
    http_rig_run(&rig, &rig.done, 2);
    assert_int_equal(second.error, GLIMPSE_OK);
    assert_int_equal(fault_server_connections(rig.server), 1);
    http_call_free(&call);
    http_call_free(&second);
    http_rig_end(&rig);
}

static http_call chain[500];
static size_t chained;

static void start_next(http_call *call)
{
    if (chained == 500) return;
    http_call *next = &chain[chained++];
    next->then = start_next;
    http_call_start(call->rig, next, "/next", "{}");
}

static void chain_of_starts_from_done_reuses_handles(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    chained = 0;
    http_call first = { .then = start_next };
    for (int i = 0; i < 8; i++) start_next(&(http_call){ .rig = &rig });
    http_rig_run(&rig, &rig.done, 500);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(chain[i].error, GLIMPSE_OK);
        http_call_free(&chain[i]);
    }
    assert_int_equal(fault_server_connections(rig.server), 8);
    http_call_free(&first);
    http_rig_end(&rig);
}

/* --- sent once --- */

static void request_on_a_dying_connection_is_not_sent_again(void **state)
{
    (void)state;
    static const fault_step close_it[] = { { FAULT_CLOSE, NULL, 0 } };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    for (size_t i = 0; i < 10; i++) {
        for (int kept = 0; kept < 2; kept++) { /* the second shows that the origin keeps them */
            http_call_run(&rig, &call, "/x", "{}");
            assert_int_equal(call.error, GLIMPSE_OK);
            assert_int_equal(call.reused, kept);
            http_call_free(&call);
        }
        /* The server takes the next request on this connection and breaks it: after a FIN libcurl
         * alone would send it again on a new connection, and the server count it twice. */
        fault_server_play_once(rig.server, i % 2 ? reset : close_it);
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_ERR_RESET);
        if (i % 2 == 0)
            assert_string_equal(call.message, "connection died before an answer; not resent");
        assert_int_equal(call.progress[GLIMPSE_PROGRESS_SENT], 1);
        assert_true(call.reused);
        http_call_free(&call);
        assert_int_equal(fault_server_requests(rig.server), rig.sent);
    }
    assert_int_equal(rig.sent, 30);
    http_rig_end(&rig);
}

/* A server that closes each connection over the second request that comes on it, until it learns to
 * keep them. */
typedef struct closer {
    http_rig rig;
    bool keeps;
    int asked[4096]; /* by connection */
    int reused, lost;
} closer;

static void second_is_closed(void *arg)
{
    static const fault_step close_it[] = { { FAULT_CLOSE, NULL, 0 } };
    closer *c = arg;
    fault_server *server = c->rig.server;
    size_t number = fault_server_request(server, fault_server_requests(server) - 1)->connection;
    assert_true(number < sizeof c->asked / sizeof *c->asked);
    if (c->asked[number]++ > 0 && !c->keeps) fault_server_play_once(server, close_it);
}

static void ask(closer *c, int times)
{
    c->reused = c->lost = 0;
    for (int i = 0; i < times; i++) {
        http_call call = { 0 };
        http_call_run(&c->rig, &call, "/x", "{}");
        c->reused += call.reused;
        c->lost += call.error != GLIMPSE_OK;
        if (call.error != GLIMPSE_OK) assert_true(call.reused);
        http_call_free(&call);
    }
}

static void an_origin_that_closes_gets_new_connections_until_it_keeps_one(void **state)
{
    (void)state;
    closer c = { .keeps = false };
    http_rig_init(&c.rig);
    http_rig_open(&c.rig, NULL);
    fault_server_on_request(c.rig.server, second_is_closed, &c);
    ask(&c, 4); /* the second of two, twice running */
    assert_int_equal(c.lost, 2);
    ask(&c, 3 * GL_KEEPING_TRY_EVERY);
    assert_int_equal(c.lost, 3); /* less than 1 %: tried again now and then */
    assert_int_equal(c.reused, 3);
    c.keeps = true;
    ask(&c, GL_KEEPING_TRY_EVERY);
    assert_int_equal(c.lost, 0);
    assert_int_equal(c.reused, 1);
    ask(&c, 100);
    assert_int_equal(c.reused, 100);
    http_rig_end(&c.rig);
}

static void connection_closed_while_idle_costs_no_request(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    for (size_t i = 1; i <= 10; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        http_call_free(&call);
        fault_server_close_idle(rig.server);
        http_rig_pass(&rig, 5);
        assert_int_equal(fault_server_connections(rig.server), i);
    }
    assert_int_equal(fault_server_requests(rig.server), 10);
    assert_int_equal(rig.sent, 10);
    http_rig_end(&rig);
}

/* Makes the event of each client's socket fire, as one does that the loop had noted before libcurl
 * read the socket for another reason. */
static int fire_clients_event(const struct event_base *base, const struct event *event, void *arg)
{
    (void)base;
    const http_rig *rig = arg;
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    if (getpeername(event_get_fd(event), (struct sockaddr *)&peer, &len) != 0) return 0;
    if (ntohs(peer.sin_port) != fault_server_port(rig->server)) return 0;
    event_active((struct event *)(uintptr_t)event, EV_READ, 0);
    return 0;
}

static void event_that_comes_after_its_bytes_were_read_costs_no_connection(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    for (size_t i = 1; i <= 3; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        http_call_free(&call);
        event_base_foreach_event(rig.base, fire_clients_event, &rig);
        http_rig_pass(&rig, 5);
    }
    assert_int_equal(fault_server_connections(rig.server), 1);
    http_rig_end(&rig);
}

static void fresh_transfer_takes_a_connection_of_its_own(void **state)
{
    (void)state;
    static const size_t connections[] = { 1, 1, 2, 2 };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    for (size_t i = 0; i < 4; i++) {
        http_call call = { 0 };
        http_call_start(&rig, &call, "/x", "{}");
        if (i == 2)
            gl_http_fresh(call.transfer); /* and the handle that was fresh is not for ever */
        http_rig_run(&rig, &rig.done, i + 1);
        assert_int_equal(call.error, GLIMPSE_OK);
        http_call_free(&call);
        assert_int_equal(fault_server_connections(rig.server), connections[i]);
    }
    http_rig_end(&rig);
}

static void connection_closed_just_as_a_request_comes_is_never_counted_twice(void **state)
{
    (void)state;
    enum { MANY = 40 };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    size_t answered = 0;
    for (size_t wave = 1; wave <= 5; wave++) {
        for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{}");
        /* Written, and not yet read by the server, which closes what it thinks is idle. */
        event_base_loop(rig.base, EVLOOP_NONBLOCK);
        fault_server_close_idle(rig.server);
        http_rig_run(&rig, &rig.done, wave * MANY);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(calls[i].done, 1);
            if (calls[i].error == GLIMPSE_OK) answered++;
            assert_true(calls[i].progress[GLIMPSE_PROGRESS_SENT] <= 1);
            http_call_free(&calls[i]);
        }
    }
    assert_true(answered <= fault_server_requests(rig.server));
    assert_true(fault_server_requests(rig.server) <= rig.sent);
    free(calls);
    http_rig_end(&rig);
}

/* --- cancel --- */

static void cancel_ends_it_without_a_word_in_every_phase(void **state)
{
    (void)state;
    static const fault_step half[] = { { FAULT_SEND,
                                         "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0 },
                                       { FAULT_HANG, NULL, 0 } };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    /* Before libcurl has seen it. */
    http_call_start(&rig, &call, "/x", "{}");
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_requests(rig.server), 0);
    /* While it connects: the server accepts, and that is all. */
    fault_server_play(rig.server, hang);
    http_call_start(&rig, &call, "/x", "{}");
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    /* While it waits for the answer. */
    size_t before = fault_server_requests(rig.server);
    http_call_start(&rig, &call, "/x", "{}");
    http_rig_run_requests(&rig, before + 1);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_open(rig.server), 0);
    /* While the answer comes. */
    fault_server_play(rig.server, half);
    http_call_start(&rig, &call, "/x", "{}");
    while (call.progress[GLIMPSE_PROGRESS_FIRST_BYTE] == 0) event_base_loop(rig.base, EVLOOP_ONCE);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_open(rig.server), 0);
    assert_int_equal(call.done, 0);
    assert_int_equal(rig.done, 0);
    /* And it still works. */
    fault_server_play(rig.server, fault_ok);
    http_call after = { 0 };
    http_call_run(&rig, &after, "/x", "{}");
    assert_int_equal(after.error, GLIMPSE_OK);
    http_call_free(&after);
    http_rig_end(&rig);
}

static void cancel_while_sending_drops_the_connection(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call warm = { 0 };
    http_call_run(&rig, &warm, "/x", "{}");
    http_call_free(&warm);
    fault_server_freeze(rig.server);
    size_t len = (size_t)32 * 1024 * 1024; /* more than the kernel takes */
    char *body = malloc(len + 1);
    assert_non_null(body);
    memset(body, 'a', len);
    body[len] = '\0';
    http_call call = { 0 };
    http_call_start(&rig, &call, "/x", body);
    while (call.progress[GLIMPSE_PROGRESS_SENT] == 0) event_base_loop(rig.base, EVLOOP_ONCE);
    http_rig_pass(&rig, 20);
    assert_int_equal(call.done, 0);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(rig.done, 1);
    free(body);
    http_rig_end(&rig);
}

enum { GROUP = 30 };
static http_call group[GROUP];

static void cancel_the_group(http_call *call)
{
    for (size_t i = 0; i < GROUP; i++) {
        if (&group[i] == call || group[i].transfer == NULL) continue;
        gl_http_cancel(group[i].transfer);
        group[i].transfer = NULL;
    }
}

static void done_may_cancel_others_also_those_that_have_ended_unreported(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    /* Refused connections end all in the same turn, so that their messages are read together. */
    for (size_t i = 0; i < GROUP; i++) group[i] = (http_call){ .then = cancel_the_group };
    gl_http_free(rig.http);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    int fd;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", http_rig_closed_port(&fd));
    http_rig_open(&rig, &config);
    for (size_t i = 0; i < GROUP; i++) http_call_start(&rig, &group[i], "/x", "{}");
    http_rig_run(&rig, &rig.done, 1);
    http_rig_pass(&rig, 20);
    assert_int_equal(rig.done, 1);
    for (size_t i = 0; i < GROUP; i++) http_call_free(&group[i]);
    close(fd);
    http_rig_end(&rig);
}

/* --- all of it together --- */

enum { RANDOM_CALLS = 2000, RANDOM_AT_ONCE = 150 };

typedef struct crowd {
    http_rig rig;
    http_call *calls;
    gl_rng rng;
    size_t started, cancelled, settled; /* settled: done or cancelled */
} crowd;
static crowd the;

static void cancel_somebody(void)
{
    http_call *call = &the.calls[gl_rng_below(&the.rng, (uint32_t)the.started)];
    if (call->transfer == NULL) return;
    gl_http_cancel(call->transfer);
    call->transfer = NULL;
    the.cancelled++;
    the.settled++;
}

static void random_step(http_call *call)
{
    if (call != NULL) the.settled++;
    while (the.started < RANDOM_CALLS && the.started - the.settled < RANDOM_AT_ONCE) {
        static const char *const paths[] = { "/a", "/b", "/c" };
        http_call *next = &the.calls[the.started++];
        next->then = random_step;
        http_call_start(&the.rig, next, paths[gl_rng_below(&the.rng, 3)],
                        gl_rng_below(&the.rng, 10) == 0 ? NULL : "{}");
        if (gl_rng_below(&the.rng, 4) == 0) cancel_somebody();
    }
}

/* Which script comes next is drawn too. */
static void draw_script(void *arg)
{
    (void)arg;
    static const fault_step close_it[] = { { FAULT_CLOSE, NULL, 0 } };
    static const fault_step cut[] = { { FAULT_SEND,
                                        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0 },
                                      { FAULT_RESET, NULL, 0 } };
    static const fault_step slow[] = { { FAULT_PAUSE, NULL, 3 },
                                       { FAULT_SEND, FAULT_OK_TEXT, 0 },
                                       END };
    static const fault_step then_close[] = { { FAULT_SEND, FAULT_OK_TEXT, 0 },
                                             { FAULT_CLOSE, NULL, 0 } };
    static const fault_step *const scripts[] = { fault_ok, fault_ok, fault_ok, slow,      slow,
                                                 reset,    close_it, cut,      then_close };
    uint32_t count = sizeof scripts / sizeof *scripts;
    fault_server_play(the.rig.server, scripts[gl_rng_below(&the.rng, count)]);
}

static void random_starts_cancels_and_breaks_lose_and_repeat_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        the = (crowd){ .calls = calloc(RANDOM_CALLS, sizeof *the.calls) };
        assert_non_null(the.calls);
        gl_rng_seed(&the.rng, seed);
        http_rig_init(&the.rig);
        http_rig_open(&the.rig, NULL);
        fault_server_on_request(the.rig.server, draw_script, NULL);
        random_step(NULL);
        http_rig_run(&the.rig, &the.settled, RANDOM_CALLS);
        size_t done = 0;
        for (size_t i = 0; i < RANDOM_CALLS; i++) {
            http_call *call = &the.calls[i];
            assert_null(call->transfer);
            assert_in_range(call->done, 0, 1);
            assert_in_range(call->progress[GLIMPSE_PROGRESS_SENT], 0, 1);
            if (call->done != 0)
                assert_true(call->error == GLIMPSE_OK || call->error == GLIMPSE_ERR_RESET);
            done += (size_t)call->done;
            http_call_free(call);
        }
        assert_int_equal(done + the.cancelled, RANDOM_CALLS);
        assert_true(done > RANDOM_CALLS / 4 && the.cancelled > RANDOM_CALLS / 20);
        assert_true(fault_server_requests(the.rig.server) <= the.rig.sent);
        free(the.calls);
        http_rig_end(&the.rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other_share_a_connection),
        cmocka_unit_test(many_run_at_once_and_the_next_wave_reuses_their_connections),
        cmocka_unit_test(done_may_start_another),
        cmocka_unit_test(chain_of_starts_from_done_reuses_handles),
        cmocka_unit_test(request_on_a_dying_connection_is_not_sent_again),
        cmocka_unit_test(an_origin_that_closes_gets_new_connections_until_it_keeps_one),
        cmocka_unit_test(connection_closed_while_idle_costs_no_request),
        cmocka_unit_test(event_that_comes_after_its_bytes_were_read_costs_no_connection),
        cmocka_unit_test(fresh_transfer_takes_a_connection_of_its_own),
        cmocka_unit_test(connection_closed_just_as_a_request_comes_is_never_counted_twice),
        cmocka_unit_test(cancel_ends_it_without_a_word_in_every_phase),
        cmocka_unit_test(cancel_while_sending_drops_the_connection),
        cmocka_unit_test(done_may_cancel_others_also_those_that_have_ended_unreported),
        cmocka_unit_test(random_starts_cancels_and_breaks_lose_and_repeat_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
