/* Clients of the gateway that read slowly, or not at all, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <sys/socket.h>

#include "gate_rig.h"

enum { MB = 1024 * 1024, SENT_MB = 64 };

/* A script of 64 MB and its end; each step is a megabyte of events. */
typedef struct flood {
    char *megabyte;
    fault_step steps[SENT_MB + 4];
} flood;

static void flood_init(flood *f)
{
    static const char event[] = GATE_DELTA(
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567");
    size_t len = strlen(event), at = 0;
    char *padded = malloc(MB + 1);
    /* Events of 4 KB: fewer of them, so that the test is about bytes. */
    char big[4097];
    snprintf(big, sizeof big, "%.*s", (int)(len - 20), event);
    size_t head = strlen(big);
    memset(big + head, 'x', 4096 - head - 20);
    memcpy(big + 4096 - 20, event + len - 20, 21);
    while (at + 4096 <= MB) {
        memcpy(padded + at, big, 4096);
        at += 4096;
    }
    padded[at] = '\0';
    f->megabyte = padded;
    f->steps[0] = (fault_step){ FAULT_SEND, GATE_SSE_HEAD, 0 };
    for (int i = 1; i <= SENT_MB; i++) f->steps[i] = (fault_step){ FAULT_SEND, padded, 0 };
    f->steps[SENT_MB + 1] = (fault_step){ FAULT_SEND, GATE_STOP GATE_DONE, 0 };
    f->steps[SENT_MB + 2] = (fault_step){ FAULT_CLOSE, NULL, 0 };
}

static void open_flood(gate_rig *g, flood *f)
{
    flood_init(f);
    gate_rig_init(g, &(mock_options){ .seed = 5 });
    gate_rig_script(g, f->steps);
    g->engine_config.endpoint.max_response_bytes = 2 * (int64_t)SENT_MB * MB;
    gate_rig_open(g);
}

static void close_flood(gate_rig *g, flood *f)
{
    gate_rig_close(g);
    free(f->megabyte);
}

static mock_client *deaf_client(gate_rig *g, const char *body)
{
    mock_client *c = gate_rig_connect(g);
    const int small = 64 * 1024; /* else the kernel's buffer grows to megabytes */
    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    event_del(c->event);
    mock_client_post(c, GATE_CHAT, body);
    return c;
}

/* Turns the loop until the endpoint has sent no more for a while, and returns its steps. */
static size_t until_it_waits(gate_rig *g)
{
    size_t steps = 0;
    for (int quiet = 0; quiet < 2000; quiet++) {
        gate_rig_turn(g, 1);
        if (fault_server_steps(g->endpoint) != steps) quiet = 0;
        steps = fault_server_steps(g->endpoint);
    }
    return steps;
}

static size_t megabytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return (info.uordblks + info.hblkhd) / MB;
}

