/* answer_headers.c - the headers of an answer that are kept with it, by a list of names. */
#include "sampler_rig.h"

static void the_headers_of_the_list_are_kept_and_no_others(void **state)
{
    (void)state;
    static const char *const names[] = { "openai-version", "retry-after", "x-echo", "x-odd" };
    static char text[1024];
    static fault_step script[2];
    for (int status = 200; status <= 429; status += 229) {
        rig r;
        rig_init(&r);
        r.config.endpoint.api_key = KEY;
        r.config.endpoint.answer_headers = names;
        r.config.endpoint.answer_header_count = 4;
        const char *body = status == 200 ? ANSWER("hello") : "{\"error\":{\"message\":\"no\"}}";
        snprintf(text, sizeof text,
                 "HTTP/1.1 %d X\r\nSet-Cookie: a=b\r\nRetry-After: 7\r\nOpenAI-Version: 2020\r\n"
                 "x-echo: key " KEY "\r\nx-odd: a\001b\r\nContent-Length: %zu\r\n\r\n%s",
                 status, strlen(body), body);
        script[0] = (fault_step){ FAULT_SEND, text, 0 };
        script[1] = (fault_step){ FAULT_END, NULL, 0 };
        fault_server_play(r.server, script);
        const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
        assert_int_equal(glimpse_result_http_status(result), status);
        assert_string_equal(glimpse_result_headers(result),
                            "openai-version: 2020\r\nretry-after: 7\r\n"
                            "x-echo: key ************************\r\n");
        rig_end(&r);
    }
}

static void names_that_are_no_headers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "OpenAI-Version", "a b", "a:", NULL };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rig r;
        glimpse_problem problem;
        rig_init(&r);
        r.config.endpoint.answer_headers = &bad[i];
        r.config.endpoint.answer_header_count = 1;
        assert_int_equal(glimpse_engine_new(r.base, &r.config, &r.engine, &problem),
                         GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, "endpoint.answer_headers");
        rig_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headers_of_the_list_are_kept_and_no_others),
        cmocka_unit_test(names_that_are_no_headers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
