/* stream_responses.c - streams of the Responses API, which have events and an end of their own. */
#include "stream_rig.h"

static void a_stream_of_responses_has_its_own_end(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND,
          OPEN "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
               "\"delta\":\"hi\"}\n\n"
               "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{"
               "\"model\":\"m\",\"status\":\"completed\",\"output\":[{\"type\":\"message\","
               "\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}]}],\"usage\":{"
               "\"input_tokens\":1,\"output_tokens\":2,\"total_tokens\":3}}}\n\n",
          0 },
        { FAULT_HANG, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    fault_server_play(r.server, script);
    const glimpse_result *result = ask_at(&r, "/responses", "{\"input\":\"q\",\"stream\":true}");
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(glimpse_result_text(result, NULL), "hi");
    assert_string_equal(r.text.data, "hi");
    assert_int_equal(glimpse_result_usage(result)->completion_tokens, 2);
    rig_end(&r);
}

static void a_response_that_does_not_repeat_its_text_has_what_came(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND,
          OPEN "data: {\"type\":\"response.output_text.delta\",\"delta\":\"hi \"}\n\n"
               "data: {\"type\":\"response.output_text.delta\",\"delta\":\"there\"}\n\n"
               "data: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\","
               "\"status\":\"completed\",\"output\":[]}}\n\n",
          0 },
        { FAULT_HANG, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    fault_server_play(r.server, script);
    const glimpse_result *result = ask_at(&r, "/responses", "{\"input\":\"q\",\"stream\":true}");
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(glimpse_result_text(result, NULL), "hi there");
    assert_string_equal(r.text.data, "hi there");
    rig_end(&r);
}

static void a_response_that_is_cancelled_at_the_endpoint_is_asked_for_once(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND,
          OPEN "data: {\"type\":\"response.cancelled\",\"response\":{\"status\":\"cancelled\","
               "\"output\":[]}}\n\n",
          0 },
        { FAULT_HANG, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    fault_server_play(r.server, script);
    const glimpse_result *result = ask_at(&r, "/responses", "{\"input\":\"q\",\"stream\":true}");
    assert_string_equal(glimpse_result_error_code(result), "cancelled");
    assert_int_equal(glimpse_result_attempts(result), 1);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_of_responses_has_its_own_end),
        cmocka_unit_test(a_response_that_does_not_repeat_its_text_has_what_came),
        cmocka_unit_test(a_response_that_is_cancelled_at_the_endpoint_is_asked_for_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
