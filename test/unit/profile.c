/* profile.c - what is known of each model: whose entry counts, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/profile.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "policy/profile.h"

static glimpse_profile of(const glimpse_profiles *profiles, const char *model)
{
    glimpse_profile profile;
    glimpse_profile_init(&profile);
    assert_int_equal(glimpse_profiles_find(profiles, model, 0, &profile), GLIMPSE_OK);
    return profile;
}

static glimpse_profiles *read_good(const char *text)
{
    glimpse_profiles *profiles;
    glimpse_problem problem;
    if (glimpse_profiles_new(text, 0, &profiles, &problem) != GLIMPSE_OK)
        fail_msg("%s: %s", text, problem.sentence);
    return profiles;
}

static bool is_newer(const char *model)
{
    return strcmp(of(NULL, model).max_tokens_as, "max_completion_tokens") == 0;
}

static void a_family_is_a_name_and_what_goes_on_behind_it(void **state)
{
    (void)state;
    static const char *const newer[] = { "o1",
                                         "o1-mini",
                                         "openai/o3-mini",
                                         "O4-Mini",
                                         "gpt-5.1",
                                         "GPT-5-nano",
                                         "ft:o4-mini-2025-04-16:org::id",
                                         "a/b/gpt-5" };
    static const char *const older[] = { "o11",  "gpt-50",           "gpt-4o",   "o1x", "xo1", "o",
                                         "gpt-", "ft:gpt-4o:o1::id", "o1/other", "-",   "o2" };
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) assert_true(is_newer(newer[i]));
    for (size_t i = 0; i < sizeof older / sizeof *older; i++) assert_false(is_newer(older[i]));
    assert_string_equal(of(NULL, "openai/o3-mini").from[GLIMPSE_PROFILE_TEMPERATURE].entry, "o3");
}

static void the_longest_name_counts_each_field_by_itself(void **state)
{
    (void)state;
    assert_false(of(NULL, "gpt-4-turbo").schema);
    assert_true(of(NULL, "gpt-4.1-nano").schema); /* gpt-4.1 is longer than gpt-4 */
    glimpse_profile mini = of(NULL, "o1-mini");
    assert_false(mini.schema);      /* o1-mini says it */
    assert_false(mini.temperature); /* o1 does */
}

static void a_price_is_of_one_model_and_its_dates(void **state)
{
    (void)state;
    assert_true(of(NULL, "gpt-4o-mini").price->input == 0.15);
    assert_ptr_equal(of(NULL, "gpt-4o-mini-2024-07-18").price, of(NULL, "gpt-4o-mini").price);
    assert_true(of(NULL, "gpt-4o-2024-05-13").price->input == 5);
    assert_true(of(NULL, "gpt-4o-2024-08-06").price->input == 2.5);
    static const char *const unknown[] = { "gpt-4o-audio", "openai/gpt-4o", "GPT-4o",
                                           "gpt-4o-2024-05-1x", "ft:gpt-4o-2024-08-06:o::i" };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_null(of(NULL, unknown[i]).price);
}

static void entries_of_a_file_go_over_the_table_field_by_field(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    glimpse_profiles *profiles =
        read_good("{\"o3\":{\"thresholds_ms\":[10,20,30,40],\"timeout_ms\":0},"
                  "\"o3-mini\":{\"temperature\":true,\"price\":{\"input\":1,\"output\":2}},"
                  "\"*\":{\"idle_timeout_ms\":7000,\"temperature\":true},"
                  "\"my-model\":{\"max_tokens_as\":\"max_completion_tokens\",\"schema\":false,"
                  "\"first_byte_timeout_ms\":9},"
                  "\"strict\":{\"max_tokens_as\":\"none\",\"stream_options\":false}}");
    glimpse_profile p = of(profiles, "o3-mini");
    assert_int_equal(p.thresholds.t4_ms, 40);
    assert_int_equal(p.timeout_ms, 0);
    assert_true(p.temperature);
    assert_string_equal(p.max_tokens_as, "max_completion_tokens"); /* the table's */
    assert_true(p.price->output == 2 && p.price->cached_input < 0);
    assert_int_equal(p.idle_timeout_ms, 7000);
    assert_true(p.from[GLIMPSE_PROFILE_PRICE].own);
    assert_false(p.from[GLIMPSE_PROFILE_MAX_TOKENS_AS].own);
    assert_string_equal(p.from[GLIMPSE_PROFILE_IDLE_TIMEOUT].entry, "*");
    assert_true(of(profiles, "o1").temperature); /* "*" of the file is before o1 of the table */
    p = of(profiles, "anything");
    assert_int_equal(p.idle_timeout_ms, 7000);
    assert_int_equal(p.thresholds.t1_ms, 1500);
    assert_null(p.from[GLIMPSE_PROFILE_THRESHOLDS].entry);
    p = of(profiles, "my-model:7b");
    assert_string_equal(p.max_tokens_as, "max_completion_tokens");
    assert_false(p.schema);
    assert_int_equal(p.first_byte_timeout_ms, 9);
    assert_true(p.stream_options);
    p = of(profiles, "strict");
    assert_string_equal(p.max_tokens_as, "none");
    assert_false(p.stream_options);
    size_t names = 0;
    while (glimpse_profiles_name(profiles, names) != NULL) names++;
    assert_string_equal(glimpse_profiles_name(profiles, names - 1), "strict");
    assert_null(glimpse_profiles_name(NULL, names - 5));
    glimpse_profiles_unref(glimpse_profiles_ref(profiles));
    glimpse_profiles_unref(profiles);
    glimpse_profiles_unref(NULL);
    assert_int_equal(gl_alloc_live(), live);
}

