/* mock_usage: the tokens of an answer, found from its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mock/mock_usage.h"

static void usage_is_found_wherever_it_stands_and_not_in_a_text(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        uint64_t prompt, completion;
    } table[] = {
        { "{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}", 7, 3 },
        { "{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10,"
          "\"prompt_tokens_details\":{\"cached_tokens\":0},\"d\":{}},\"service_tier\":\"default\"}",
          7, 3 },
        { "{\"usage\":{\"input_tokens\":12,\"output_tokens\":34},\"metadata\":{}}", 12, 34 },
        { "{\"data\":[],\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5}}", 5, 0 },
        { "{\"text\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":9}\"}", 0, 0 },
        { "{\"usage\":null}", 0, 0 },
        { "{}", 0, 0 },
        { "", 0, 0 },
        { "{\"usage\":{", 0, 0 },
        { "{\"usage\":{\"prompt_tokens\":", 0, 0 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        mock_usage usage = mock_usage_of(gl_slice_str(table[i].answer));
        assert_int_equal(usage.prompt, table[i].prompt);
        assert_int_equal(usage.completion, table[i].completion);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_is_found_wherever_it_stands_and_not_in_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
