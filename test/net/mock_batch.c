/* The mock's files and batches over sockets: statuses in their order, late failures, an order of
 * its own in the output, the same answers as online. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mock_rig.h"

#define LINES 40

static void body_of(char *text, size_t size, int i)
{
    snprintf(text, size,
             "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"text %d\"}]}", i);
}

static void lines(gl_buf *out, int count)
{
    for (int i = 0; i < count; i++) {
        char body[200];
        body_of(body, sizeof body, i);
        gl_buf_printf(out,
                      "{\"custom_id\":\"c%d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
                      "\"body\":%s}\n",
                      i, body);
    }
}

/* The answer's body, which is the client's until it closes. */
static gl_json answered(mock_client *c)
{
    mock_client_wait(c, "\r\n\r\n", 1);
    const char *head = strcasestr(c->got, "content-length: ");
    size_t length = strtoul(head + strlen("content-length: "), NULL, 10);
    const char *body = strstr(c->got, "\r\n\r\n") + 4;
    while (c->len - (size_t)(body - c->got) < length) {
        event_base_loop(c->base, EVLOOP_ONCE);
        body = strstr(c->got, "\r\n\r\n") + 4;
    }
    gl_json root = { GL_JSON_NONE, gl_slice_of(body, length) };
    gl_json_check(root.text, &root, NULL);
    return root;
}

static mock_client *upload(mock_rig *w, gl_slice file)
{
    gl_buf form;
    char head[300];
    gl_buf_init(&form, SIZE_MAX / 2);
    gl_buf_append_str(&form, "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch"
                             "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; "
                             "filename=\"in.jsonl\"\r\n\r\n");
    gl_buf_append(&form, file.data, file.len);
    gl_buf_append_str(&form, "\r\n--b--\r\n");
    snprintf(head, sizeof head,
             "POST /v1/files HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; "
             "boundary=b\r\nContent-Length: %zu\r\n\r\n",
             form.len);
    mock_client *c = mock_rig_connect(w);
    mock_client_send_text(c, head);
    mock_client_send(c, form.data, form.len);
    gl_buf_free(&form);
    return c;
}

static mock_client *get(mock_rig *w, const char *path)
{
    char request[300];
    mock_client *c = mock_rig_connect(w);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    mock_client_send_text(c, request);
    return c;
}

static mock_client *create(mock_rig *w)
{
    mock_client *c = mock_rig_connect(w);
    mock_client_post(c, "/v1/batches",
                     "{\"input_file_id\":\"file-mock1\",\"endpoint\":\"/v1/chat/completions\","
                     "\"completion_window\":\"24h\",\"metadata\":{\"glimpse_job\":\"j\"}}");
    return c;
}

/* Asks until the batch has this status, which it must have before it has ended with another. */
static void await(mock_rig *w, const char *status)
{
    static const char *const ends[] = { "completed", "failed", "expired", "cancelled" };
    for (bool there = false; !there;) {
        mock_client *c = get(w, "/v1/batches/batch_mock1");
        gl_json its = gl_json_get(answered(c), "status");
        there = gl_json_string_is(its, status);
        for (size_t i = 0; !there && i < sizeof ends / sizeof *ends; i++)
            assert_false(gl_json_string_is(its, ends[i]));
        mock_client_close(c);
    }
}

static void open_with(mock_rig *w, int64_t latency_ms, const char *fault, int64_t tokens)
{
    const mock_options options = {
        .batch_latency_ms = latency_ms, .batch_fault = fault, .enqueued_tokens = tokens, .seed = 1
    };
    mock_rig_open_with(w, &options);
}

static void put_input(mock_rig *w, int count)
{
    gl_buf input;
    gl_buf_init(&input, SIZE_MAX / 2);
    lines(&input, count);
    mock_client *c = upload(w, gl_buf_slice(&input));
    gl_json file = answered(c);
    assert_true(gl_json_string_is(gl_json_get(file, "id"), "file-mock1"));
    assert_int_equal(mock_rig_number(file, "bytes"), input.len);
    mock_client_close(c);
    gl_buf_free(&input);
}

static void a_batch_goes_through_its_statuses_and_answers_as_online(void **state)
{
    (void)state;
    mock_rig w;
    open_with(&w, 5000, NULL, 0); /* four seconds of it in_progress, for machines that are busy */
    put_input(&w, LINES);
    mock_client *c = create(&w);
    gl_json batch = answered(c);
    assert_true(gl_json_string_is(gl_json_get(batch, "status"), "validating"));
    assert_true(gl_json_string_is(gl_json_get(gl_json_get(batch, "metadata"), "glimpse_job"), "j"));
    mock_client_close(c);
    await(&w, "in_progress");
    await(&w, "completed");
    c = get(&w, "/v1/files/file-mock2/content");
    gl_json content = answered(c);
    int seen = 0, moved = 0;
    for (gl_slice rest = content.text; rest.len != 0; seen++) {
        const char *end = memchr(rest.data, '\n', rest.len);
        assert_non_null(end);
        gl_json line, id;
        gl_slice text = gl_slice_of(rest.data, (size_t)(end - rest.data));
        assert_int_equal(gl_json_check(text, &line, NULL), GL_JSON_OK);
        id = gl_json_get(line, "custom_id");
        int number = (int)strtol(id.text.data + 2, NULL, 10);
        if (number != seen) moved++;
        char body[200];
        body_of(body, sizeof body, number);
        mock_client *online = mock_rig_connect(&w);
        mock_client_post(online, "/v1/chat/completions", body);
        gl_json same = answered(online);
        gl_json its = gl_json_get(gl_json_get(line, "response"), "body");
        assert_true(gl_slice_equal(same.text, its.text));
        mock_client_close(online);
        rest = gl_slice_of(end + 1, rest.len - text.len - 1);
    }
    assert_int_equal(seen, LINES);
    assert_true(moved > 0);
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&w, "batch", "lines_answered"), LINES);
    assert_int_equal(mock_rig_stat(&w, "batch", "lines_distinct"), LINES);
    mock_rig_close(&w);
}

