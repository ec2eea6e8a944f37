/* sampler_messages.c - what is said of answers that cannot be used names what was asked, and what
 * came: over a real wire, with its headers. */
#include "sampler_rig.h"

static const glimpse_result *ask(rig *r, const char *head)
{
    static char text[1024];
    static fault_step script[2];
    snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x01\x02", head);
    script[0] = (fault_step){ FAULT_SEND, text, 0 };
    script[1] = (fault_step){ FAULT_END, NULL, 0 };
    fault_server_play(r->server, script);
    return rig_ask(r, "{\"messages\":[]}");
}

static void headers_and_address_stand_in_the_message(void **state)
{
    (void)state;
    static const struct {
        const char *head, *message;
        glimpse_error error;
    } table[] = {
        { "200 OK\r\nX: y", "the answer is compressed (gzip)", GLIMPSE_ERR_BAD_JSON },
        { "404 X\r\nX: y", "its words are compressed (gzip)", GLIMPSE_ERR_HTTP },
        { "404 X\r\nX: y", "/v1/chat/completions)", GLIMPSE_ERR_HTTP },
        { "200 OK\r\nContent-Encoding: rot13", "content encoding", GLIMPSE_ERR_PROTOCOL },
        { "404 X\r\nContent-Encoding: rot13", "/v1/chat/completions)", GLIMPSE_ERR_HTTP },
        { "301 X\r\nLocation: https://h/v1/chat/completions?key=hidden",
          "redirects to https://h/v1/chat/completions (HTTP 301), which is not followed: use "
          "https://h/v1 as the base URL",
          GLIMPSE_ERR_REDIRECT },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rig r;
        rig_init(&r);
        r.config.endpoint.api_key = KEY;
        const glimpse_result *result = ask(&r, table[i].head);
        assert_int_equal(glimpse_result_error(result), table[i].error);
        if (strstr(glimpse_result_error_message(result), table[i].message) == NULL)
            fail_msg("%s", glimpse_result_error_message(result));
        assert_null(strstr(glimpse_result_error_message(result), "hidden"));
        rig_end(&r);
    }
}

static void a_base_url_that_lacks_its_version_is_told(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    *strstr(r.url, "/v1") = '\0';
    rig_answer(&r, 404, "{\"detail\":\"Not Found\"}");
    rig_ask(&r, "{\"messages\":[]}");
    char message[200];
    snprintf(
        message, sizeof message,
        "Not Found (asked was http://127.0.0.1:%d/chat/completions: the base URL may lack /v1)",
        fault_server_port(r.server));
    assert_string_equal(glimpse_result_error_message(r.result), message);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_and_address_stand_in_the_message),
        cmocka_unit_test(a_base_url_that_lacks_its_version_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
