/* Clients of the gateway that leave, in each phase of their requests, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "gate_rig.h"

#define JSON_HEAD "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
#define ROLE      "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n"
#define ANSWER                                                                                     \
    "{\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","            \
    "\"content\":\"one\"},\"finish_reason\":\"stop\"}]}"

/* The phases: what the endpoint has sent by then, what follows if it is waited for, and what the
 * client has by then. */
static const struct phase {
    const char *name, *body, *sent, *rest, *seen;
} phases[] = {
    { "a stream before its head", GATE_STREAM("q"), "", GATE_SSE_HEAD GATE_DELTA("one") GATE_STOP,
      "" },
    { "a stream before its first event", GATE_STREAM("q"), GATE_SSE_HEAD,
      GATE_DELTA("one") GATE_STOP, "" },
    { "a stream before its first token", GATE_STREAM("q"), GATE_SSE_HEAD ROLE,
      GATE_DELTA("one") GATE_STOP, "" },
    { "within a stream", GATE_STREAM("q"), GATE_SSE_HEAD ROLE GATE_DELTA("one"), GATE_STOP, "one" },
    { "within an event", GATE_STREAM("q"), GATE_SSE_HEAD GATE_DELTA("one") "data: {\"cho",
      "ices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", "one" },
    { "a plain answer before its head", GATE_PLAIN("q"), "", JSON_HEAD "\r\n" ANSWER, "" },
    { "within a plain answer", GATE_PLAIN("q"), JSON_HEAD "\r\n{\"model\":\"m-1\",",
      "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"one\"},"
      "\"finish_reason\":\"stop\"}]}",
      "" },
};
enum { PHASES = sizeof phases / sizeof *phases };

/* The ways to leave. A half-close says that no request follows; it is taken as leaving. */
enum { FIN, HALF, RST, WAYS };

static void leave(mock_client *c, int way)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    if (way == RST)
        assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    if (way == HALF)
        assert_int_equal(shutdown(c->fd, SHUT_WR), 0);
    else
        mock_client_close(c);
}

/* The entries of the access log. */
typedef struct entries {
    size_t count, left;
} entries;

static void note_entry(const gateway_entry *entry, void *arg)
{
    entries *all = arg;
    all->count++;
    if (entry->status == 499 && strcmp(entry->code, "client_left") == 0) all->left++;
}

/* Then gate_rig_open. */
static void prepare(gate_rig *g, entries *all, const fault_step *script)
{
    *all = (entries){ .count = 0 };
    gate_rig_init(g, &(mock_options){ .seed = 5 });
    gate_rig_script(g, script);
    g->config.ended = note_entry;
    g->config.ended_arg = all;
}

static void open_at(gate_rig *g, entries *all, const fault_step *script)
{
    prepare(g, all, script);
    gate_rig_open(g);
}

/* Asks, and turns the loop until the endpoint is at this step and the client has what it sent. */
static mock_client *ask_until(gate_rig *g, const struct phase *phase, size_t steps)
{
    mock_client *c = gate_rig_connect(g);
    mock_client_post(c, GATE_CHAT, phase->body);
    while (fault_server_steps(g->endpoint) < steps) event_base_loop(c->base, EVLOOP_ONCE);
    if (*phase->seen != '\0')
        mock_client_wait(c, phase->seen, 1);
    else
        gate_rig_turn(g, 20);
    if (*phase->seen == '\0') assert_int_equal(c->len, 0);
    return c;
}

/* No turn of the loop waits: a leaving that is noticed by a timer only is not noticed here. */
static void turn_until_the_endpoint_is_left(gate_rig *g, const char *name, int way)
{
    for (int turns = 0; fault_server_open(g->endpoint) != 0; turns++) {
        if (turns == 100) fail_msg("%s, way %d: the endpoint still works", name, way);
        gate_rig_turn(g, 1);
    }
    gate_rig_turn(g, 2);
}

static void s1_a_client_that_leaves_in_any_phase_takes_its_request_with_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < PHASES; i++) {
        for (int way = 0; way < WAYS; way++) {
            const fault_step script[] = { { FAULT_SEND, phases[i].sent, 0 },
                                          { FAULT_HANG, NULL, 0 } };
            /* An empty step would never have been sent. */
            const fault_step *begin = *phases[i].sent != '\0' ? script : script + 1;
            gate_rig g;
            entries all;
            glimpse_stats stats;
            open_at(&g, &all, begin);
            mock_client *c = ask_until(&g, &phases[i], *phases[i].sent != '\0' ? 2 : 1);
            leave(c, way);
            turn_until_the_endpoint_is_left(&g, phases[i].name, way);
            glimpse_stats_init(&stats);
            assert_int_equal(glimpse_engine_stats(g.engine, &stats), GLIMPSE_OK);
            assert_int_equal(stats.by_status[GLIMPSE_STATUS_CANCELLED], 1);
            assert_int_equal(all.count, 1);
            assert_int_equal(all.left, 1);
            if (way == HALF) mock_client_wait_end(c);
            if (way == HALF) mock_client_close(c);
            gate_rig_close(&g);
        }
    }
}