static void what_expires_is_in_the_error_file_and_is_answered_when_asked_again(void **state)
{
    (void)state;
    mock_rig w;
    open_with(&w, 0, "expire:50%", 0);
    put_input(&w, LINES);
    mock_client_close(create(&w));
    await(&w, "expired");
    int64_t answered_first = mock_rig_stat(&w, "batch", "lines_answered");
    int64_t left = mock_rig_stat(&w, "batch", "lines_spoilt");
    assert_true(left > 0 && answered_first > 0);
    assert_int_equal(answered_first + left, LINES);
    mock_client *c = get(&w, "/v1/files/file-mock3/content");
    answered(c);
    assert_int_equal(mock_client_count(c, "\"batch_expired\""), left);
    mock_client_close(c);
    c = create(&w); /* all of it again: nothing is left undone a second time */
    answered(c);
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&w, "batch", "lines_answered"), answered_first + LINES);
    assert_int_equal(mock_rig_stat(&w, "batch", "lines_distinct"), LINES);
    mock_rig_close(&w);
}

static void a_batch_that_is_no_good_fails_late(void **state)
{
    (void)state;
    mock_rig w;
    open_with(&w, 0, "invalid:1", 0);
    put_input(&w, 2);
    mock_client *c = create(&w);
    assert_true(gl_json_string_is(gl_json_get(answered(c), "status"), "validating"));
    mock_client_close(c);
    await(&w, "failed");
    mock_rig_close(&w);
}

static void over_the_enqueued_tokens_a_batch_fails_late(void **state)
{
    (void)state;
    mock_rig w;
    open_with(&w, 0, NULL, 10);
    put_input(&w, 2);
    mock_client *c = create(&w);
    answered(c);
    mock_client_close(c);
    await(&w, "failed");
    c = get(&w, "/v1/batches");
    answered(c);
    assert_int_equal(mock_client_count(c, "token_limit_exceeded"), 1);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_file_may_not_be_found_at_first(void **state)
{
    (void)state;
    mock_rig w;
    open_with(&w, 0, "not-found:1", 0);
    put_input(&w, 2);
    mock_client *c = create(&w);
    mock_client_wait(c, "file_not_found", 1);
    mock_client_close(c);
    c = create(&w);
    mock_client_wait(c, "validating", 1);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_cancelled_batch_leaves_the_rest_undone(void **state)
{
    (void)state;
    mock_rig w;
    open_with(&w, 20000, NULL, 0); /* sixteen seconds in which it can be cancelled */
    put_input(&w, LINES);
    mock_client_close(create(&w));
    await(&w, "in_progress");
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, "/v1/batches/batch_mock1/cancel", "");
    mock_client_wait(c, "cancelling", 1);
    mock_client_close(c);
    await(&w, "cancelled");
    int64_t done = mock_rig_stat(&w, "batch", "lines_answered");
    assert_true(done < LINES);
    assert_int_equal(mock_rig_stat(&w, "batch", "lines_spoilt"), LINES - done);
    mock_rig_close(&w);
}

static void a_file_with_a_line_that_is_no_good_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *code;
    } bad[] = {
        { "{\n", "invalid_json_line" },
        { "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{}}\n",
          "invalid_url" },
        { "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
          "{\"model\":\"m\"}}\n{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":"
          "\"/v1/chat/completions\",\"body\":{\"model\":\"m\"}}\n",
          "duplicate_custom_id" },
        { "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
          "{\"model\":\"m\"}}\n{\"custom_id\":\"b\",\"method\":\"POST\",\"url\":"
          "\"/v1/chat/completions\",\"body\":{\"model\":\"n\"}}\n",
          "mismatched_model" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mock_rig w;
        open_with(&w, 0, NULL, 0);
        mock_client *c = upload(&w, gl_slice_str(bad[i].lines));
        answered(c);
        mock_client_close(c);
        c = create(&w);
        answered(c);
        mock_client_close(c);
        c = get(&w, "/v1/batches/batch_mock1");
        mock_client_wait(c, bad[i].code, 1);
        mock_client_close(c);
        mock_rig_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_goes_through_its_statuses_and_answers_as_online),
        cmocka_unit_test(what_expires_is_in_the_error_file_and_is_answered_when_asked_again),
        cmocka_unit_test(a_batch_that_is_no_good_fails_late),
        cmocka_unit_test(over_the_enqueued_tokens_a_batch_fails_late),
        cmocka_unit_test(a_file_may_not_be_found_at_first),
        cmocka_unit_test(a_cancelled_batch_leaves_the_rest_undone),
        cmocka_unit_test(a_file_with_a_line_that_is_no_good_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