static void what_is_no_profile_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *model, *what;
    } bad[] = {
        { "{", "", "not JSON" },
        { "[]", "", "not a JSON object" },
        { "{\"m\":1}", "m", "must be an object" },
        { "{\"m\":{\"colour\":1}}", "m", "colour" },
        { "{\"m\":{\"thresholds_ms\":[4,3,2,1]}}", "m", "rise strictly" },
        { "{\"m\":{\"thresholds_ms\":[1,2,3]}}", "m", "four numbers" },
        { "{\"m\":{\"thresholds_ms\":[1,2,3,4,5]}}", "m", "four numbers" },
        { "{\"m\":{\"thresholds_ms\":[0.5,2,3,4]}}", "m", "four numbers" },
        { "{\"m\":{\"thresholds_ms\":\"auto\"}}", "m", "four numbers" },
        { "{\"m\":{\"price\":{\"input\":1}}}", "m", "needs \"output\"" },
        { "{\"m\":{\"price\":{\"output\":1}}}", "m", "needs \"input\"" },
        { "{\"m\":{\"price\":{\"input\":-1,\"output\":1}}}", "m", "needs \"input\"" },
        { "{\"m\":{\"price\":{\"input\":1,\"output\":1,\"per\":2}}}", "m", "none of input" },
        { "{\"m\":{\"price\":{\"input\":1,\"output\":1,\"cached_input\":\"1\"}}}", "m", "cached" },
        { "{\"m\":{\"price\":{\"input\":1,\"output\":1,\"max_output\":1e30}}}", "m", "max_output" },
        { "{\"m\":{\"price\":7}}", "m", "dollars" },
        { "{\"m\":{\"max_tokens_as\":\"tokens\"}}", "m", "max_completion_tokens" },
        { "{\"m\":{\"stream_options\":{}}}", "m", "true or false" },
        { "{\"m\":{\"temperature\":0.7}}", "m", "true or false" },
        { "{\"m\":{\"schema\":null}}", "m", "true or false" },
        { "{\"m\":{\"timeout_ms\":-1}}", "m", "milliseconds" },
        { "{\"m\":{\"timeout_ms\":\"30s\"}}", "m", "milliseconds" },
        { "{\"m\":{\"idle_timeout_ms\":1e12}}", "m", "milliseconds" },
        { "{\"m\":{\"timeout_ms\":1,\"timeout_ms\":2}}", "m", "twice" },
        { "{\"m\":{},\"m\":{}}", "m", "twice" },
        { "{\"\":{}}", "", "no name" },
    };
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        glimpse_profiles *profiles;
        glimpse_problem problem;
        assert_int_equal(glimpse_profiles_new(bad[i].text, 0, &profiles, &problem),
                         GLIMPSE_ERR_INVALID);
        assert_null(profiles);
        if (strncmp(problem.sentence, bad[i].model, strlen(bad[i].model)) != 0 ||
            strstr(problem.sentence, bad[i].what) == NULL)
            fail_msg("%s: '%s' does not say '%s'", bad[i].text, problem.sentence, bad[i].what);
        assert_int_equal(glimpse_profiles_new(bad[i].text, 0, &profiles, NULL),
                         GLIMPSE_ERR_INVALID);
    }
    assert_int_equal(gl_alloc_live(), live);
}

static bool refuse_memory(void)
{
    return false;
}

static void without_memory_there_are_none(void **state)
{
    (void)state;
    glimpse_profiles *profiles;
    gl_alloc_set_gate(refuse_memory);
    assert_int_equal(glimpse_profiles_new("{\"m\":{}}", 0, &profiles, NULL), GLIMPSE_ERR_OOM);
    gl_alloc_set_gate(NULL);
    glimpse_profile old = { .size = 0 };
    assert_int_equal(glimpse_profiles_find(NULL, "m", 0, &old), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_profiles_find(NULL, NULL, 0, &old), GLIMPSE_ERR_INVALID);
    assert_string_equal(glimpse_profile_field_name((glimpse_profile_field)99), "unknown");
}

/* A name of few letters, so that many begin alike. */
static void draw_name(gl_rng *rng, char *name, size_t most)
{
    static const char letters[] = "abAB-.:/*";
    size_t len = 1 + gl_rng_below(rng, (uint32_t)most);
    for (size_t i = 0; i < len; i++) name[i] = letters[gl_rng_below(rng, 9)];
    name[len] = '\0';
}

