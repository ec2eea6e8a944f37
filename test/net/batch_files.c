/* What comes down, and what says where it is, from endpoints that deviate: content elsewhere, files
 * of other lengths than was said, lists without an end, words of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include <glimpse/batch_api.h>

#include "base/alloc.h"
#include "certificate.h"
#include "fault_server.h"

typedef struct rig {
    struct event_base *base;
    fault_server *server, *other; /* other: over TLS */
    SSL_CTX *tls;
    glimpse_batch_api *api;
    char folder[64], file[96], temporary[104], ca_file[96];
    int calls;
    glimpse_batch_reply reply; /* the last; texts in the buffers below */
    char code[64], message[300], status[64], error_code[64], error_message[64];
    bool over;
} rig;

static void hear(const glimpse_batch_reply *reply, void *arg)
{
    rig *r = arg;
    r->calls++;
    r->reply = *reply;
    r->over = reply->last;
    snprintf(r->code, sizeof r->code, "%s", reply->code);
    snprintf(r->message, sizeof r->message, "%s", reply->message);
    if (reply->batch == NULL) return;
    snprintf(r->status, sizeof r->status, "%s", reply->batch->status);
    snprintf(r->error_code, sizeof r->error_code, "%s", reply->batch->error_code);
    snprintf(r->error_message, sizeof r->error_message, "%s", reply->batch->error_message);
}

static void await(rig *r)
{
    for (r->over = false; !r->over;) event_base_loop(r->base, EVLOOP_ONCE);
}

static void make_certificates(rig *r)
{
    EVP_PKEY *ca_key = certificate_key(), *key = certificate_key();
    X509 *ca = certificate_make(ca_key, "Test CA", NULL, NULL, 86400);
    X509 *leaf = certificate_make(key, "front.test", ca, ca_key, 86400);
    FILE *file = fopen(r->ca_file, "w");
    assert_true(file != NULL && PEM_write_X509(file, ca) == 1 && fclose(file) == 0);
    r->tls = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(r->tls, leaf), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(r->tls, key), 1);
    X509_free(ca);
    X509_free(leaf);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

static void rig_open(rig *r, int attempts, int64_t timeout_ms)
{
    static const char *const lines[] = { "X-Gateway-Token: another-secret" };
    char url[64];
    glimpse_endpoint config;
    glimpse_batch_options options;
    *r = (rig){ .base = event_base_new() };
    snprintf(r->folder, sizeof r->folder, "/tmp/glimpse-files.XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    snprintf(r->file, sizeof r->file, "%s/out", r->folder);
    snprintf(r->temporary, sizeof r->temporary, "%s.tmp", r->file);
    snprintf(r->ca_file, sizeof r->ca_file, "%s/ca.pem", r->folder);
    make_certificates(r);
    r->server = fault_server_new(r->base);
    r->other = fault_server_new(r->base);
    fault_server_tls(r->other, r->tls);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", fault_server_port(r->server));
    glimpse_endpoint_init(&config);
    glimpse_batch_options_init(&options);
    config.base_url = url;
    config.api_key = "sk-secret-of-the-test";
    config.headers = lines;
    config.header_count = 1;
    config.ca_file = r->ca_file;
    options.max_attempts = attempts;
    options.base_delay_ms = options.max_delay_ms = 1;
    options.poll_min_ms = 1;
    options.poll_max_ms = 5;
    options.timeout_ms = timeout_ms;
    assert_int_equal(glimpse_batch_api_new(r->base, &config, &options, NULL, &r->api, NULL),
                     GLIMPSE_OK);
}

/* Nothing is left of a download that did not end well. */
static void rig_close(rig *r)
{
    glimpse_batch_api_free(r->api);
    fault_server_free(r->server);
    fault_server_free(r->other);
    event_base_loop(r->base, EVLOOP_NONBLOCK);
    event_base_free(r->base);
    SSL_CTX_free(r->tls);
    unlink(r->file);
    unlink(r->ca_file);
    assert_int_equal(rmdir(r->folder), 0);
}

#define END { FAULT_END, NULL, 0 }
#define HEAD(status, length)                                                                       \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n"

static const fault_step ten_bytes[] = {
    { FAULT_SEND, HEAD("200 OK", "22") "{\"id\":\"f1\",\"bytes\":10}", 0 }, END
};
static const fault_step no_bytes[] = {
    { FAULT_SEND, HEAD("200 OK", "21") "{\"id\":\"f1\",\"bytes\":0}", 0 }, END
};
static const fault_step not_found[] = { { FAULT_SEND, HEAD("404 Not Found", "2") "{}", 0 }, END };
static const fault_step content[] = { { FAULT_SEND, HEAD("200 OK", "10") "0123456789", 0 }, END };
static const fault_step nothing[] = { { FAULT_SEND, HEAD("200 OK", "0"), 0 }, END };

static void download(rig *r)
{
    assert_int_equal(glimpse_batch_download(r->api, "f1", r->file, hear, r), GLIMPSE_OK);
    await(r);
    assert_int_not_equal(access(r->temporary, F_OK), 0);
}

static void assert_content(const rig *r, const char *wanted)
{
    char text[64];
    FILE *file = fopen(r->file, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    assert_string_equal(text, wanted);
}

static void a_file_of_no_bytes_comes_down_as_one(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 3, 0);
    fault_server_play_once(r.server, no_bytes);
    fault_server_play_once(r.server, nothing);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_OK);
    assert_content(&r, "");
    assert_int_equal(fault_server_requests(r.server), 2);
    /* But where it should have some, none is too few. */
    unlink(r.file);
    for (int i = 0; i < 3; i++) {
        fault_server_play_once(r.server, ten_bytes);
        fault_server_play_once(r.server, nothing);
    }
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_RESET);
    assert_string_equal(r.message, "0 bytes came of a file that has 10");
    assert_int_not_equal(access(r.file, F_OK), 0);
    rig_close(&r);
}

