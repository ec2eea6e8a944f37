/* What the gateway knows of each request when it has ended: the facts of its access log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define CHAT "/v1/chat/completions"
#define STREAM(words)                                                                              \
    "{\"model\":\"m-1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"" words     \
    "\"}]}"

enum { MOST = 16 };

/* The entries that came, with their texts kept. */
typedef struct seen {
    size_t count;
    gateway_entry entry[MOST];
    char model[MOST][80], upstream_id[MOST][64];
} seen;

static void keep(const gateway_entry *entry, void *arg)
{
    seen *all = arg;
    assert_true(all->count < MOST);
    size_t at = all->count++;
    all->entry[at] = *entry;
    snprintf(all->model[at], sizeof all->model[at], "%.*s", (int)entry->model.len,
             entry->model.len != 0 ? entry->model.data : "");
    snprintf(all->upstream_id[at], sizeof all->upstream_id[at], "%s", entry->upstream_id);
    assert_true(entry->peer[0] == '\0' || strcmp(entry->peer, "127.0.0.1") == 0);
}

static void open_with(gate_rig *g, seen *all, const mock_options *options)
{
    *all = (seen){ 0 };
    gate_rig_init(g, options);
    g->config.ended = keep;
    g->config.ended_arg = all;
}

static const gateway_entry *last(const seen *all)
{
    assert_true(all->count > 0);
    return &all->entry[all->count - 1];
}

static bool is(const char *text, const char *wanted)
{
    return text == NULL || wanted == NULL ? text == wanted : strcmp(text, wanted) == 0;
}