static void s1_a_client_that_leaves_the_queue_is_never_sent(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++) {
        static const fault_step hangs[] = { { FAULT_HANG, NULL, 0 } };
        gate_rig g;
        entries all;
        glimpse_stats stats;
        prepare(&g, &all, hangs);
        g.engine_config.concurrency = 1;
        gate_rig_open(&g);
        mock_client *first = ask_until(&g, &phases[0], 1), *second = gate_rig_connect(&g);
        mock_client_post(second, GATE_CHAT, GATE_PLAIN("another"));
        gate_rig_turn(&g, 20);
        leave(second, way);
        gate_rig_turn(&g, 20);
        assert_int_equal(all.left, 1);
        glimpse_stats_init(&stats);
        assert_int_equal(glimpse_engine_stats(g.engine, &stats), GLIMPSE_OK);
        assert_int_equal(stats.waiting, 0);
        if (way == HALF) mock_client_close(second);
        mock_client_close(first);
        turn_until_the_endpoint_is_left(&g, "the first", way);
        assert_int_equal(fault_server_requests(g.endpoint), 1);
        gate_rig_close(&g);
    }
}

static void s1_a_client_that_leaves_between_two_attempts_is_not_sent_again(void **state)
{
    (void)state;
    static const fault_step refuses[] = {
        { FAULT_SEND, "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", 0 }, { FAULT_END, NULL, 0 }
    };
    gate_rig g;
    entries all;
    prepare(&g, &all, refuses);
    g.engine_config.base_delay_ms = 3600 * 1000;
    g.engine_config.max_delay_ms = 3600 * 1000;
    gate_rig_open(&g);
    mock_client *c = ask_until(&g, &phases[0], 2);
    leave(c, RST);
    gate_rig_turn(&g, 20);
    assert_int_equal(all.left, 1);
    assert_int_equal(fault_server_requests(g.endpoint), 1);
    gate_rig_close(&g);
}

static void s1_with_finish_the_answer_is_there_for_the_next_in_any_phase(void **state)
{
    (void)state;
    for (size_t i = 0; i < PHASES; i++) {
        fault_step script[] = { { FAULT_SEND, phases[i].sent, 0 },
                                { FAULT_WAIT, NULL, 0 },
                                { FAULT_SEND, phases[i].rest, 0 },
                                { FAULT_SEND, "\n", 0 },
                                { FAULT_CLOSE, NULL, 0 } };
        bool empty = *phases[i].sent == '\0';
        gate_rig g;
        entries all;
        glimpse_stats stats;
        prepare(&g, &all, empty ? script + 1 : script);
        g.config.finish = true;
        gate_rig_open(&g);
        leave(ask_until(&g, &phases[i], empty ? 1 : 2), FIN);
        gate_rig_turn(&g, 20);
        assert_int_equal(fault_server_open(g.endpoint), 1);
        fault_server_go_on(g.endpoint);
        glimpse_stats_init(&stats);
        do {
            event_base_loop(g.mock.base, EVLOOP_ONCE);
            assert_int_equal(glimpse_engine_stats(g.engine, &stats), GLIMPSE_OK);
        } while (stats.delivered == 0);
        if (stats.by_status[GLIMPSE_STATUS_ALIGNED] != 1) fail_msg("%s", phases[i].name);
        assert_int_equal(all.left, 1); /* its client had left all the same */
        mock_client *next = gate_rig_connect(&g);
        mock_client_post(next, GATE_CHAT, phases[i].body);
        mock_client_wait(next, "\r\n\r\n", 1);
        if (!gate_client_has(next, "glimpse-status: cache")) fail_msg("%s", phases[i].name);
        assert_int_equal(fault_server_requests(g.endpoint), 1);
        mock_client_close(next);
        gate_rig_close(&g);
    }
}

/* The leader of a flight leaves, and then its followers but one, in each phase. */
static void s1_a_request_that_others_follow_goes_on_in_any_phase(void **state)
{
    (void)state;
    for (size_t i = 0; i < PHASES; i++) {
        fault_step script[] = { { FAULT_SEND, phases[i].sent, 0 },
                                { FAULT_WAIT, NULL, 0 },
                                { FAULT_SEND, phases[i].rest, 0 },
                                { FAULT_SEND, "\n", 0 },
                                { FAULT_CLOSE, NULL, 0 } };
        bool empty = *phases[i].sent == '\0';
        gate_rig g;
        entries all;
        open_at(&g, &all, empty ? script + 1 : script);
        mock_client *leader = ask_until(&g, &phases[i], empty ? 1 : 2);
        mock_client *second = gate_rig_connect(&g), *last = gate_rig_connect(&g);
        mock_client_post(second, GATE_CHAT, phases[i].body);
        gate_rig_turn(&g, 10);
        mock_client_post(last, GATE_CHAT, phases[i].body);
        gate_rig_turn(&g, 10);
        leave(leader, RST);
        gate_rig_turn(&g, 10);
        leave(second, FIN);
        gate_rig_turn(&g, 10);
        fault_server_go_on(g.endpoint);
        mock_client_wait(last, "one", 1);
        mock_client_wait(last, "\"stop\"", 1);
        assert_int_equal(gate_client_status(last), 200);
        assert_int_equal(fault_server_requests(g.endpoint), 1);
        gate_rig_turn(&g, 20);
        assert_int_equal(all.left, 2);
        assert_int_equal(all.count, 3);
        mock_client_close(last);
        gate_rig_close(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s1_a_client_that_leaves_in_any_phase_takes_its_request_with_it),
        cmocka_unit_test(s1_a_client_that_leaves_the_queue_is_never_sent),
        cmocka_unit_test(s1_a_client_that_leaves_between_two_attempts_is_not_sent_again),
        cmocka_unit_test(s1_with_finish_the_answer_is_there_for_the_next_in_any_phase),
        cmocka_unit_test(s1_a_request_that_others_follow_goes_on_in_any_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