static void content_comes_without_a_description_and_after_some_404s(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 4, 0);
    for (int i = 0; i < 2; i++) {
        fault_server_play_once(r.server, not_found); /* of what it is */
        fault_server_play_once(r.server, not_found); /* of what it holds */
    }
    fault_server_play_once(r.server, not_found);
    fault_server_play_once(r.server, content);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_OK);
    assert_int_equal(r.reply.attempts, 3);
    assert_content(&r, "0123456789");
    unlink(r.file);
    fault_server_play(r.server, not_found);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_HTTP);
    assert_int_equal(r.reply.http_status, 404);
    assert_int_equal(r.reply.attempts, 4);
    rig_close(&r);
}

/* The endpoint's wait goes before what else would be asked again: a day is not waited for. */
static void a_file_that_is_not_there_for_a_day_is_given_up(void **state)
{
    static const fault_step tomorrow[] = {
        { FAULT_SEND, "HTTP/1.1 404 Not Found\r\nRetry-After: 86400\r\nContent-Length: 2\r\n\r\n{}",
          0 },
        END
    };
    (void)state;
    rig r;
    rig_open(&r, 4, 0);
    fault_server_play(r.server, tomorrow);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_HTTP);
    assert_int_equal(r.reply.http_status, 404);
    assert_int_equal(r.reply.attempts, 1);
    rig_close(&r);
}

static void a_file_is_cut_at_the_first_byte_too_many(void **state)
{
    (void)state;
    static const fault_step endless[] = {
        { FAULT_SEND,
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n", 0 },
        { FAULT_FILL, NULL, 1000000 },
        END
    };
    rig r;
    struct stat status;
    rig_open(&r, 1, 0);
    fault_server_play_once(r.server, ten_bytes);
    fault_server_play_once(r.server, endless);
    assert_int_equal(glimpse_batch_download(r.api, "f1", r.file, hear, &r), GLIMPSE_OK);
    for (r.over = false; !r.over; event_base_loop(r.base, EVLOOP_ONCE))
        if (stat(r.temporary, &status) == 0) assert_true(status.st_size <= 10);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_RESET);
    assert_string_equal(r.code, "file_too_long");
    assert_int_not_equal(access(r.temporary, F_OK), 0);
    rig_close(&r);
}

static void a_file_that_drips_is_given_up_by_time(void **state)
{
    (void)state;
    static const fault_step drip[] = { { FAULT_SEND, HEAD("200 OK", "10"), 0 },
                                       { FAULT_DRIP, "0123456789", 10 },
                                       END };
    rig r;
    rig_open(&r, 1, 30);
    fault_server_play_once(r.server, ten_bytes);
    fault_server_play_once(r.server, drip);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_TIMEOUT);
    rig_close(&r);
}

static void a_link_in_the_place_of_the_file_is_not_written_through(void **state)
{
    (void)state;
    char target[96];
    struct stat status;
    rig r;
    rig_open(&r, 1, 0);
    snprintf(target, sizeof target, "%s/theirs", r.folder);
    fclose(fopen(target, "w"));
    assert_int_equal(symlink(target, r.temporary), 0);
    fault_server_play_once(r.server, ten_bytes);
    fault_server_play_once(r.server, content);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_OK);
    assert_content(&r, "0123456789");
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 0);
    assert_int_equal(unlink(target), 0);
    rig_close(&r);
}

