/* tls.c - rows 26 and 27: servers that cannot be trusted, and ends without a good-bye. */
#include "support/tls_setup.h"

/* --- row 26 --- */

typedef void change_fn(batch_run *run, tls_setup *tls);

static void distrust(const char *name, long seconds, change_fn *change, const char *reason)
{
    batch_run run;
    tls_setup tls;
    batch_init(&run, name);
    run.alone = true;
    batch_drafts(&run, 4);
    tls_setup_init(&tls, &run, seconds);
    if (change != NULL) change(&run, &tls);
    fault_server_play(run.server, batch_good(&run));
    batch_go(&run, 69);
    batch_all(&run, "error", "tls");
    for (size_t i = 0; i < run.count; i++) {
        const char *message = batch_text(run.records[i], "error.message");
        if (strstr(message, reason) == NULL) fail_msg("'%s' lacks '%s'", message, reason);
    }
    assert_int_equal(fault_server_requests(run.server), 0);
    assert_int_equal(fault_server_connections(run.server), 4); /* one each: never again */
    glimpse_config config;
    glimpse_config_init(&config);
    if (strcmp(run.args[run.arg_count - 1], tls.ca_file) == 0)
        config.endpoint.ca_file = tls.ca_file;
    batch_beside(&run, &config);
    batch_end(&run);
    tls_setup_free(&tls);
}

static void other_name(batch_run *run, tls_setup *tls)
{
    (void)tls;
    snprintf(run->url, sizeof run->url, "https://localhost:%d/v1", fault_server_port(run->server));
}

static void no_authority(batch_run *run, tls_setup *tls)
{
    (void)tls;
    run->args[run->arg_count -= 2] = NULL; /* --ca-file: the system's stand */
}

static void tls_1_0_only(batch_run *run, tls_setup *tls)
{
    (void)run;
    SSL_CTX_set_cipher_list(tls->context, "ALL:@SECLEVEL=0");
    assert_int_equal(SSL_CTX_set_min_proto_version(tls->context, TLS1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(tls->context, TLS1_VERSION), 1);
}

static void row_26_certificate_that_cannot_be_trusted_is_tls_and_69(void **state)
{
    (void)state;
    distrust("row_26_expired", -3600, NULL, "expired");
    distrust("row_26_wrong_host", 86400, other_name, "localhost");
    distrust("row_26_self_signed", 86400, no_authority, "issuer certificate");
}

static void row_26_tls_1_0_is_refused(void **state)
{
    (void)state;
    distrust(__func__, 86400, tls_1_0_only, "version");
}

static void row_26_the_same_certificate_is_good_when_trusted(void **state)
{
    (void)state;
    batch_run run;
    tls_setup tls;
    batch_init(&run, __func__);
    batch_drafts(&run, 4);
    tls_setup_init(&tls, &run, 86400);
    fault_server_play(run.server, batch_good(&run));
    batch_go(&run, 0);
    batch_end(&run);
    tls_setup_free(&tls);
}

/* --- row 27 --- */

/* The close is announced: else a request may be on its way to a connection that has just gone. */
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"

/* Each request is answered so and the connection ended so. */
static void ended(const char *name, const char *answer, fault_kind end, const char *code)
{
    bool good = strcmp(code, "null") == 0;
    batch_run run;
    tls_setup tls;
    batch_init(&run, name);
    batch_drafts(&run, 2);
    tls_setup_init(&tls, &run, 86400);
    fault_step steps[] = { { FAULT_SEND, answer, 0 }, { end, NULL, 0 } };
    fault_server_play(run.server, batch_script(&run, steps, 2));
    batch_args(&run, "--max-attempts", "2", NULL);
    batch_go(&run, good ? 0 : 1);
    batch_all(&run, good ? "aligned" : "error", code);
    assert_int_equal(fault_server_requests(run.server), good ? 2 : 4);
    batch_end(&run);
    tls_setup_free(&tls);
}

static void row_27_complete_answer_needs_no_good_bye(void **state)
{
    (void)state;
    char chunked[1000], length[1000];
    snprintf(chunked, sizeof chunked,
             HEAD "Transfer-Encoding: chunked\r\n\r\n%zx\r\n" GOOD_BODY "\r\n0\r\n\r\n",
             sizeof GOOD_BODY - 1);
    snprintf(length, sizeof length, HEAD "Content-Length: %zu\r\n\r\n" GOOD_BODY,
             sizeof GOOD_BODY - 1);
    ended("row_27_chunked", chunked, FAULT_CLOSE, "null");
    ended("row_27_length", length, FAULT_CLOSE, "null");
    ended("row_27_close_notify", HEAD "\r\n" GOOD_BODY, FAULT_BYE, "null");
    /* An error to OpenSSL 3.2 and later, where no length told the end. An object that is closed is
     * whole. */
    ended("row_27_whole_object", HEAD "\r\n" GOOD_BODY, FAULT_CLOSE, "null");
}

static void row_27_answer_that_was_cut_is_no_answer(void **state)
{
    (void)state;
    ended("row_27_short", HEAD "Content-Length: 1000\r\n\r\n" GOOD_BODY, FAULT_CLOSE, "reset");
    ended("row_27_chunk", HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", FAULT_CLOSE,
          "reset");
    ended("row_27_cut_object", HEAD "\r\n{\"choices\":[{\"message\":", FAULT_CLOSE, "bad_json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_26_certificate_that_cannot_be_trusted_is_tls_and_69),
        cmocka_unit_test(row_26_tls_1_0_is_refused),
        cmocka_unit_test(row_26_the_same_certificate_is_good_when_trusted),
        cmocka_unit_test(row_27_complete_answer_needs_no_good_bye),
        cmocka_unit_test(row_27_answer_that_was_cut_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
