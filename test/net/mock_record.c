/* One mock records another over plain sockets, and a third plays the recording. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "mock_rig.h"

#define CHAT "/v1/chat/completions"
#define KEY  "sk-secret-0123456789"
#define STREAM                                                                                     \
    "{\"stream\":true,\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"One two "   \
    "three four.\"}]}"
#define LEAK                                                                                       \
    "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Say " KEY " again.\"}]}"

/* A server that answers, and the one that records it, on one loop. */
typedef struct studio {
    mock_rig w; /* its server is the one that records */
    mock_server *origin;
    char url[64], file[64];
} studio;

static char file_name[] = "/tmp/glimpse-record-XXXXXX";

static void open_studio(studio *s, const mock_options *origin)
{
    const mock_options none = { 0 };
    char problem[400] = "";
    mock_rig_open_with(&s->w, &none);
    s->origin = mock_server_new(s->w.base, origin, problem, sizeof problem);
    assert_non_null(s->origin);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/v1", mock_server_port(s->origin));
    snprintf(s->file, sizeof s->file, "%s", file_name);
    unlink(s->file);
    mock_server_free(s->w.server);
    const mock_options record = { .record = s->url, .record_file = s->file, .journal = 4 };
    s->w.server = mock_server_new(s->w.base, &record, problem, sizeof problem);
    assert_non_null(s->w.server);
}

/* From now on the rig's server plays what was recorded. */
static void play(studio *s, double speed)
{
    char problem[400] = "";
    const mock_options replay = { .replay = s->file, .replay_speed = speed };
    mock_server_free(s->w.server);
    s->w.server = mock_server_new(s->w.base, &replay, problem, sizeof problem);
    assert_non_null(s->w.server);
}

static void close_studio(studio *s)
{
    mock_server_free(s->origin);
    mock_rig_close(&s->w);
    unlink(s->file);
}

static mock_client *ask(studio *s, const char *body)
{
    mock_client *c = mock_rig_connect(&s->w);
    mock_client_post_with(c, CHAT, "Authorization: Bearer " KEY "\r\nConnection: close\r\n", body);
    mock_client_wait_end(c);
    return c;
}

/* What a client sees but for the date and the connection; to be freed. */
static char *heard(const mock_client *c)
{
    const char *body = strstr(c->got, "\r\n\r\n");
    assert_non_null(body);
    return strdup(body);
}

static char *file_text(const studio *s)
{
    char *text = calloc(1, 100000);
    FILE *file = fopen(s->file, "r");
    assert_non_null(text);
    assert_non_null(file);
    assert_true(fread(text, 1, 99999, file) > 0);
    fclose(file);
    return text;
}

static void an_answer_is_passed_on_recorded_and_played(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { .token_rate = 200, .latency = "20ms" };
    open_studio(&s, &origin);
    mock_client *plain = ask(&s, MOCK_RIG_CHAT), *stream = ask(&s, STREAM);
    char *heard_plain = heard(plain), *heard_stream = heard(stream);
    assert_non_null(strstr(heard_plain, "Cats sleep a lot."));
    assert_int_equal(mock_client_count(stream, "[DONE]"), 1);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "recorded"), 2);
    assert_int_equal(mock_rig_stat(&s.w, "by_status", "200"), 2);
    mock_client_close(plain);
    mock_client_close(stream);
    char *text = file_text(&s);
    assert_null(strstr(text, KEY));
    free(text);

    play(&s, 1);
    gl_time start = gl_clock_now();
    plain = ask(&s, MOCK_RIG_CHAT);
    assert_true(gl_clock_now() - start >= 20 * GL_MS);
    start = gl_clock_now();
    stream = ask(&s, STREAM);
    assert_true(gl_clock_now() - start >= 20 * GL_MS + 3 * 5 * GL_MS); /* three gaps */
    char *again_plain = heard(plain), *again_stream = heard(stream);
    assert_string_equal(heard_plain, again_plain);
    assert_int_equal(mock_client_count(stream, "[DONE]"), 1);
    assert_int_equal(mock_client_count(stream, "\"content\":"), 5); /* the role's, four tokens */
    assert_int_equal(mock_rig_stat(&s.w, NULL, "replayed"), 2);
    assert_int_equal(mock_rig_stat(&s.w, "by_status", "200"), 2);
    mock_client_close(plain);
    mock_client_close(stream);
    free(heard_plain);
    free(heard_stream);
    free(again_plain);
    free(again_stream);
    close_studio(&s);
}

static void a_miss_is_an_error_that_names_the_request(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { 0 };
    open_studio(&s, &origin);
    mock_client_close(ask(&s, MOCK_RIG_CHAT));
    play(&s, 0);
    mock_client *c = ask(&s, STREAM);
    assert_non_null(strstr(c->got, "404 Not Found"));
    assert_non_null(strstr(c->got, "POST " CHAT " with the digest "));
    assert_non_null(strstr(c->got, "\"not_recorded\""));
    assert_int_equal(mock_rig_stat(&s.w, NULL, "replay_misses"), 1);
    mock_client_close(c);
    close_studio(&s);
}

static void an_answer_with_the_key_in_it_is_not_recorded(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { 0 };
    open_studio(&s, &origin);
    mock_client *c = ask(&s, LEAK);
    assert_non_null(strstr(c->got, KEY)); /* the client has it all the same */
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "recorded"), 0);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "not_recorded"), 1);
    mock_client_close(ask(&s, MOCK_RIG_CHAT));
    char *text = file_text(&s);
    assert_null(strstr(text, KEY));
    free(text);
    close_studio(&s);
}

