/* errors_in_200.c - failures that hide in a 200, over a real wire: judged by the status they name.
 */
#include "sampler_rig.h"

/* What a 200 with this body, or with it as an event, is taken for. */
static void judge(const char *body, bool streams, glimpse_status status, size_t requests,
                  bool stops)
{
    char answer[512];
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
    r.config.endpoint.api_key = KEY;
    r.config.base_delay_ms = 1;
    r.config.max_attempts = 3;
    fault_server_play(r.server, script);
    const glimpse_result *result =
        rig_ask(&r, streams ? "{\"messages\":[],\"stream\":true}" : "{\"messages\":[]}");
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    glimpse_engine_stats(r.engine, &stats);
    if (glimpse_result_status(result) != status || fault_server_requests(r.server) != requests ||
        stats.key_stopped != stops)
        fail_msg("%s, %s: %s, %zu requests, %s", body, streams ? "streamed" : "plain",
                 glimpse_status_name(glimpse_result_status(result)),
                 fault_server_requests(r.server), stats.key_stopped ? "stopped" : "goes on");
    rig_end(&r);
}

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
        { "{\"message\":\"pay\",\"type\":\"exceeded_current_quota_error\"}",
          GLIMPSE_STATUS_RATE_LIMITED, 1, true },
        { "{\"message\":\"pay\",\"code\":1113}", GLIMPSE_STATUS_RATE_LIMITED, 1, true },
        { "{\"message\":\"Insufficient Balance\"}", GLIMPSE_STATUS_RATE_LIMITED, 1, true },
        { "{\"message\":\"no\",\"code\":402}", GLIMPSE_STATUS_RATE_LIMITED, 1, true },
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
        char body[256];
        snprintf(body, sizeof body, "{\"error\":%s}", table[i / 2].error);
        judge(body, i % 2 == 0, table[i / 2].status, table[i / 2].requests, table[i / 2].stops);
    }
}

static void the_same_holds_for_each_shape_of_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        glimpse_status status;
        size_t requests;
    } table[] = {
        { "{\"object\":\"error\",\"message\":\"top\",\"code\":503}", GLIMPSE_STATUS_SERVER_ERROR,
          3 },
        { "{\"message\":\"top\",\"code\":\"model_not_found\"}", GLIMPSE_STATUS_NOT_FOUND, 1 },
        { "{\"error\":503}", GLIMPSE_STATUS_SERVER_ERROR, 3 },
        { "{\"detail\":{\"message\":\"slow\",\"code\":429}}", GLIMPSE_STATUS_RATE_LIMITED, 3 },
        { "{\"detail\":\"boom\"}", GLIMPSE_STATUS_ERROR, 1 },
        { "[{\"error\":{\"message\":\"list\",\"code\":503}}]", GLIMPSE_STATUS_SERVER_ERROR, 3 },
        { "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"delta\":{},"
          "\"finish_reason\":\"error\",\"error\":{\"code\":502,\"message\":\"or\"}}]}",
          GLIMPSE_STATUS_SERVER_ERROR, 3 },
        { "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"delta\":{},"
          "\"finish_reason\":\"error\"}]}",
          GLIMPSE_STATUS_ERROR, 1 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        judge(table[i].body, false, table[i].status, table[i].requests, false);
        /* A stream that broke off for a reason without a name is tried again. */
        size_t streamed = table[i].status == GLIMPSE_STATUS_ERROR ? 3 : table[i].requests;
        judge(table[i].body, true, table[i].status, streamed, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_within_a_200_is_judged_by_the_status_it_names),
        cmocka_unit_test(the_same_holds_for_each_shape_of_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
