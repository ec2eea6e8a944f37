/* Very many clients of the gateway that share one stream, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/resource.h>

#include "gate_rig.h"

#define WITH_USAGE                                                                                 \
    "data: "                                                                                       \
    "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}"  \
    "\n\n"
#define BEFORE GATE_DELTA("one ")
#define BEHIND GATE_DELTA("two ") GATE_DELTA("three ") GATE_DELTA("four") GATE_STOP

enum { WANTED = 10000, SPARE = 200, IMPATIENT_EACH = 10 };

/* A follower has two descriptors here, its own and the gateway's. */
static size_t most_followers(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    size_t most = (size_t)(limit.rlim_cur - SPARE) / 2;
    if (most >= WANTED) return WANTED;
    print_message("%zu followers: there are descriptors for no more\n", most);
    return most;
}

static void until_coalesced(gate_rig *g, size_t followers)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    do {
        event_base_loop(g->mock.base, EVLOOP_ONCE);
        assert_int_equal(glimpse_engine_stats(g->engine, &stats), GLIMPSE_OK);
    } while (stats.coalesced < followers);
}

/* Every tenth has a deadline that passes while the endpoint waits; every second of the others wants
 * the usage. */
static void s11_all_followers_of_a_stream_get_all_events_each_with_its_own_wishes(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND, GATE_SSE_HEAD BEFORE, 0 },
        { FAULT_WAIT, NULL, 0 },
        { FAULT_SEND, BEHIND WITH_USAGE GATE_DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
    };
    gate_rig g;
    size_t count = most_followers(), late = 0;
    mock_client **clients = calloc(count, sizeof(mock_client *));
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_script(&g, script);
    g.config.max_connections = WANTED + 10;
    g.config.queue = WANTED + 10;
    gate_rig_open(&g);
    mock_client *leader = gate_rig_connect(&g);
    mock_client_post(leader, GATE_CHAT, GATE_USAGE("q"));
    mock_client_wait(leader, "one", 1);
    for (size_t i = 0; i < count; i++) {
        bool impatient = i % IMPATIENT_EACH == 0;
        clients[i] = gate_rig_connect(&g);
        late += impatient;
        mock_client_post_with(clients[i], GATE_CHAT, impatient ? "Glimpse-Deadline-Ms: 1\r\n" : "",
                              i % 2 == 1 ? GATE_USAGE("q") : GATE_STREAM("q"));
        event_base_loop(g.mock.base, EVLOOP_NONBLOCK);
    }
    until_coalesced(&g, count);
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    do { /* their time is over, and nobody else's is */
        event_base_loop(g.mock.base, EVLOOP_ONCE);
        assert_int_equal(glimpse_engine_stats(g.engine, &stats), GLIMPSE_OK);
    } while (stats.delivered < late);
    fault_server_go_on(g.endpoint);
    for (size_t i = 0; i < count; i++) {
        char *body = gate_client_joined(clients[i]);
        if (i % IMPATIENT_EACH == 0) {
            if (mock_client_count(clients[i], "\"code\":\"deadline\"") != 1 ||
                mock_client_count(clients[i], "two") != 0)
                fail_msg("follower %zu, impatient: %s", i, clients[i]->got);
        } else {
            const char *wanted =
                i % 2 == 1 ? BEFORE BEHIND WITH_USAGE GATE_DONE : BEFORE BEHIND GATE_DONE;
            assert_non_null(strstr(body, "glimpse-status=coalesced"));
            gate_without_comment(body);
            if (strcmp(body, wanted) != 0) fail_msg("follower %zu: %s", i, body);
        }
        free(body);
        mock_client_close(clients[i]);
    }
    assert_int_equal(fault_server_requests(g.endpoint), 1);
    free(clients);
    mock_client_close(leader);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s11_all_followers_of_a_stream_get_all_events_each_with_its_own_wishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
