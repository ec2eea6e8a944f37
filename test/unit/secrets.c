/* openai/secrets: what counts as one, and that none is left in what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "openai/secrets.h"

#define KEY "sk-0123456789"

static void keep(gl_secrets *secrets, const char *line)
{
    assert_true(gl_secrets_keep(secrets, gl_strdup(line)));
}

static void open_secrets(gl_secrets *secrets)
{
    gl_secrets_init(secrets);
    assert_true(gl_secrets_reserve(secrets, 3));
    keep(secrets, "Authorization: Bearer " KEY);
    keep(secrets, "X-Token:0123456789abcdef");
    keep(secrets, "api-key: none"); /* too short to be one */
}

static void names_that_tell_of_a_secret_are_known(void **state)
{
    (void)state;
    static const char *const secret[] = { "Authorization: x", "api-key: x", "X-AUTH-TOKEN: x",
                                          "Ocp-Apim-Subscription-Key: x", "cookie:x" };
    static const char *const plain[] = { "Accept: key", "X-Request-Id: token", "User-Agent" };
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        assert_true(gl_secrets_is_one(secret[i]));
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_false(gl_secrets_is_one(plain[i]));
}

static void each_secret_in_a_body_is_covered_and_its_length_kept(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_secrets secrets;
    open_secrets(&secrets);
    gl_slice body = gl_slice_str("a " KEY KEY " b 0123456789abcdef none");
    assert_true(gl_secrets_scrub(&secrets, &body));
    static const char covered[] = "a ************************** b **************** none";
    assert_int_equal(body.len, sizeof covered - 1);
    assert_memory_equal(body.data, covered, body.len);
    gl_secrets_recycle(&secrets);

    gl_slice clean = gl_slice_str("sk-012345678 none");
    const char *before = clean.data;
    assert_true(gl_secrets_scrub(&secrets, &clean));
    assert_ptr_equal(clean.data, before); /* nothing to cover, nothing copied */

    char line[64];
    assert_string_equal(gl_secrets_scrub_line(&secrets, "is " KEY "?", line, sizeof line),
                        "is *************?");
    assert_string_equal(gl_secrets_scrub_line(&secrets, "is it?", line, sizeof line), "is it?");
    assert_null(gl_secrets_scrub_line(&secrets, NULL, line, sizeof line));
    gl_secrets_free(&secrets);
    assert_int_equal(gl_alloc_live(), live);
}

/* Whatever the cuts, what is shown of a text that grows never ends inside a secret. */
static void the_end_of_a_growing_text_waits_while_it_may_be_a_secret(void **state)
{
    (void)state;
    static const char text[] = "so sk-sk-0 " KEY " end 0123456789abcdef.";
    gl_secrets secrets;
    open_secrets(&secrets);
    for (size_t cut = 0; cut < sizeof text; cut++) {
        size_t shown = gl_secrets_safe_length(&secrets, gl_slice_of(text, cut));
        assert_true(shown <= cut);
        const char *key = strstr(text, KEY), *token = strstr(text, "0123456789abcdef");
        size_t from = (size_t)(key - text), to = from + strlen(KEY);
        assert_false(shown > from && shown < to);
        from = (size_t)(token - text), to = from + 16;
        assert_false(shown > from && shown < to);
    }
    assert_int_equal(gl_secrets_safe_length(&secrets, gl_slice_str("nothing")), 7);
    assert_int_equal(gl_secrets_safe_length(&secrets, gl_slice_str("x sk-01")), 2);
    gl_secrets_free(&secrets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_tell_of_a_secret_are_known),
        cmocka_unit_test(each_secret_in_a_body_is_covered_and_its_length_kept),
        cmocka_unit_test(the_end_of_a_growing_text_waits_while_it_may_be_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