static void a_file_that_cannot_be_read_as_it_goes_up_is_named(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 3, 0);
    FILE *file = fopen(r.file, "w");
    fputs("0123456789", file);
    fclose(file);
    assert_int_equal(glimpse_batch_upload(r.api, r.file, "in.jsonl", hear, &r), GLIMPSE_OK);
    assert_int_equal(truncate(r.file, 4), 0);
    await(&r);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_INVALID);
    assert_int_equal(r.reply.attempts, 1);
    assert_string_equal(r.code, "local_file");
    assert_non_null(strstr(r.message, r.file));
    rig_close(&r);
}

/* --- content elsewhere ------------------------------------------------------------------------ */

static void redirect_to(fault_step step[2], char *text, size_t size, const char *where)
{
    snprintf(text, size, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", where);
    step[0] = (fault_step){ FAULT_SEND, text, 0 };
    step[1] = (fault_step)END;
}

static void a_signed_address_is_followed_once_over_https_without_the_key(void **state)
{
    (void)state;
    char where[128], text[300];
    fault_step redirect[2];
    rig r;
    rig_open(&r, 3, 0);
    snprintf(where, sizeof where, "https://127.0.0.1:%d/bucket/f1?signature=abc%%2Fdef#part",
             fault_server_port(r.other));
    redirect_to(redirect, text, sizeof text, where);
    fault_server_play_once(r.server, ten_bytes);
    fault_server_play_once(r.server, redirect);
    fault_server_play(r.other, content);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_OK);
    assert_content(&r, "0123456789");
    assert_int_equal(fault_server_requests(r.other), 1);
    const char *head = fault_server_request(r.other, 0)->head;
    assert_int_equal(strncmp(head, "GET /bucket/f1?signature=abc%2Fdef HTTP/1.1\r\n", 45), 0);
    assert_null(strstr(head, "secret"));
    assert_null(strstr(head, "uthorization"));
    assert_non_null(strstr(fault_server_request(r.server, 1)->head, "sk-secret-of-the-test"));
    rig_close(&r);
}

static void no_other_redirect_is_followed_and_none_of_its_secrets_told(void **state)
{
    (void)state;
    static const char *const places[] = { "http://127.0.0.1:1/b?signature=abc",
                                          "/v1/b?signature=abc",
                                          "//127.0.0.1:1/b?signature=abc",
                                          "ftp://127.0.0.1:1/?signature=abc",
                                          "https://signature:abc@127.0.0.1:1/b",
                                          "https://?signature=abc",
                                          "b?signature=abc://x",
                                          "" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char text[300];
        fault_step redirect[2];
        rig r;
        rig_open(&r, 3, 0);
        redirect_to(redirect, text, sizeof text, places[i]);
        fault_server_play_once(r.server, ten_bytes);
        fault_server_play_once(r.server, redirect);
        download(&r);
        assert_int_equal(r.reply.error, GLIMPSE_ERR_REDIRECT);
        assert_int_equal(r.reply.attempts, 1);
        assert_null(strstr(r.message, "abc"));
        assert_int_equal(fault_server_requests(r.server), 2);
        assert_int_equal(fault_server_connections(r.other), 0);
        rig_close(&r);
    }
}

static void a_second_redirect_is_refused(void **state)
{
    (void)state;
    char where[128], text[300];
    fault_step redirect[2];
    rig r;
    rig_open(&r, 3, 0);
    snprintf(where, sizeof where, "https://127.0.0.1:%d/again", fault_server_port(r.other));
    redirect_to(redirect, text, sizeof text, where);
    fault_server_play_once(r.server, ten_bytes);
    fault_server_play_once(r.server, redirect);
    fault_server_play(r.other, redirect);
    download(&r);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_REDIRECT);
    assert_non_null(strstr(r.message, "redirected once already"));
    assert_int_equal(fault_server_requests(r.other), 1);
    rig_close(&r);
}

