/* address.c - rows 3, 23 and 24: names that are not found, and what would change where a request
 * goes or what it says. */
#include "support/batch_run.h"

#include <unistd.h>

#include "fault_dns.h"

/* --- row 3 --- */

static void name_fails(const char *name, const char *host, int exit_code, const char *code)
{
    batch_run run;
    batch_init(&run, name);
    run.alone = true;
    batch_drafts(&run, 3);
    fault_dns *dns = fault_dns_new(run.base);
    char path[500], resolv[520];
    snprintf(path, sizeof path, "%s/resolv.conf", run.dir);
    snprintf(resolv, sizeof resolv, "FAULT_RESOLV=%s", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "nameserver %s\noptions timeout:1 attempts:1\n", fault_dns_address(dns));
    assert_int_equal(fclose(file), 0);
    batch_env(&run, resolv);
    snprintf(run.url, sizeof run.url, "http://%s:%d/v1", host, fault_server_port(run.server));
    batch_args(&run, "--max-attempts", "3", NULL);
    if (exit_code == 1) batch_deadline(&run, 700); /* before the resolver gives up, after 1 s */
    batch_go(&run, exit_code);
    batch_all(&run, "error", code);
    assert_int_equal(run.count, 3);
    assert_int_equal(run.attempts, 0); /* nothing was sent */
    assert_true(fault_dns_queries(dns) >= 1);
    assert_int_equal(fault_server_connections(run.server), 0);
    batch_beside(&run, NULL);
    batch_end(&run);
    fault_dns_free(dns);
}

static void row_03_name_that_is_not_found_is_dns_and_69(void **state)
{
    (void)state;
    name_fails("row_03_nxdomain", "nowhere.test", 69, "dns");
    name_fails("row_03_servfail", "servfail.test", 69, "dns");
    name_fails("row_03_silent", "silent.test", 1, "deadline");
}

/* --- row 23 --- */

static void row_23_control_bytes_are_refused_before_anything_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *name, *assignment, *option, *value;
    } table[] = {
        { "OPENAI_API_KEY", "OPENAI_API_KEY=" CANARY "\r\nX-Smuggled: 1", NULL, NULL },
        { "OPENAI_ORG_ID", "OPENAI_ORG_ID=org\rX-Smuggled: 1", NULL, NULL },
        { "OPENAI_PROJECT_ID", "OPENAI_PROJECT_ID=p\nX-Smuggled: 1", NULL, NULL },
        { "--header", NULL, "--header", "X-Mine: " CANARY "\r\nX-Smuggled: 1" },
        { "--base-url", NULL, "--base-url", "http://127.0.0.1/v1\r\nX-Smuggled: 1" },
        { "--proxy", NULL, "--proxy", "http://127.0.0.1\r\nX-Smuggled: 1" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        batch_run run;
        batch_init(&run, __func__);
        batch_drafts(&run, 2);
        run.no_key = i == 0;
        if (table[i].assignment != NULL) batch_env(&run, table[i].assignment);
        if (table[i].option != NULL) batch_args(&run, table[i].option, table[i].value, NULL);
        batch_go(&run, 78);
        assert_true(batch_says(&run, table[i].name));
        assert_false(batch_says(&run, "Smuggled"));
        assert_ptr_equal(strchr(run.err, '\n'), run.err + run.err_len - 1); /* one line */
        assert_int_equal(run.count + run.healthy, 0);
        assert_null(run.summary);
        assert_int_equal(fault_server_connections(run.server), 0);
        batch_end(&run);
    }
}

/* A NUL cannot be passed, but stand in a file. */
static void row_23_nul_in_the_file_of_a_key_is_refused(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 2);
    static const char key[] = "sk-ab\0cd\n";
    char path[64] = "/tmp/glimpse-key-XXXXXX"; /* not where the key is looked for */
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, key, sizeof key - 1) == sizeof key - 1 && close(fd) == 0);
    batch_args(&run, "--api-key-file", path, NULL);
    batch_go(&run, 78);
    assert_true(batch_says(&run, "--api-key-file"));
    assert_int_equal(fault_server_connections(run.server), 0);
    batch_end(&run);
    unlink(path);
}