/* What the table of names finds is what is found when every entry is looked at. */
static void many_entries_are_found_as_if_each_were_looked_at(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 7);
    for (int round = 0; round < 300; round++) {
        enum { ENTRIES = 40 };
        char names[ENTRIES][16];
        int count = 0;
        gl_buf text;
        gl_buf_init(&text, 100000);
        gl_buf_append_char(&text, '{');
        while (count < ENTRIES) {
            bool twice = false;
            draw_name(&rng, names[count], 4);
            for (int i = 0; i < count; i++) twice = twice || strcmp(names[i], names[count]) == 0;
            if (twice) continue;
            gl_buf_printf(&text,
                          "%s\"%s\":{\"timeout_ms\":%d,\"price\":{\"input\":%d,\"output\":0}}",
                          count > 0 ? "," : "", names[count], 1000 + count, count);
            count++;
        }
        gl_buf_append_char(&text, '}');
        assert_true(gl_buf_terminate(&text));
        glimpse_profiles *profiles = read_good(text.data);
        for (int ask = 0; ask < 100; ask++) {
            char model[32];
            draw_name(&rng, model, 10);
            glimpse_profile found = of(profiles, model), wanted;
            gl_profile_default(&wanted);
            gl_profile_entry entries[ENTRIES];
            for (int i = 0; i < count; i++) {
                entries[i] = (gl_profile_entry){ .name = names[i],
                                                 .says = 1U << GLIMPSE_PROFILE_TIMEOUT |
                                                         1U << GLIMPSE_PROFILE_PRICE,
                                                 .price = { .input = i },
                                                 .limits = { 0, 0, 1000 + i } };
                gl_profile_take(&wanted, &entries[i], true, gl_slice_str(model));
            }
            assert_int_equal(found.timeout_ms, wanted.timeout_ms);
            assert_int_equal(found.price != NULL, wanted.price != NULL);
            if (wanted.price != NULL)
                assert_int_equal((int)found.price->input, (int)wanted.price->input);
        }
        glimpse_profiles_unref(profiles);
        gl_buf_free(&text);
    }
}

/* Each name of the table, with what may stand before and behind it, and cut. */
static void the_table_is_searched_as_if_each_entry_were_looked_at(void **state)
{
    (void)state;
    static const char *const before[] = { "", "openai/", "ft:", "a/b/", "x", "FT:" };
    static const char *const behind[] = {
        "", "-2024-07-18", ":org::id", "x", ".5", "-mini", "/o1"
    };
    for (size_t i = 0; i < gl_profile_table_count; i++) {
        for (size_t n = 0; n < 6 * 7 * 3; n++) {
            char model[128];
            const char *name = gl_profile_table[i].name;
            int cut = (int)strlen(name) - (int)(n % 3 == 2);
            snprintf(model, sizeof model, "%s%.*s%s", before[n / 21], cut, name, behind[n / 3 % 7]);
            for (char *c = model; *c != '\0' && n % 3 == 1; c++)
                *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
            glimpse_profile found = of(NULL, model), wanted;
            gl_profile_default(&wanted);
            for (size_t k = 0; k < gl_profile_table_count; k++)
                gl_profile_take(&wanted, &gl_profile_table[k], false, gl_slice_str(model));
            for (int field = 0; field < GLIMPSE_PROFILE_FIELD_COUNT; field++)
                assert_ptr_equal(found.from[field].entry, wanted.from[field].entry);
        }
    }
}

/* 20,000 entries: each is found, and none is looked at for another. */
static void a_file_of_many_entries_is_no_list(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_buf text;
    char name[4200];
    gl_buf_init(&text, SIZE_MAX / 2);
    for (int i = 0; i < 20000; i++)
        gl_buf_printf(&text, "%s\"model-%d\":{\"timeout_ms\":%d}", i > 0 ? "," : "{", i, i + 1);
    gl_buf_append_char(&text, '}');
    assert_true(gl_buf_terminate(&text));
    glimpse_profiles *profiles = read_good(text.data);
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "vendor/model-%d-latest", i);
        assert_int_equal(of(profiles, name).timeout_ms, i + 1);
    }
    memset(name, '-', sizeof name - 1); /* a name that may end anywhere */
    name[sizeof name - 1] = '\0';
    assert_int_equal(of(profiles, name).timeout_ms, 600000);
    glimpse_profiles_unref(profiles);
    gl_buf_free(&text);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_is_a_name_and_what_goes_on_behind_it),
        cmocka_unit_test(the_longest_name_counts_each_field_by_itself),
        cmocka_unit_test(a_price_is_of_one_model_and_its_dates),
        cmocka_unit_test(entries_of_a_file_go_over_the_table_field_by_field),
        cmocka_unit_test(what_is_no_profile_is_named),
        cmocka_unit_test(without_memory_there_are_none),
        cmocka_unit_test(many_entries_are_found_as_if_each_were_looked_at),
        cmocka_unit_test(the_table_is_searched_as_if_each_entry_were_looked_at),
        cmocka_unit_test(a_file_of_many_entries_is_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