static void errors_are_recorded_and_cut_answers_are_not(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { .fault = "429:#1,truncate:#2,reset:#3", .retry_after = "7" };
    open_studio(&s, &origin);
    mock_client *c = ask(&s, MOCK_RIG_CHAT);
    assert_non_null(strstr(c->got, "429 Too Many Requests"));
    assert_non_null(strstr(c->got, "\r\nretry-after: 7\r\n"));
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "recorded"), 1);
    c = ask(&s, MOCK_RIG_CHAT); /* cut here as it was there */
    const char *length = strstr(c->got, "content-length: "), *body = strstr(c->got, "\r\n\r\n");
    assert_non_null(length);
    assert_true(strlen(body + 4) < strtoul(length + 16, NULL, 10));
    mock_client_close(c);
    c = ask(&s, MOCK_RIG_CHAT);
    assert_non_null(strstr(c->got, "502 Bad Gateway"));
    assert_non_null(strstr(c->got, "upstream_failed"));
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "recorded"), 1);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "not_recorded"), 2);

    play(&s, 0);
    c = ask(&s, MOCK_RIG_CHAT);
    assert_non_null(strstr(c->got, "429 Too Many Requests"));
    assert_non_null(strstr(c->got, "\r\nretry-after: 7\r\n"));
    mock_client_close(c);
    close_studio(&s);
}

static void a_client_that_leaves_takes_its_recording_with_it(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { .fault = "hang:#1" };
    open_studio(&s, &origin);
    mock_client *c = mock_rig_connect(&s.w);
    mock_client_post(c, CHAT, MOCK_RIG_CHAT);
    while (mock_rig_stat(&s.w, NULL, "requests") == 0) event_base_loop(s.w.base, EVLOOP_ONCE);
    mock_client_close(c);
    while (mock_rig_stat(&s.w, NULL, "left") == 0) event_base_loop(s.w.base, EVLOOP_NONBLOCK);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "not_recorded"), 1);
    mock_client_close(ask(&s, MOCK_RIG_CHAT));
    assert_int_equal(mock_rig_stat(&s.w, NULL, "recorded"), 1);
    close_studio(&s);
}

static void one_connection_records_one_request_after_the_other(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { 0 };
    open_studio(&s, &origin);
    mock_client *c = mock_rig_connect(&s.w); /* both are sent at once */
    mock_client_post(c, CHAT, MOCK_RIG_CHAT);
    mock_client_post(c, CHAT, STREAM);
    mock_client_wait(c, "[DONE]", 1);
    while (mock_rig_stat(&s.w, NULL, "recorded") < 2) event_base_loop(s.w.base, EVLOOP_NONBLOCK);
    mock_client_close(c);
    close_studio(&s);
}

/* What is kept of answers under way is bounded with all else that connections hold. */
static void an_answer_larger_than_the_memory_allowed_is_cut(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { 0 };
    open_studio(&s, &origin);
    mock_client_close(ask(&s, MOCK_RIG_CHAT));
    assert_int_equal(mock_rig_stat(&s.w, NULL, "recorded"), 1);
    mock_server_free(s.w.server);
    unlink(s.file);
    char problem[400] = "";
    const mock_options tight = { .record = s.url, .record_file = s.file, .memory = 900 };
    s.w.server = mock_server_new(s.w.base, &tight, problem, sizeof problem);
    assert_non_null(s.w.server);
    mock_client *c = ask(&s, MOCK_RIG_CHAT); /* 594 bytes of body, to pass on and to keep */
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&s.w, NULL, "not_recorded"), 1);
    close_studio(&s);
}

static void nobody_there_is_a_502(void **state)
{
    (void)state;
    studio s;
    const mock_options origin = { 0 };
    open_studio(&s, &origin);
    mock_server_free(s.origin);
    s.origin = NULL;
    mock_client *c = ask(&s, MOCK_RIG_CHAT);
    assert_non_null(strstr(c->got, "502 Bad Gateway"));
    assert_null(strstr(c->got, KEY));
    mock_client_close(c);
    close_studio(&s);
}

static void what_cannot_be_recorded_is_refused_at_the_start(void **state)
{
    (void)state;
    static const char *const urls[] = { "ftp://x", "http://", "http://user:pw@x", "http://x/?a=b",
                                        "x" };
    struct event_base *base = event_base_new();
    char problem[400] = "";
    unlink(file_name);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const mock_options options = { .record = urls[i], .record_file = file_name };
        assert_null(mock_server_new(base, &options, problem, sizeof problem));
        assert_int_equal(strncmp(problem, "record: ", 8), 0);
        assert_null(strstr(problem, "pw"));
    }
    const mock_options alone = { .record = "http://x" };
    assert_null(mock_server_new(base, &alone, problem, sizeof problem));
    assert_non_null(strstr(problem, "--record-file"));
    const mock_options there = { .record = "http://x", .record_file = "/" };
    assert_null(mock_server_new(base, &there, problem, sizeof problem));
    assert_int_equal(strncmp(problem, "record-file: ", 13), 0);
    event_base_free(base);
}

static int make_name(void **state)
{
    (void)state;
    int fd = mkstemp(file_name);
    return fd >= 0 ? close(fd) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_passed_on_recorded_and_played),
        cmocka_unit_test(a_miss_is_an_error_that_names_the_request),
        cmocka_unit_test(an_answer_with_the_key_in_it_is_not_recorded),
        cmocka_unit_test(errors_are_recorded_and_cut_answers_are_not),
        cmocka_unit_test(a_client_that_leaves_takes_its_recording_with_it),
        cmocka_unit_test(one_connection_records_one_request_after_the_other),
        cmocka_unit_test(an_answer_larger_than_the_memory_allowed_is_cut),
        cmocka_unit_test(nobody_there_is_a_502),
        cmocka_unit_test(what_cannot_be_recorded_is_refused_at_the_start),
    };
    return cmocka_run_group_tests(tests, make_name, NULL);
}