/* --- row 24 --- */

static const char *const evil_urls[] = {
    "/v1/../../admin",
    "/v1//127.0.0.1/x",
    "/v1/chat#x",
    "/v1/chat/completions%0d%0aX-Evil: 1",
    "/v1/chat\\r\\nX-Evil: 1",
    "/v1/chat completions",
    "@127.0.0.1/v1",
    "http://127.0.0.1:1/v1/chat/completions",
};
enum { EVIL = sizeof evil_urls / sizeof *evil_urls };

/* Lines with these urls; all are refused, and of the run only the healthy ones are asked. */
static void input_evil(batch_run *run)
{
    char text[4000];
    size_t len = 0;
    for (size_t i = 0; i < EVIL; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "{\"custom_id\":\"e%zu\",\"method\":\"POST\",\"url\":\"%s\","
                                "\"body\":{\"model\":\"../?#m\",\"messages\":[]}}\n",
                                i, evil_urls[i]);
    batch_input(run, text, len, EVIL);
}

static void row_24_url_of_the_data_stays_one_path_of_this_server(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    input_evil(&run);
    batch_go(&run, 1);
    assert_int_equal(run.count, EVIL);
    batch_all(&run, "bad_request", "bad_url");
    assert_int_equal(fault_server_requests(run.server), 0);
    batch_end(&run);
}

/* An Azure run of those lines and two healthy ones, with this deployment. */
static batch_run ask_azure(const char *name, const char *deployment, int code)
{
    batch_run run;
    batch_init(&run, name);
    input_evil(&run);
    fault_server_healthy(run.server, NULL, NULL); /* into the log */
    fault_server_play(run.server, batch_good(&run));
    run.no_key = true;
    batch_env(&run, "AZURE_OPENAI_API_KEY=" CANARY);
    snprintf(run.url, sizeof run.url, "http://127.0.0.1:%d", fault_server_port(run.server));
    batch_args(&run, "--azure-deployment", deployment, "--api-version", "2024-10-21", NULL);
    batch_go(&run, code);
    return run;
}

/* The deployment is a part of Azure's path, whatever it is called; the key is in a header of its
 * own. */
static void row_24_deployment_is_one_segment_of_azures_path(void **state)
{
    (void)state;
    batch_run run = ask_azure(__func__, "../a/b?c#d%2e", 1);
    batch_all(&run, "bad_request", "bad_url");
    assert_int_equal(fault_server_requests(run.server), 2); /* the healthy ones */
    for (size_t i = 0; i < 2; i++) {
        const char *head = fault_server_request(run.server, i)->head;
        static const char path[] = "POST /openai/deployments/..%2Fa%2Fb%3Fc%23d%252e/chat/"
                                   "completions?api-version=2024-10-21 HTTP/1.1\r\n";
        if (strncasecmp(head, path, sizeof path - 1) != 0) fail_msg("%.200s", head);
        assert_non_null(strcasestr(head, "\r\napi-key: " CANARY "\r\n"));
        assert_null(strcasestr(head, "\r\nauthorization:"));
    }
    batch_end(&run);
}

static void row_24_deployment_that_is_no_segment_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "..", ".", "a\r\nX-Evil: 1" };
    for (size_t i = 0; i < 3; i++) {
        batch_run run = ask_azure(__func__, names[i], 78);
        assert_true(batch_says(&run, "azure-deployment"));
        assert_int_equal(fault_server_connections(run.server), 0);
        batch_end(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_03_name_that_is_not_found_is_dns_and_69),
        cmocka_unit_test(row_23_control_bytes_are_refused_before_anything_is_sent),
        cmocka_unit_test(row_23_nul_in_the_file_of_a_key_is_refused),
        cmocka_unit_test(row_24_url_of_the_data_stays_one_path_of_this_server),
        cmocka_unit_test(row_24_deployment_is_one_segment_of_azures_path),
        cmocka_unit_test(row_24_deployment_that_is_no_segment_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
