/* The client of the Batch API against the mock in this process: one batch whatever becomes of the
 * answers, limits of time, cancel, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glimpse/batch_api.h>

#include "base/alloc.h"
#include "fault_server.h"
#include "mock_rig.h"

#define LINE                                                                                       \
    "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{"         \
    "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}}\n"

typedef struct heard {
    int calls;
    bool last;
    glimpse_error error;
    glimpse_batch_state state;
    char id[64], output[64], code[64], message[256];
} heard;

static void hear(const glimpse_batch_reply *reply, void *arg)
{
    heard *h = arg;
    h->calls++;
    h->last = reply->last;
    h->error = reply->error;
    snprintf(h->code, sizeof h->code, "%s", reply->code);
    snprintf(h->message, sizeof h->message, "%s", reply->message);
    if (reply->error == GLIMPSE_OK && reply->file_id[0] != '\0')
        snprintf(h->id, sizeof h->id, "%s", reply->file_id);
    if (reply->batch == NULL) return;
    h->state = reply->batch->state;
    snprintf(h->id, sizeof h->id, "%s", reply->batch->id);
    snprintf(h->output, sizeof h->output, "%s", reply->batch->output_file_id);
}

static void await(mock_rig *w, const heard *h)
{
    while (!h->last) event_base_loop(w->base, EVLOOP_ONCE);
}

static glimpse_batch_api *open_at(struct event_base *base, int port, int64_t idle_ms)
{
    char url[64];
    glimpse_endpoint config;
    glimpse_batch_options options;
    glimpse_batch_api *api = NULL;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", port);
    glimpse_endpoint_init(&config);
    glimpse_batch_options_init(&options);
    config.base_url = url;
    config.api_key = "sk-secret-of-the-test";
    options.max_attempts = 60;
    options.base_delay_ms = options.max_delay_ms = 1;
    options.poll_min_ms = 1;
    options.poll_max_ms = 5;
    options.idle_timeout_ms = idle_ms;
    assert_int_equal(glimpse_batch_api_new(base, &config, &options, NULL, &api, NULL), GLIMPSE_OK);
    return api;
}

static glimpse_batch_api *open_api(mock_rig *w, int64_t idle_ms)
{
    return open_at(w->base, mock_server_port(w->server), idle_ms);
}

static void close_all(mock_rig *w, glimpse_batch_api *api)
{
    assert_int_equal(glimpse_batch_api_calls(api), 0);
    glimpse_batch_api_free(api);
    event_base_loop(w->base, EVLOOP_NONBLOCK);
    mock_rig_close(w);
}

static char path[64];

static void write_input(void)
{
    snprintf(path, sizeof path, "/tmp/glimpse-batch.XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, LINE, strlen(LINE)), strlen(LINE));
    close(fd);
}

static void one_batch_is_made_however_often_answers_are_lost(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        mock_rig w;
        const mock_options options = { .fault = "reset:40%,truncate:10%,500:10%,malformed:10%",
                                       .seed = seed };
        mock_rig_open_with(&w, &options);
        glimpse_batch_api *api = open_api(&w, 1000);
        heard up = { 0 }, made = { 0 }, watch = { 0 }, down = { 0 };
        char to[80];
        write_input();
        assert_int_equal(glimpse_batch_upload(api, path, "in.jsonl", hear, &up), GLIMPSE_OK);
        await(&w, &up);
        assert_int_equal(up.error, GLIMPSE_OK);
        assert_int_equal(
            glimpse_batch_create(api, up.id, "/v1/chat/completions", "job", "1-1", hear, &made),
            GLIMPSE_OK);
        await(&w, &made);
        assert_int_equal(made.error, GLIMPSE_OK);
        assert_int_equal(glimpse_batch_watch(api, made.id, hear, &watch), GLIMPSE_OK);
        await(&w, &watch);
        assert_int_equal(watch.state, GLIMPSE_BATCH_COMPLETED);
        snprintf(to, sizeof to, "%s.out", path);
        assert_int_equal(glimpse_batch_download(api, watch.output, to, hear, &down), GLIMPSE_OK);
        await(&w, &down);
        assert_int_equal(down.error, GLIMPSE_OK);
        char text[2000] = "";
        FILE *file = fopen(to, "r");
        assert_non_null(file);
        size_t len = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        assert_true(len > 0 && text[len - 1] == '\n');
        assert_int_equal(unlink(to) | unlink(path), 0);
        strncat(to, ".tmp", sizeof to - strlen(to) - 1);
        assert_int_not_equal(access(to, F_OK), 0);
        glimpse_batch_line line;
        assert_int_equal(glimpse_batch_line_read(text, len, &line), GLIMPSE_OK);
        assert_int_equal(line.status_code, 200);
        assert_int_equal(mock_rig_stat(&w, "batch", "batches"), 1);
        assert_int_equal(mock_rig_stat(&w, "batch", "lines_answered"), 1);
        close_all(&w, api);
    }
}

static void a_silent_endpoint_is_given_up(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, "hang:100%");
    glimpse_batch_api *api = open_api(&w, 5);
    heard h = { 0 };
    assert_int_equal(glimpse_batch_find(api, "job", "1-1", hear, &h), GLIMPSE_OK);
    await(&w, &h);
    assert_int_equal(h.error, GLIMPSE_ERR_TIMEOUT_IDLE);
    close_all(&w, api);
}

static void a_cancelled_call_is_told_from_the_loop(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, "hang:100%");
    glimpse_batch_api *api = open_api(&w, 0);
    heard sent = { 0 }, fresh = { 0 };
    assert_int_equal(glimpse_batch_find(api, "job", "1-1", hear, &sent), GLIMPSE_OK);
    while (mock_rig_stat(&w, NULL, "open_connections") < 2) event_base_loop(w.base, EVLOOP_ONCE);
    assert_int_equal(glimpse_batch_find(api, "job", "1-1", hear, &fresh), GLIMPSE_OK);
    glimpse_batch_api_cancel(api);
    assert_int_equal(sent.calls + fresh.calls, 0);
    await(&w, &sent);
    await(&w, &fresh);
    assert_int_equal(sent.error, GLIMPSE_ERR_CANCELLED);
    assert_int_equal(fresh.error, GLIMPSE_ERR_CANCELLED);
    assert_int_equal(sent.calls + fresh.calls, 2);
    close_all(&w, api);
}

static void names_that_would_be_another_path_are_refused(void **state)
{
    (void)state;
    static const char *const ids[] = { "", "../files", "a/b", "a?b", "a b", "a\r\nb", NULL };
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    glimpse_batch_api *api = open_api(&w, 0);
    heard h = { 0 };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_int_equal(glimpse_batch_get(api, ids[i], hear, &h), GLIMPSE_ERR_INVALID);
        assert_int_equal(glimpse_batch_upload(api, path, ids[i], hear, &h), GLIMPSE_ERR_INVALID);
        assert_int_equal(glimpse_batch_download(api, ids[i], "x", hear, &h), GLIMPSE_ERR_INVALID);
    }
    close_all(&w, api);
}

static void what_is_not_there_says_so_and_is_asked_for_once(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    glimpse_batch_api *api = open_api(&w, 0);
    heard h = { 0 };
    assert_int_equal(glimpse_batch_get(api, "batch_mock7", hear, &h), GLIMPSE_OK);
    await(&w, &h);
    assert_int_equal(h.error, GLIMPSE_ERR_HTTP);
    assert_non_null(strstr(h.message, "No batch found"));
    h = (heard){ 0 };
    assert_int_equal(glimpse_batch_find(api, "job", "1-1", hear, &h), GLIMPSE_OK);
    await(&w, &h);
    assert_int_equal(h.error, GLIMPSE_OK);
    assert_string_equal(h.id, "");
    close_all(&w, api);
}

#define HTTP_200(length, body)                                                                     \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body

static void a_200_that_is_no_answer_is_asked_for_again(void **state)
{
    (void)state;
    static const fault_step odd[][2] = {
        { { FAULT_SEND, HTTP_200("2", "{}"), 0 }, { FAULT_END, NULL, 0 } },
        { { FAULT_SEND, HTTP_200("2", "[]"), 0 }, { FAULT_END, NULL, 0 } },
        { { FAULT_SEND, HTTP_200("6", "<html>"), 0 }, { FAULT_END, NULL, 0 } },
        { { FAULT_SEND, HTTP_200("8", "{\"id\":\"b"), 0 }, { FAULT_END, NULL, 0 } },
        { { FAULT_SEND, HTTP_200("26", "{\"error\":{\"message\":\"no\"}}"), 0 },
          { FAULT_END, NULL, 0 } },
        { { FAULT_SEND, HTTP_200("14", "{\"error\":\"no\"}"), 0 }, { FAULT_END, NULL, 0 } },
        { { FAULT_SEND, HTTP_200("10", "{\"other\":1}"), 0 }, { FAULT_END, NULL, 0 } },
    };
    static const fault_step batch[] = {
        { FAULT_SEND, HTTP_200("35", "{\"id\":\"batch_1\",\"status\":\"expired\"}"), 0 },
        { FAULT_END, NULL, 0 }
    };
    static const fault_step list[] = { { FAULT_SEND, HTTP_200("11", "{\"data\":[]}"), 0 },
                                       { FAULT_END, NULL, 0 } };
    enum { ODD = sizeof odd / sizeof *odd };
    struct event_base *base = event_base_new();
    fault_server *server = fault_server_new(base);
    glimpse_batch_api *api = open_at(base, fault_server_port(server), 0);
    heard watched = { 0 }, found = { 0 };
    for (size_t i = 0; i < ODD; i++) fault_server_play_once(server, odd[i]);
    fault_server_play(server, batch);
    assert_int_equal(glimpse_batch_watch(api, "batch_1", hear, &watched), GLIMPSE_OK);
    while (!watched.last) event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(watched.error, GLIMPSE_OK);
    assert_int_equal(watched.state, GLIMPSE_BATCH_EXPIRED);
    assert_int_equal(fault_server_requests(server), ODD + 1);
    /* Nothing that is no list says that a batch is not there. */
    for (size_t i = 0; i < ODD; i++) fault_server_play_once(server, odd[i]);
    fault_server_play(server, list);
    assert_int_equal(glimpse_batch_find(api, "job", "1-1", hear, &found), GLIMPSE_OK);
    while (!found.last) event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(found.error, GLIMPSE_OK);
    assert_int_equal(fault_server_requests(server), 2 * (ODD + 1));
    glimpse_batch_api_free(api);
    fault_server_free(server);
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_batch_is_made_however_often_answers_are_lost),
        cmocka_unit_test(a_silent_endpoint_is_given_up),
        cmocka_unit_test(a_cancelled_call_is_told_from_the_loop),
        cmocka_unit_test(names_that_would_be_another_path_are_refused),
        cmocka_unit_test(what_is_not_there_says_so_and_is_asked_for_once),
        cmocka_unit_test(a_200_that_is_no_answer_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
