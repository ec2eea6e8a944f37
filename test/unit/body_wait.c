/* openai/body_wait: the places and spellings of a wait in a body, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "openai/body_wait.h"

static void a_wait_is_found_wherever_servers_put_it(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int64_t ms;
    } table[] = {
        { "[{\"error\":{\"code\":429,\"details\":[{\"violations\":[{}]},{\"@type\":\"x\","
          "\"retryDelay\":\"25.120001s\"}]}}]",
          25121 }, /* Gemini; rounded up */
        { "{\"error\":{\"retry_after\":20}}", 20000 },
        { "{\"error\":{\"retry_after\":1.5}}", 1500 },
        { "{\"error\":{\"retry_after\":\"20\"}}", 20000 },
        { "{\"error\":{\"retry_after\":\"1m30s\"}}", 90000 },
        { "{\"error\":{\"retry_after_ms\":250}}", 250 },
        { "{\"error\":{\"retry_after_ms\":\"2s\"}}", 2000 }, /* a unit says more than a name */
        { "{\"error\":{\"metadata\":{\"retry_after_seconds\":7}}}", 7000 },
        { "{\"error\":{\"metadata\":{\"headers\":{\"Retry-After\":\"9\"}}}}", 9000 },
        { "{\"detail\":{\"retryAfter\":3}}", 3000 },
        { "{\"message\":\"m\",\"retry_after\":0.064}", 64 },
        { "{\"retryAfterMs\":64,\"error\":{\"retry_after\":9}}", 64 },
        { "{\"error\":{\"retry_after\":1e400}}", INT64_MAX },
        { "{\"error\":{\"retry_after\":0}}", -1 },
        { "{\"error\":{\"retry_after\":-4}}", -1 },
        { "{\"error\":{\"retry_after\":null}}", -1 },
        { "{\"error\":{\"retry_after\":\"soon\"}}", -1 },
        { "{\"error\":{\"retry_after\":\"Fri, 29 Sep 2023 16:26:57 GMT\"}}", -1 },
        { "{\"error\":{\"retry_after\":[20]}}", -1 },
        /* What a server echoes of the request is no wish of its own. */
        { "{\"detail\":[{\"msg\":\"m\",\"input\":{\"retry_after\":9}}]}", -1 },
        { "{\"request\":{\"retry_after\":9},\"body\":[{\"retry_after\":9}]}", -1 },
        { "[[[[[[{\"retry_after\":9}]]]]]]", -1 },
        { "\"retry_after\"", -1 },
        { "{}", -1 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gl_json root;
        assert_int_equal(gl_json_check(gl_slice_str(table[i].body), &root, NULL), GL_JSON_OK);
        if (gl_body_wait(root) != table[i].ms)
            fail_msg("%s: %lld", table[i].body, (long long)gl_body_wait(root));
    }
}

static void words_that_name_a_wait_and_its_unit_are_one(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        int64_t ms;
    } table[] = {
        { "Quota exceeded. Please retry in 25.120001s.", 25121 },      /* Gemini */
        { "Rate limit reached. Please try again in 20ms. Visit", 20 }, /* OpenAI */
        { "Please try again in 1m12.5s.", 72500 },
        { "Please retry after 26 seconds.", 26000 }, /* Azure */
        { "Try again after 2 minutes", 120000 },
        { "retry in a moment, or try again in 3s", 3000 },
        { "retry in 5", -1 }, /* of what */
        { "try again in 3 sausages", -1 },
        { "try again in -3s", -1 },
        { "retry in ", -1 },
        { "try again later", -1 },
        { "", -1 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (gl_worded_wait(table[i].message) != table[i].ms)
            fail_msg("%s: %lld", table[i].message, (long long)gl_worded_wait(table[i].message));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_found_wherever_servers_put_it),
        cmocka_unit_test(words_that_name_a_wait_and_its_unit_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
