/* Where events go: ours and libevent's into one log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitoring/log_sink.h"

/* What is in the log after a name server that is none was given to libevent's resolver. */
static void log_of_a_warning(glimpse_log_level level, char *text, size_t size)
{
    char name[] = "/tmp/glimpse-log-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    cli_settings settings = { .log_file = name, .log_format = LOG_TEXT };
    settings.engine.log_level = level;
    log_sink sink;
    assert_int_equal(log_sink_open(&sink, &settings), 0);
    struct event_base *base = event_base_new();
    struct evdns_base *dns = evdns_base_new(base, 0);
    assert_non_null(dns);
    assert_int_not_equal(evdns_base_nameserver_ip_add(dns, "no address\n"), 0);
    evdns_base_free(dns, 0);
    event_base_free(base);
    log_sink_close(&sink);
    ssize_t len = read(fd, text, size - 1);
    assert_true(len >= 0);
    text[len] = '\0';
    close(fd);
    unlink(name);
}

static void what_libevent_says_is_an_event_of_the_log(void **state)
{
    (void)state;
    char text[2048];
    log_of_a_warning(GLIMPSE_LOG_WARN, text, sizeof text);
    assert_non_null(strstr(text, " WARN libevent message=\""));
    assert_non_null(strstr(text, "no address\\n"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* one line */
    log_of_a_warning(GLIMPSE_LOG_ERROR, text, sizeof text);
    assert_string_equal(text, "");
}

/* The lines of two attempts: one that an endpoint refused, and one that never got there. */
static void log_of_attempts(unsigned command, glimpse_log_level level, char *text, size_t size)
{
    char name[] = "/tmp/glimpse-log-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    cli_settings settings = { .log_file = name, .log_format = LOG_TEXT, .command = command };
    settings.engine.log_level = level;
    log_sink sink;
    assert_int_equal(log_sink_open(&sink, &settings), 0);
    for (int status = 400; status >= 0; status -= 400) {
        const glimpse_log_field fields[] = { { "id", NULL, 7 },
                                             { "http_status", NULL, status },
                                             { "message", status ? "quoted" : "refused", 0 },
                                             { "request_id", "req_1", 0 } };
        const glimpse_log_event event = { GLIMPSE_LOG_INFO, "openai_call", fields, 4 };
        log_sink_write(&event, &sink);
    }
    log_sink_close(&sink);
    ssize_t len = read(fd, text, size - 1);
    assert_true(len >= 0);
    text[len] = '\0';
    close(fd);
    unlink(name);
}

/* An endpoint that refuses a request may quote its prompt: not in the log of callers' requests. */
static void a_gateway_logs_the_endpoint_s_words_at_level_debug_only(void **state)
{
    (void)state;
    char text[2048];
    log_of_attempts(FOR_SERVE, GLIMPSE_LOG_INFO, text, sizeof text);
    assert_null(strstr(text, "quoted"));
    assert_non_null(strstr(text, "http_status=400 request_id=req_1"));
    assert_non_null(strstr(text, "message=refused")); /* our own words */
    log_of_attempts(FOR_SERVE, GLIMPSE_LOG_DEBUG, text, sizeof text);
    assert_non_null(strstr(text, "message=quoted"));
    log_of_attempts(FOR_BATCH, GLIMPSE_LOG_INFO, text, sizeof text);
    assert_non_null(strstr(text, "message=quoted"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gateway_logs_the_endpoint_s_words_at_level_debug_only),
        cmocka_unit_test(what_libevent_says_is_an_event_of_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
