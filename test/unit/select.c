/* Which sampler is set up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "endpoint.h"
#include "policy/select.h"

static gl_choice choose(glimpse_use_openai use, const char *key, const char *base_url)
{
    glimpse_config config;
    memset(&config, 0, sizeof config);
    config.use_openai = use;
    config.endpoint.api_key = key;
    config.endpoint.base_url = base_url;
    const char *reason = NULL;
    glimpse_problem problem = { .sentence = "" };
    gl_choice choice = gl_select(&config, &reason, &problem);
    assert_non_null(reason);
    assert_int_equal(reason[0] != '\0', choice == GL_CHOICE_LOCAL);
    assert_int_equal(problem.sentence[0] != '\0', choice == GL_CHOICE_REFUSED);
    if (key != NULL && key[0] != '\0') {
        assert_null(strstr(reason, key));
        assert_null(strstr(problem.sentence, key));
    }
    return choice;
}

static void auto_takes_openai_with_a_key_or_another_base_url(void **state)
{
    (void)state;
    glimpse_use_openai use = GLIMPSE_USE_OPENAI_AUTO;
    assert_int_equal(choose(use, "sk-1", NULL), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, NULL, "http://127.0.0.1:8080/v1"), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, "sk-1", "http://127.0.0.1:8080/v1"), GL_CHOICE_OPENAI);
}

static void auto_takes_local_with_neither(void **state)
{
    (void)state;
    glimpse_use_openai use = GLIMPSE_USE_OPENAI_AUTO;
    assert_int_equal(choose(use, NULL, NULL), GL_CHOICE_LOCAL);
    assert_int_equal(choose(use, NULL, "https://api.openai.com/v1"), GL_CHOICE_LOCAL);
    assert_int_equal(choose(use, NULL, "HTTPS://API.openai.com/v1//"), GL_CHOICE_LOCAL);
}

static void what_is_given_but_malformed_is_no_reason_for_local(void **state)
{
    (void)state;
    glimpse_use_openai use = GLIMPSE_USE_OPENAI_AUTO;
    assert_int_equal(choose(use, "", NULL), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, "sk\n1", NULL), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, NULL, ""), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, NULL, "ftp://api.openai.com/v1"), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, NULL, "https://api.openai.com/v1 x"), GL_CHOICE_REFUSED);
    assert_int_equal(choose(use, NULL, "https://api.openai.com/v1x"), GL_CHOICE_REFUSED);
}

static void always_without_a_key_to_openai_is_refused(void **state)
{
    (void)state;
    glimpse_use_openai use = GLIMPSE_USE_OPENAI_ALWAYS;
    assert_int_equal(choose(use, NULL, NULL), GL_CHOICE_REFUSED);
    assert_int_equal(choose(use, NULL, "https://Api.OpenAI.com:443/v1"), GL_CHOICE_REFUSED);
    assert_int_equal(choose(use, NULL, "http://api.openai.com"), GL_CHOICE_REFUSED);
    assert_int_equal(choose(use, "sk-1", NULL), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, NULL, "https://api.openai.com.example.net/v1"), GL_CHOICE_OPENAI);
    assert_int_equal(choose(use, NULL, "http://localhost:11434/v1"), GL_CHOICE_OPENAI);
}

static void a_deployment_of_azure_s_needs_its_endpoint_and_its_version(void **state)
{
    (void)state;
    const char *reason;
    glimpse_problem problem;
    glimpse_config config;
    glimpse_config_init(&config);
    config.endpoint.azure_endpoint = "https://x.openai.azure.com";
    config.endpoint.azure_api_key = "azure";
    config.endpoint.api_version = "2024-10-21";
    assert_int_equal(gl_select(&config, &reason, &problem),
                     GL_CHOICE_LOCAL); /* no deployment, no Azure */
    assert_string_equal(gl_endpoint_url(&config.endpoint), "https://api.openai.com/v1");
    assert_null(gl_endpoint_key(&config.endpoint));
    config.endpoint.azure_deployment = "d";
    config.endpoint.base_url = "https://api.openai.com/v1";
    config.endpoint.api_key = "sk-1";
    assert_int_equal(gl_select(&config, &reason, &problem), GL_CHOICE_OPENAI);
    assert_string_equal(gl_endpoint_url(&config.endpoint), config.endpoint.azure_endpoint);
    assert_string_equal(gl_endpoint_key(&config.endpoint), "azure");
    config.endpoint.azure_api_key = NULL;
    assert_string_equal(gl_endpoint_key(&config.endpoint), "sk-1");
    config.endpoint.api_version = NULL;
    assert_int_equal(gl_select(&config, &reason, &problem), GL_CHOICE_REFUSED);
    assert_string_equal(problem.field, "endpoint.api_version");
    config.endpoint.api_version = "1";
    config.endpoint.azure_endpoint = config.endpoint.base_url = NULL;
    assert_int_equal(gl_select(&config, &reason, &problem), GL_CHOICE_REFUSED);
    assert_string_equal(problem.field, "endpoint.azure_deployment");
    config.use_openai = GLIMPSE_USE_OPENAI_NEVER;
    assert_int_equal(gl_select(&config, &reason, &problem), GL_CHOICE_LOCAL);
}

static void never_is_local_whatever_is_given(void **state)
{
    (void)state;
    glimpse_use_openai use = GLIMPSE_USE_OPENAI_NEVER;
    assert_int_equal(choose(use, "sk-1", "http://localhost/v1"), GL_CHOICE_LOCAL);
    assert_int_equal(choose(use, NULL, NULL), GL_CHOICE_LOCAL);
}

static void the_variable_takes_six_words_in_any_case(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        glimpse_use_openai use;
    } table[] = {
        { "true", true, GLIMPSE_USE_OPENAI_AUTO },   { "TRUE", true, GLIMPSE_USE_OPENAI_AUTO },
        { "1", true, GLIMPSE_USE_OPENAI_AUTO },      { "Yes", true, GLIMPSE_USE_OPENAI_AUTO },
        { "false", true, GLIMPSE_USE_OPENAI_NEVER }, { "0", true, GLIMPSE_USE_OPENAI_NEVER },
        { "nO", true, GLIMPSE_USE_OPENAI_NEVER },    { "", false, GLIMPSE_USE_OPENAI_ALWAYS },
        { "on", false, GLIMPSE_USE_OPENAI_ALWAYS },  { "true ", false, GLIMPSE_USE_OPENAI_ALWAYS },
        { "2", false, GLIMPSE_USE_OPENAI_ALWAYS },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        glimpse_use_openai use = GLIMPSE_USE_OPENAI_ALWAYS;
        assert_int_equal(gl_select_parse(table[i].text, &use), table[i].ok);
        assert_int_equal(use, table[i].use);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_takes_openai_with_a_key_or_another_base_url),
        cmocka_unit_test(auto_takes_local_with_neither),
        cmocka_unit_test(what_is_given_but_malformed_is_no_reason_for_local),
        cmocka_unit_test(always_without_a_key_to_openai_is_refused),
        cmocka_unit_test(a_deployment_of_azure_s_needs_its_endpoint_and_its_version),
        cmocka_unit_test(never_is_local_whatever_is_given),
        cmocka_unit_test(the_variable_takes_six_words_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