static void an_answer_has_its_facts(void **state)
{
    (void)state;
    gate_rig g;
    seen all;
    open_with(&g, &all, &(mock_options){ .latency = "5ms", .fault = "500:#1", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    const gateway_entry *entry = last(&all);
    assert_int_equal(all.count, 1);
    assert_string_equal(entry->kind, "chat");
    assert_null(entry->caller);
    assert_string_equal(all.model[0], "m-1");
    assert_int_equal(entry->status, 200);
    assert_null(entry->code);
    assert_int_equal(entry->source, GLIMPSE_SOURCE_LIVE);
    assert_false(entry->stream);
    assert_int_equal(entry->attempts, 2);
    assert_true(entry->queue_ns >= 1000000); /* the wait before the retry */
    assert_true(entry->first_byte_ns >= entry->queue_ns + 5000000);
    assert_true(entry->total_ns >= entry->first_byte_ns);
    assert_true(entry->prompt_tokens > 0 && entry->completion_tokens > 0);
    assert_int_equal(entry->bytes_in, strlen(MOCK_RIG_CHAT));
    assert_int_equal(entry->bytes_out, strlen(gate_client_body(c)));
    char id[100], line[200];
    snprintf(id, sizeof id, "glimpse-request-id: glimpse-%016llx-%llu",
             (unsigned long long)entry->process, (unsigned long long)entry->number);
    assert_true(gate_client_has(c, id));
    snprintf(line, sizeof line, "x-request-id: %s", all.upstream_id[0]);
    assert_true(gate_client_has(c, line));
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_int_equal(last(&all)->source, GLIMPSE_SOURCE_CACHE);
    assert_int_equal(last(&all)->attempts, 0);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_stream_counts_the_bytes_of_its_events(void **state)
{
    (void)state;
    gate_rig g;
    seen all;
    open_with(&g, &all, &(mock_options){ .fault = "truncate:#2-", .seed = 5 });
    g.engine_config.max_attempts = 1;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, CHAT, STREAM("one two three"));
    mock_client_wait(c, "\r\n0\r\n\r\n", 1);
    const char *at = strstr(c->got, "\r\n\r\n") + 4;
    uint64_t bytes = 0;
    for (size_t len; (len = strtoul(at, NULL, 16)) != 0; at = strstr(at, "\r\n") + 2 + len + 2)
        bytes += len;
    assert_true(last(&all)->stream);
    assert_int_equal(last(&all)->bytes_out, bytes);
    assert_int_equal(last(&all)->status, 200);
    assert_null(last(&all)->code);
    /* One that broke began with a 200, and has a code. */
    gate_client_forget(c);
    mock_client_post(c, CHAT, STREAM("four five six seven eight"));
    mock_client_wait_end(c);
    assert_int_equal(last(&all)->status, 200);
    assert_string_equal(last(&all)->code, "upstream_error");
    assert_int_equal(all.count, 2);
    mock_client_close(c);
    gate_rig_close(&g);
}

/* Each request is one entry, whoever refuses it. */
static void a_refusal_is_an_entry(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kind, *code;
        int status;
    } rows[] = {
        { "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n", "unknown", "unknown_path", 404 },
        { "GET /v1/embeddings HTTP/1.1\r\nHost: h\r\n\r\n", "embeddings", "method_not_allowed",
          405 },
        { "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", "health", NULL, 200 },
        { "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n", "ready", NULL, 200 },
        { "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n", "models", NULL, 200 },
        { "GET /v1/models/none-such HTTP/1.1\r\nHost: h\r\n\r\n", "model", "model_not_found", 404 },
        { "POST " CHAT " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n[]", "chat",
          "invalid_json", 400 },
        { "GET /v1/models HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
          "models", "upgrade_required", 426 },
        { "GET / HTTP/1.1\r\n bad\r\n\r\n", "unknown", "bad_request", 400 },
        { "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "unknown", "http_version", 505 },
    };
    gate_rig g;
    seen all;
    open_with(&g, &all, &(mock_options){ .models = "m-1", .seed = 5 });
    gate_rig_open(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock_client *c = gate_rig_connect(&g);
        mock_client_send_text(c, rows[i].text);
        gate_client_whole(c);
        const gateway_entry *entry = last(&all);
        if (all.count != i + 1 || entry->status != rows[i].status ||
            gate_client_status(c) != rows[i].status || !is(entry->kind, rows[i].kind) ||
            !is(entry->code, rows[i].code))
            fail_msg("row %zu: %zu entries, %d, %s, %s", i, all.count, entry->status, entry->kind,
                     entry->code != NULL ? entry->code : "no code");
        assert_int_equal(entry->bytes_out, strlen(gate_client_body(c)));
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

/* A bad request behind a good one is not of its kind. */
static void an_entry_has_nothing_of_the_request_before(void **state)
{
    (void)state;
    gate_rig g;
    seen all;
    open_with(&g, &all, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    gate_client_forget(c);
    mock_client_send_text(c, "GET\r\n\r\n");
    gate_client_whole(c);
    assert_int_equal(all.count, 2);
    assert_string_equal(last(&all)->kind, "unknown");
    assert_string_equal(all.model[1], "");
    assert_true(last(&all)->total_ns < 0);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void turn_until(gate_rig *g, const seen *all, size_t count)
{
    while (all->count < count) event_base_loop(g->mock.base, EVLOOP_ONCE);
}

static void a_client_that_leaves_is_499_in_each_phase(void **state)
{
    (void)state;
    gate_rig g;
    seen all;
    open_with(&g, &all, &(mock_options){ .fault = "hang:#1,hang@2:#2-", .seed = 5 });
    g.engine_config.concurrency = 2;
    gate_rig_open(&g);
    /* Before the head, in the stream, and in the queue behind these two. */
    mock_client *before = gate_rig_connect(&g), *within = gate_rig_connect(&g);
    mock_client_post(before, CHAT, STREAM("a b"));
    while (mock_rig_stat(&g.mock, NULL, "requests") < 1) continue;
    mock_client_post(within, CHAT, STREAM("one two three four five"));
    mock_client_wait(within, "one", 1);
    mock_client *queued = gate_rig_connect(&g);
    mock_client_post(queued, CHAT, STREAM("c d"));
    for (int i = 0; i < 5; i++) event_base_loop(g.mock.base, EVLOOP_NONBLOCK);
    mock_client *clients[] = { queued, within, before };
    for (size_t i = 0; i < 3; i++) {
        mock_client_close(clients[i]);
        turn_until(&g, &all, i + 1);
        assert_int_equal(last(&all)->status, 499);
        assert_string_equal(last(&all)->code, "client_left");
        assert_int_equal(last(&all)->attempts, i == 0 ? 0 : 1);
        assert_int_equal(last(&all)->first_byte_ns >= 0, i == 1);
        assert_int_equal(last(&all)->bytes_out != 0, i == 1);
    }
    gate_rig_close(&g);
    assert_int_equal(all.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_its_facts),
        cmocka_unit_test(a_stream_counts_the_bytes_of_its_events),
        cmocka_unit_test(a_refusal_is_an_entry),
        cmocka_unit_test(an_entry_has_nothing_of_the_request_before),
        cmocka_unit_test(a_client_that_leaves_is_499_in_each_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
