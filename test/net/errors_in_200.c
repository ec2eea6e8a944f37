/* errors_in_200.c - failures that hide in a 200, over a real wire: judged by the status they name.
 */
#include "sampler_rig.h"

/* Rows 11, 31 and 32: as if the endpoint had answered with the status that its error names, whether
 * the answer is a stream or not. */
static void an_error_within_a_200_is_judged_by_the_status_it_names(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        glimpse_status status;
        size_t requests; /* of 3 attempts */
        bool stops;      /* the key */
    } table[] = {
        { "{\"message\":\"no\",\"code\":\"invalid_api_key\"}", GLIMPSE_STATUS_AUTH_ERROR, 1, true },
        { "{\"message\":\"no\",\"code\":401}", GLIMPSE_STATUS_AUTH_ERROR, 1, true },
        { "{\"message\":\"no\",\"type\":\"authentication_error\"}", GLIMPSE_STATUS_AUTH_ERROR, 1,
          true },
        { "{\"message\":\"pay\",\"code\":\"insufficient_quota\"}", GLIMPSE_STATUS_RATE_LIMITED, 1,
          true },
        { "{\"message\":\"no\",\"type\":\"permission_error\"}", GLIMPSE_STATUS_PERMISSION_DENIED, 1,
          false },
        { "{\"message\":\"no\",\"code\":\"model_not_found\"}", GLIMPSE_STATUS_NOT_FOUND, 1, false },
        { "{\"message\":\"no\",\"type\":\"invalid_request_error\"}", GLIMPSE_STATUS_BAD_REQUEST, 1,
          false },
        { "{\"message\":\"no\",\"code\":422}", GLIMPSE_STATUS_UNPROCESSABLE, 1, false },
        { "{\"message\":\"slow\",\"type\":\"rate_limit_error\"}", GLIMPSE_STATUS_RATE_LIMITED, 3,
          false },
        { "{\"message\":\"busy\",\"type\":\"overloaded_error\"}", GLIMPSE_STATUS_SERVER_ERROR, 3,
          false },
        { "{\"message\":\"gate\",\"code\":502}", GLIMPSE_STATUS_SERVER_ERROR, 3, false },
    };
    for (size_t i = 0; i < 2 * (sizeof table / sizeof *table); i++) {
        bool streams = i % 2 == 0;
        char answer[512], body[256];
        snprintf(body, sizeof body, "{\"error\":%s}", table[i / 2].error);
        if (streams)
            snprintf(answer, sizeof answer,
                     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                     "data: %s\n\ndata: [DONE]\n\n",
                     body);
        else
            snprintf(answer, sizeof answer,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                     "%zu\r\n\r\n%s",
                     strlen(body), body);
        const fault_step script[] = { { FAULT_SEND, answer, 0 },
                                      { FAULT_CLOSE, NULL, 0 },
                                      { FAULT_END, NULL, 0 } };
        rig r;
        rig_init(&r);
        r.config.api_key = KEY;
        r.config.base_delay_ms = 1;
        r.config.max_attempts = 3;
        fault_server_play(r.server, script);
        const glimpse_result *result =
            rig_ask(&r, streams ? "{\"messages\":[],\"stream\":true}" : "{\"messages\":[]}");
        glimpse_stats stats;
        glimpse_stats_init(&stats);
        glimpse_engine_stats(r.engine, &stats);
        if (glimpse_result_status(result) != table[i / 2].status ||
            fault_server_requests(r.server) != table[i / 2].requests ||
            stats.key_stopped != table[i / 2].stops)
            fail_msg("%s, %s: %s, %zu requests, %s", body, streams ? "streamed" : "plain",
                     glimpse_status_name(glimpse_result_status(result)),
                     fault_server_requests(r.server), stats.key_stopped ? "stopped" : "goes on");
        rig_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_within_a_200_is_judged_by_the_status_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
