/* The tokens that an answer is billed by, in the words of each endpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "decoder_rig.h"

static void assert_bill(const char *members, int64_t prompt, int64_t cached, int64_t completion)
{
    char body[512];
    snprintf(body, sizeof body, "{\"object\":\"list\",\"data\":[1]%s%s}",
             members[0] != '\0' ? "," : "", members);
    gl_decode_input input = { .status = 200, .body = gl_slice_str(body), .path = "/embeddings" };
    glimpse_outcome o;
    gl_decode(decoder, &input, &o);
    const glimpse_bill bill = { prompt, cached, completion };
    assert_int_equal(o.error, GLIMPSE_OK);
    assert_memory_equal(&o.sample.bill, &bill, sizeof bill);
}

static void the_bill_is_read_in_the_words_of_each_endpoint(void **state)
{
    (void)state;
    assert_bill("\"usage\":{\"prompt_tokens\":1000000,\"completion_tokens\":500000,"
                "\"prompt_tokens_details\":{\"cached_tokens\":400000}}",
                1000000, 400000, 500000);
    assert_bill("\"usage\":{\"input_tokens\":10,\"output_tokens\":5,\"input_tokens_details\":{"
                "\"cached_tokens\":10}}",
                10, 10, 5);
    assert_bill("\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}", 7, 0, 0);
    assert_bill("\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":null,"
                "\"prompt_tokens_details\":null}",
                7, 0, 0);
    assert_bill("\"service_tier\":\"default\",\"usage\":{\"prompt_tokens\":7}", 7, 0, 0);
    assert_bill("\"service_tier\":null,\"usage\":{\"prompt_tokens\":7}", 7, 0, 0);
    assert_bill("\"usage\":{\"prompt_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":3}},"
                "\"usage\":{\"prompt_tokens\":8}", /* the last of a name counts */
                8, 0, 0);
}

static void a_bill_with_a_count_that_is_none_is_unknown(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "\"usage\":null",
        "\"usage\":{}",
        "\"usage\":{\"completion_tokens\":5}",
        "\"usage\":{\"prompt_tokens\":-1}",
        "\"usage\":{\"prompt_tokens\":\"7\"}",
        "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1e99}",
        "\"usage\":{\"prompt_tokens\":9007199254740993}",
        "\"usage\":{\"prompt_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":2}}",
        "\"usage\":{\"prompt_tokens\":7},\"usage\":[7]",
        "\"service_tier\":\"flex\",\"usage\":{\"prompt_tokens\":7}",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) assert_bill(none[i], -1, 0, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_bill_is_read_in_the_words_of_each_endpoint),
        TEST(a_bill_with_a_count_that_is_none_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
