/* Where a path goes at Azure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "openai/azure.h"

static void assert_path(const char *deployment, const char *path, const char *expected)
{
    gl_buf out;
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_azure_path(deployment, "2024-10-21", path, &out);
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(out.data, expected);
    gl_buf_free(&out);
}

static void a_deployment_s_paths_are_below_it(void **state)
{
    (void)state;
    assert_path("gpt-4o", "/chat/completions",
                "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21");
    assert_path("e", "/embeddings", "/openai/deployments/e/embeddings?api-version=2024-10-21");
    assert_path("e", "/embeddings?a=b",
                "/openai/deployments/e/embeddings?a=b&api-version=2024-10-21");
    assert_path("e", "/responses", "/openai/responses?api-version=2024-10-21");
    assert_path("e", "/models", "/openai/models?api-version=2024-10-21");
    assert_path("e", "/chat/completions/x", "/openai/chat/completions/x?api-version=2024-10-21");
}

static void no_name_leads_out_of_the_path(void **state)
{
    (void)state;
    assert_path("a/../../b", "/completions",
                "/openai/deployments/a%2F..%2F..%2Fb/completions?api-version=2024-10-21");
    assert_path("a?b#c%d e", "/completions",
                "/openai/deployments/a%3Fb%23c%25d%20e/completions?api-version=2024-10-21");
    assert_path("\xC3\xA9~_.-", "/completions",
                "/openai/deployments/%C3%A9~_.-/completions?api-version=2024-10-21");
    assert_int_equal(gl_azure_check(".", "1", NULL), GLIMPSE_ERR_INVALID);
    assert_int_equal(gl_azure_check("..", "1", NULL), GLIMPSE_ERR_INVALID);
    assert_int_equal(gl_azure_check("...", "1", NULL), GLIMPSE_OK);
    gl_buf out;
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_azure_path("d", "1&x=/y", "/completions", &out);
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(out.data, "/openai/deployments/d/completions?api-version=1%26x%3D%2Fy");
    gl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deployment_s_paths_are_below_it),
        cmocka_unit_test(no_name_leads_out_of_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