static void s2_a_client_that_stops_reading_has_the_endpoint_wait_in_bounded_memory(void **state)
{
    (void)state;
    gate_rig g;
    flood f;
    open_flood(&g, &f);
    size_t before = megabytes_in_use();
    mock_client *deaf = deaf_client(&g, GATE_STREAM("one"));
    size_t steps = until_it_waits(&g);
    /* The kernel's buffers of two connections, and ours. What was passed on stays in memory, about
     * four times, until the stream ends. */
    if (steps > SENT_MB / 2) fail_msg("the endpoint has sent %zu MB", steps);
    size_t in_use = megabytes_in_use();
    if (in_use > before + 40) fail_msg("%zu MB more are in use", in_use - before);

    /* Others are served meanwhile. */
    static const fault_step other[] = {
        { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("fine") GATE_STOP GATE_DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
    };
    fault_server_play(g.endpoint, other);
    mock_client *fine = gate_rig_connect(&g);
    char *body = gate_client_stream(fine, GATE_CHAT, GATE_STREAM("two"));
    assert_non_null(strstr(body, "fine"));
    free(body);
    size_t after = fault_server_steps(g.endpoint);

    /* And when it reads again it gets all of it. */
    event_add(deaf->event, NULL);
    body = gate_client_joined(deaf);
    assert_true(fault_server_steps(g.endpoint) > after);
    assert_int_equal(strlen(strstr(body, "data: ")), strlen(body));
    assert_non_null(
        strstr(body + (size_t)SENT_MB * MB, GATE_STOP GATE_DONE ": glimpse-status=live"));
    free(body);
    mock_client_close(fine);
    mock_client_close(deaf);
    close_flood(&g, &f);
}

static void s2_a_client_that_leaves_while_the_endpoint_waits_ends_its_request(void **state)
{
    (void)state;
    gate_rig g;
    flood f;
    open_flood(&g, &f);
    mock_client *deaf = deaf_client(&g, GATE_STREAM("one"));
    (void)until_it_waits(&g);
    assert_int_equal(fault_server_open(g.endpoint), 1);
    mock_client_close(deaf);
    while (fault_server_open(g.endpoint) != 0) event_base_loop(g.mock.base, EVLOOP_ONCE);
    close_flood(&g, &f);
}

static void s2_a_lone_laggard_of_a_shared_stream_is_cut_and_the_others_get_all(void **state)
{
    (void)state;
    for (int leads = 0; leads < 2; leads++) {
        gate_rig g;
        flood f;
        open_flood(&g, &f);
        mock_client *fine = gate_rig_connect(&g), *deaf = NULL;
        if (leads) deaf = deaf_client(&g, GATE_STREAM("one"));
        mock_client_post(fine, GATE_CHAT, GATE_STREAM("one"));
        if (!leads) deaf = deaf_client(&g, GATE_STREAM("one"));
        char *body = gate_client_joined(fine);
        assert_non_null(strstr(body + (size_t)SENT_MB * MB, GATE_STOP GATE_DONE));
        free(body);
        assert_int_equal(fault_server_requests(g.endpoint), 1);
        event_add(deaf->event, NULL);
        mock_client_wait_end(deaf);
        assert_int_equal(mock_client_count(deaf, "\"code\":\"slow_reader\""), 1);
        assert_int_equal(mock_client_count(deaf, "[DONE]"), 0);
        assert_true(deaf->len < 16 * MB);
        mock_client_close(fine);
        mock_client_close(deaf);
        close_flood(&g, &f);
    }
}

/* One event is larger than all bounds of what a client may leave unread. */
static void an_event_of_12_mb_reaches_clients_that_read(void **state)
{
    (void)state;
    enum { LEN = 12 * MB };
    char *text = malloc(LEN + 1);
    memset(text, 'x', LEN);
    text[LEN] = '\0';
    const fault_step script[] = {
        { FAULT_SEND, GATE_SSE_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
          0 },
        { FAULT_SEND, text, 0 },
        { FAULT_SEND, "\"}}]}\n\n" GATE_DELTA("small") GATE_STOP GATE_DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
    };
    gate_rig g;
    gate_rig_scripted(&g, script);
    mock_client *one = gate_rig_connect(&g), *other = gate_rig_connect(&g);
    mock_client_post(one, GATE_CHAT, GATE_STREAM("one"));
    mock_client_post(other, GATE_CHAT, GATE_STREAM("one"));
    char *a = gate_client_joined(one), *b = gate_client_joined(other);
    assert_non_null(strstr(a + LEN, GATE_DELTA("small") GATE_STOP GATE_DONE));
    assert_non_null(strstr(b + LEN, GATE_DELTA("small") GATE_STOP GATE_DONE));
    assert_int_equal(fault_server_requests(g.endpoint), 1);
    free(a);
    free(b);
    free(text);
    mock_client_close(one);
    mock_client_close(other);
    gate_rig_close(&g);
}

/* What came before the first part of an answer goes to the client at once. */
static void events_that_were_held_reach_a_client_that_reads(void **state)
{
    (void)state;
    enum { LEN = 4 * MB };
    char *text = malloc(LEN + 1);
    memset(text, 'x', LEN);
    text[LEN] = '\0';
    const fault_step script[] = {
        { FAULT_SEND, GATE_SSE_HEAD "data: {\"choices\":[],\"pad\":\"", 0 },
        { FAULT_SEND, text, 0 },
        { FAULT_SEND, "\"}\n\ndata: {\"choices\":[],\"pad\":\"", 0 },
        { FAULT_SEND, text, 0 },
        { FAULT_SEND, "\"}\n\n" GATE_DELTA("small") GATE_STOP GATE_DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
    };
    gate_rig g;
    gate_rig_scripted(&g, script);
    mock_client *c = gate_rig_connect(&g);
    char *body = gate_client_stream(c, GATE_CHAT, GATE_STREAM("one"));
    assert_non_null(strstr(body + 2 * (size_t)LEN, GATE_DELTA("small") GATE_STOP GATE_DONE));
    free(body);
    free(text);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void an_event_beyond_its_bound_is_a_named_error(void **state)
{
    (void)state;
    const fault_step script[] = {
        { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("a") "data: {\"choices\":\"", 0 },
        { FAULT_FILL, NULL, 33 * 1024 },
        { FAULT_HANG, NULL, 0 },
    };
    gate_rig g;
    gate_rig_scripted(&g, script);
    mock_client *c = gate_rig_connect(&g);
    char *body = gate_client_stream(c, GATE_CHAT, GATE_STREAM("one"));
    assert_non_null(strstr(body, "an event of the stream is larger than 33554432 bytes"));
    assert_null(strstr(body, "[DONE]"));
    free(body);
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s2_a_client_that_stops_reading_has_the_endpoint_wait_in_bounded_memory),
        cmocka_unit_test(s2_a_client_that_leaves_while_the_endpoint_waits_ends_its_request),
        cmocka_unit_test(s2_a_lone_laggard_of_a_shared_stream_is_cut_and_the_others_get_all),
        cmocka_unit_test(an_event_of_12_mb_reaches_clients_that_read),
        cmocka_unit_test(events_that_were_held_reach_a_client_that_reads),
        cmocka_unit_test(an_event_beyond_its_bound_is_a_named_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
