/* Clients of the gateway that are slow, many, or wrong: each costs itself, and who asks is
 * answered. Deadlines are a number of ticks, which the test turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <unistd.h>

#include "gate_rig.h"
#include "gateway/state.h"
#include "http/conn.h"

#define CHAT "/v1/chat/completions"

static void pass_a_second(gate_rig *g)
{
    for (int i = 0; i < 1000 / HTTPD_TICK_MS; i++) httpd_tick(g->gate->server);
    for (int i = 0; i < 4; i++) event_base_loop(g->mock.base, EVLOOP_NONBLOCK);
}

/* Sends a byte a second until the connection ends; how many it were. */
static int drip(gate_rig *g, mock_client *c, const char *bytes)
{
    int sent = 0;
    while (!c->ended && bytes[sent] != '\0') {
        mock_client_send(c, bytes + sent++, 1);
        pass_a_second(g);
    }
    return sent;
}

static void is_408(const mock_client *c)
{
    assert_true(c->ended);
    assert_int_equal(gate_client_status(c), 408);
    assert_non_null(strstr(c->got, "{\"error\":{\"message\":\"The "));
    assert_non_null(strstr(c->got, "\"code\":\"request_timeout\""));
    assert_true(gate_client_has(c, "connection: close"));
}

/* The server's own numbers: 10 s for a head; for a body 30 s, or 500 bytes a second. The loop turns
 * a few ticks more while the test runs. */
static void s9_a_byte_a_second_ends_at_the_deadline_of_head_and_body(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    int sent =
        drip(&g, c, "POST " CHAT " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n");
    is_408(c);
    if (sent < 5 || sent > 12) fail_msg("%d s of head", sent);
    mock_client_close(c);

    c = gate_rig_connect(&g);
    mock_client_send_text(c, "POST " CHAT " HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
    char body[101];
    memset(body, ' ', 100);
    body[100] = '\0';
    sent = drip(&g, c, body);
    is_408(c);
    if (sent < 15 || sent > 33) fail_msg("%d s of body", sent);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 0);
    mock_client_close(c);
    gate_rig_close(&g);
}

/* The soft limit of descriptors; back to it with what this returns. */
static struct rlimit set_descriptors(rlim_t most)
{
    struct rlimit was, now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    now = was;
    now.rlim_cur = most < was.rlim_max ? most : was.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    return was;
}

enum { IDLE = 10000, OTHERS = 200 };

static void s9_ten_thousand_idle_connections_make_room_for_one_that_asks(void **state)
{
    (void)state;
    struct rlimit limit;
    gate_rig g;
    const struct rlimit was = set_descriptors(2 * IDLE + OTHERS); /* both ends are here */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    size_t most = limit.rlim_cur >= 2 * IDLE + OTHERS ? IDLE : (limit.rlim_cur - OTHERS) / 2;
    printf("%zu connections\n", most);
    assert_true(most >= 100);
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.max_connections = most;
    gate_rig_open(&g);
    int *fds = calloc(most, sizeof *fds);
    for (size_t i = 0; i < most; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        assert_true(httpd_adopt(g.gate->server, pair[1], NULL, 0));
        fds[i] = pair[0];
    }
    assert_int_equal(httpd_connections(g.gate->server), most);
    for (int i = 0; i < 5; i++) {
        mock_client *c = gate_rig_connect(&g);
        assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
        assert_true(httpd_connections(g.gate->server) <= most);
        mock_client_close(c);
    }
    char byte;
    assert_int_equal(recv(fds[0], &byte, 1, 0), 0); /* the quietest went, without an answer */
    assert_int_equal(recv(fds[most - 1], &byte, 1, 0), -1);
    for (size_t i = 0; i < most; i++) close(fds[i]);
    free(fds);
    gate_rig_close(&g);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
}

static void s9_without_descriptors_those_who_are_there_go_on_and_others_wait(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *there = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(there, CHAT, "", MOCK_RIG_CHAT),
                     200);                     /* and to the endpoint */
    mock_client *waits = gate_rig_connect(&g); /* the kernel has it, and nobody has accepted it */
    mock_client_post(waits, CHAT, MOCK_RIG_CHAT);
    int highest = dup(STDIN_FILENO);
    assert_true(highest >= 0);
    close(highest);
    const struct rlimit was = set_descriptors((rlim_t)highest); /* every free number is above */
    for (int i = 0; i < 20; i++) event_base_loop(g.mock.base, EVLOOP_NONBLOCK);
    assert_int_equal(waits->len, 0);
    assert_int_equal(gate_client_ask(there, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    gate_client_whole(waits); /* accepted within 50 ms */
    assert_int_equal(gate_client_status(waits), 200);
    mock_client_close(there);
    mock_client_close(waits);
    gate_rig_close(&g);
}

static void s9_a_hundred_wrong_keys_are_refused_alike_and_a_right_one_is_answered(void **state)
{
    (void)state;
    char key[GATEWAY_KEY_SIZE], *line, text[600], why[200], header[200];
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.keys = true;
    gate_rig_open(&g);
    assert_true(gateway_new_key("a", key, &line));
    snprintf(text, sizeof text, "{\"keys\":[%s]}", line);
    gl_free(line);
    assert_true(gateway_load_keys(g.gate, gl_slice_str(text), why, sizeof why));
    char *first = NULL;
    for (int i = 0; i < 100; i++) {
        mock_client *c = gate_rig_connect(&g);
        snprintf(header, sizeof header, "Authorization: Bearer sk-wrong-%d\r\n", i);
        int status = gate_client_ask(c, CHAT, header, MOCK_RIG_CHAT);
        /* One that is guessed at may be told to wait; never more. */
        assert_true(status == 401 || status == 429);
        if (status == 401 && first == NULL) first = strdup(gate_client_body(c));
        if (status == 401) assert_string_equal(gate_client_body(c), first);
        assert_null(strstr(c->got, "sk-wrong"));
        mock_client_close(c);
    }
    assert_non_null(first);
    free(first);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 0);
    mock_client *c = gate_rig_connect(&g);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", key);
    assert_int_equal(gate_client_ask(c, CHAT, header, MOCK_RIG_CHAT), 200);
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s9_a_byte_a_second_ends_at_the_deadline_of_head_and_body),
        cmocka_unit_test(s9_ten_thousand_idle_connections_make_room_for_one_that_asks),
        cmocka_unit_test(s9_without_descriptors_those_who_are_there_go_on_and_others_wait),
        cmocka_unit_test(s9_a_hundred_wrong_keys_are_refused_alike_and_a_right_one_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