static void only_content_is_looked_for_elsewhere(void **state)
{
    (void)state;
    char where[128], text[300];
    fault_step redirect[2];
    rig r;
    rig_open(&r, 3, 0);
    snprintf(where, sizeof where, "https://127.0.0.1:%d/batch", fault_server_port(r.other));
    redirect_to(redirect, text, sizeof text, where);
    fault_server_play(r.server, redirect);
    assert_int_equal(glimpse_batch_get(r.api, "b1", hear, &r), GLIMPSE_OK);
    await(&r);
    assert_int_equal(r.reply.error, GLIMPSE_ERR_REDIRECT);
    assert_int_equal(fault_server_connections(r.other), 0);
    rig_close(&r);
}

/* --- objects ---------------------------------------------------------------------------------- */

/* One answer to a question about a batch. */
static void ask(rig *r, const char *object)
{
    char text[600];
    const fault_step answer[] = { { FAULT_SEND, text, 0 }, END };
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(object), object);
    fault_server_play_once(r->server, answer);
    assert_int_equal(glimpse_batch_get(r->api, "b1", hear, r), GLIMPSE_OK);
    await(r);
    assert_int_equal(r->reply.error, GLIMPSE_OK);
}

static void the_first_error_is_found_in_a_list_of_any_form(void **state)
{
    (void)state;
    static const struct {
        const char *errors, *code, *message;
    } rows[] = {
        { "{\"object\":\"list\",\"data\":[{\"code\":\"c\",\"message\":\"m\"},{\"code\":\"d\"}]}",
          "c", "m" },
        { "[{\"code\":\"c\",\"message\":\"m\",\"line\":1}]", "c", "m" },
        { "[{\"code\":400,\"message\":\"m\"}]", "400", "m" },
        { "{\"code\":\"c\",\"message\":\"m\"}", "c", "m" },
        { "[\"m\"]", "", "m" },
        { "\"m\"", "", "m" },
        { "[]", "", "" },
        { "null", "", "" },
    };
    rig r;
    rig_open(&r, 1, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char object[300];
        snprintf(object, sizeof object, "{\"id\":\"b1\",\"status\":\"failed\",\"errors\":%s}",
                 rows[i].errors);
        ask(&r, object);
        assert_string_equal(r.error_code, rows[i].code);
        assert_string_equal(r.error_message, rows[i].message);
    }
    rig_close(&r);
}

static void a_state_is_known_in_any_case_and_an_unknown_one_is_told(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 1, 0);
    ask(&r, "{\"id\":\"b1\",\"status\":\"COMPLETED\"}");
    assert_string_equal(r.status, "COMPLETED");
    ask(&r, "{\"id\":\"b1\",\"status\":\"In_Progress\"}");
    assert_string_equal(r.status, "In_Progress");
    ask(&r, "{\"id\":\"b1\",\"status\":\"hibernating\"}");
    assert_string_equal(r.status, "hibernating");
    rig_close(&r);
}

static void a_list_that_does_not_go_on_shows_nothing(void **state)
{
    (void)state;
    static const fault_step page[] = {
        { FAULT_SEND, HEAD("200 OK", "41") "{\"data\":[{\"id\":\"other\"}],\"has_more\":true}", 0 },
        END
    };
    rig r;
    rig_open(&r, 5, 0);
    fault_server_play(r.server, page);
    assert_int_equal(glimpse_batch_find(r.api, "job", "1-1", hear, &r), GLIMPSE_OK);
    await(&r);
    assert_int_not_equal(r.reply.error, GLIMPSE_OK);
    assert_string_equal(r.code, "list_without_end");
    assert_int_equal(fault_server_requests(r.server), 2);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_no_bytes_comes_down_as_one),
        cmocka_unit_test(content_comes_without_a_description_and_after_some_404s),
        cmocka_unit_test(a_file_that_is_not_there_for_a_day_is_given_up),
        cmocka_unit_test(a_file_is_cut_at_the_first_byte_too_many),
        cmocka_unit_test(a_file_that_drips_is_given_up_by_time),
        cmocka_unit_test(a_link_in_the_place_of_the_file_is_not_written_through),
        cmocka_unit_test(a_file_that_cannot_be_read_as_it_goes_up_is_named),
        cmocka_unit_test(a_signed_address_is_followed_once_over_https_without_the_key),
        cmocka_unit_test(no_other_redirect_is_followed_and_none_of_its_secrets_told),
        cmocka_unit_test(a_second_redirect_is_refused),
        cmocka_unit_test(only_content_is_looked_for_elsewhere),
        cmocka_unit_test(the_first_error_is_found_in_a_list_of_any_form),
        cmocka_unit_test(a_state_is_known_in_any_case_and_an_unknown_one_is_told),
        cmocka_unit_test(a_list_that_does_not_go_on_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
