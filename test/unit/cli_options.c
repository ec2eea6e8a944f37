/* cli/options/options, settings, checks: one table, three places a value may come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "exits.h"
#include "options/checks.h"
#include "options/settings.h"

/* Reads argv as batch does; the caller frees the settings. */
static int read_batch(cli_settings *settings, int argc, const char **argv)
{
    char *words[16];
    bool help;
    for (int i = 0; i < argc; i++) {
        words[i] = strdup(argv[i]);
        assert_non_null(words[i]);
    }
    int code = settings_read(settings, FOR_BATCH, "batch", argc, words, &help);
    /* Settings borrow from argv: what this test looks at afterwards are numbers. */
    for (int i = 0; i < argc; i++) free(words[i]);
    return code;
}

static void forget_environment(void)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].environment != NULL) unsetenv(option_table[i].environment);
}

/* What help shows of the options that are by model. */
static void the_profiles_are_shown(const cli_settings *settings)
{
    cli_settings shown = *settings;
    glimpse_profile profile;
    glimpse_profile_init(&profile);
    assert_int_equal(glimpse_profiles_find(NULL, "unknown", 0, &profile), GLIMPSE_OK);
    for (size_t i = 0; i < option_count; i++) {
        const cli_option *row = &option_table[i];
        if (row->by_model) assert_null(option_set(&shown, row, row->default_text, FROM_DEFAULT));
    }
    assert_memory_equal(&shown.engine.thresholds, &profile.thresholds, sizeof profile.thresholds);
    assert_int_equal(shown.engine.timeout_ms, profile.timeout_ms);
}

static void the_table_s_defaults_are_the_library_s(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    cli_settings settings;
    glimpse_config config;
    forget_environment();
    glimpse_config_init(&config);
    assert_int_equal(read_batch(&settings, 0, NULL), 0);
    const glimpse_config *engine = &settings.engine;
    assert_string_equal(engine->model, config.model);
    assert_true(engine->temperature == config.temperature);
    assert_int_equal(engine->max_tokens, config.max_tokens);
    assert_memory_equal(&engine->thresholds, &config.thresholds, sizeof config.thresholds);
    the_profiles_are_shown(&settings);
    assert_int_equal(engine->cache_entries, config.cache_entries);
    assert_int_equal(engine->cache_bytes, config.cache_bytes);
    assert_int_equal(engine->cache_ttl_ms, config.cache_ttl_ms);
    glimpse_sqlite_store_config store;
    glimpse_sqlite_store_config_init(&store);
    assert_int_equal(settings.store_bytes, store.max_bytes);
    assert_int_equal(settings.store_ttl_ms, store.ttl_ms);
    assert_int_equal(engine->cache_dynamic, config.cache_dynamic);
    assert_int_equal(engine->max_attempts, config.max_attempts);
    assert_int_equal(engine->base_delay_ms, config.base_delay_ms);
    assert_int_equal(engine->max_delay_ms, config.max_delay_ms);
    assert_int_equal(engine->max_retry_after_ms, config.max_retry_after_ms);
    assert_int_equal(engine->concurrency, config.concurrency);
    assert_int_equal(engine->connect_timeout_ms, config.connect_timeout_ms);
    assert_int_equal(engine->first_byte_timeout_ms, config.first_byte_timeout_ms);
    assert_int_equal(engine->idle_timeout_ms, config.idle_timeout_ms);
    assert_int_equal(engine->timeout_ms, config.timeout_ms);
    assert_int_equal(engine->deadline_ms, config.deadline_ms);
    assert_int_equal(engine->fallback_on, config.fallback_on);
    assert_int_equal(engine->hedge_ms, config.hedge_ms);
    assert_true(engine->hedge_budget == config.hedge_budget);
    assert_int_equal(engine->endpoint.http_version, config.endpoint.http_version);
    assert_int_equal(engine->use_openai, config.use_openai);
    assert_int_equal(engine->log_level, config.log_level);
    assert_memory_equal(&engine->alerts, &config.alerts, sizeof config.alerts);
    settings_free(&settings);
    assert_int_equal(gl_alloc_live(), live);
}

static void every_name_is_one_row_and_every_default_is_accepted(void **state)
{
    (void)state;
    cli_settings settings;
    forget_environment();
    assert_int_equal(read_batch(&settings, 0, NULL), 0);
    for (size_t i = 0; i < option_count; i++) {
        const cli_option *row = &option_table[i];
        for (size_t j = 0; j < i; j++) /* for one command a name means one thing */
            assert_true((row->commands & option_table[j].commands) == 0 ||
                        strcmp(row->name, option_table[j].name) != 0);
        if (row->default_text != NULL)
            assert_null(option_set(&settings, row, row->default_text, FROM_DEFAULT));
        if (!row->environment_only)
            assert_ptr_equal(option_find(row->name, strlen(row->name), row->commands), row);
    }
    settings_free(&settings);
}

static void a_flag_beats_the_environment_which_beats_the_file(void **state)
{
    (void)state;
    char path[] = "/tmp/glimpse-options-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("# a comment\n\n  thresholds = 1,2,3,4 \nlog-level=error\nconcurrency = 7\r\n"
          "# keys of other commands are fine\nport = 99\n",
          file);
    fclose(file);
    forget_environment();
    setenv("GLIMPSE_THRESHOLDS", "5,6,7,8", 1);
    setenv("GLIMPSE_LOG", "info", 1);
    cli_settings settings;
    const char *argv[] = { "--config", path, "--log-level=debug" };
    assert_int_equal(read_batch(&settings, 3, argv), 0);
    assert_int_equal(settings.engine.log_level, GLIMPSE_LOG_DEBUG);
    assert_int_equal(settings.engine.thresholds.t1_ms, 5);
    assert_int_equal(settings.engine.concurrency, 7);
    assert_int_equal(settings.port, 0);
    settings_free(&settings);
    forget_environment();
    assert_int_equal(read_batch(&settings, 2, argv), 0);
    assert_int_equal(settings.engine.log_level, GLIMPSE_LOG_ERROR);
    assert_int_equal(settings.engine.thresholds.t4_ms, 4);
    settings_free(&settings);
    unlink(path);
}

static void aliases_are_the_environment_s_only(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int code;
        glimpse_use_openai use;
    } cases[] = {
        { "true", 0, GLIMPSE_USE_OPENAI_AUTO },     { "1", 0, GLIMPSE_USE_OPENAI_AUTO },
        { "Yes", 0, GLIMPSE_USE_OPENAI_AUTO },      { "FALSE", 0, GLIMPSE_USE_OPENAI_NEVER },
        { "no", 0, GLIMPSE_USE_OPENAI_NEVER },      { "0", 0, GLIMPSE_USE_OPENAI_NEVER },
        { "openai", 0, GLIMPSE_USE_OPENAI_ALWAYS }, { "maybe", EXIT_VALUE, 0 }
    };
    forget_environment();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cli_settings settings;
        setenv("GLIMPSE_USE_OPENAI", cases[i].word, 1);
        assert_int_equal(read_batch(&settings, 0, NULL), cases[i].code);
        if (cases[i].code == 0) assert_int_equal(settings.engine.use_openai, cases[i].use);
        settings_free(&settings);
    }
    forget_environment();
    cli_settings settings;
    const char *argv[] = { "--sampler", "yes" };
    assert_int_equal(read_batch(&settings, 2, argv), EXIT_VALUE);
    settings_free(&settings);
}

static void grammar_errors_are_usage_and_refused_values_are_not(void **state)
{
    (void)state;
    static const struct {
        const char *argv[3];
        int argc, code;
    } cases[] = {
        { { "--concurency", "5" }, 2, EXIT_USAGE }, { { "-z" }, 1, EXIT_USAGE },
        { { "--concurrency" }, 1, EXIT_USAGE },     { { "--port", "1" }, 2, EXIT_USAGE },
        { { "--api-key", "k" }, 2, EXIT_USAGE },    { { "--concurrency", "0" }, 2, EXIT_VALUE },
        { { "--cache-ttl", "-5" }, 2, EXIT_VALUE }, { { "--thresholds=4,3,2,1" }, 1, EXIT_VALUE },
        { { "--http=3" }, 1, EXIT_VALUE },          { { "--fallback=maybe" }, 1, EXIT_VALUE },
        { { "--seed=-1" }, 1, EXIT_VALUE },         { { "--temperature=2.1" }, 1, EXIT_VALUE },
        { { "--header=x" }, 1, EXIT_VALUE },        { { "--", "--nonsense", "-" }, 3, 0 },
        { { "-q", "-oout", "in" }, 3, 0 },          { { "-qo", "out" }, 2, 0 },
    };
    forget_environment();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cli_settings settings;
        const char *argv[3];
        memcpy(argv, cases[i].argv, sizeof argv);
        assert_int_equal(read_batch(&settings, cases[i].argc, argv), cases[i].code);
        settings_free(&settings);
    }
}

static void a_misspelt_option_finds_its_neighbour(void **state)
{
    (void)state;
    assert_string_equal(option_nearest("concurency", 10, FOR_BATCH)->name, "concurrency");
    assert_string_equal(option_nearest("thresold", 8, FOR_BATCH)->name, "thresholds");
    assert_null(option_nearest("xyzzyplugh", 10, FOR_BATCH));
    assert_null(option_nearest("ports", 5, FOR_KEY));
}

static void a_base_url_is_http_with_a_host_and_nothing_else(void **state)
{
    (void)state;
    static const char *const good[] = { "https://api.openai.com/v1", "http://127.0.0.1:8080/v1",
                                        "HTTP://[::1]:80", "https://h", "http://a_b.c-d/x/y/" };
    static const char *const bad[] = {
        "",           "ftp://h/v1",  "api.openai.com", "http://",        "http:///v1",
        "http://h h", "http://h\n",  "http://u:p@h",   "http://h:0",     "http://h:65536",
        "http://h:",  "http://h:8x", "http://h/?a=b",  "http://h/#f",    "http://[::1",
        "http://[]",  "http://h\\x", "https://h/\xc3", "http://[::1]x/", "http://:80",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) assert_null(check_url(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_non_null(check_url(bad[i]));
}

static void a_key_is_exposed_by_plain_http_to_another_machine_only(void **state)
{
    (void)state;
    assert_true(url_is_exposed("http://example.org/v1"));
    assert_true(url_is_exposed("http://127.evil.example/"));
    assert_true(url_is_exposed("http://localhost.example"));
    assert_false(url_is_exposed("https://example.org"));
    assert_false(url_is_exposed("http://localhost:8080/v1"));
    assert_false(url_is_exposed("http://127.0.0.1/"));
    assert_false(url_is_exposed("http://[::1]:9/"));
}

static void a_key_and_a_header_hold_no_line_break(void **state)
{
    (void)state;
    assert_null(check_key("sk-abc_DEF-123"));
    assert_non_null(check_key(""));
    assert_non_null(check_key("sk\nabc"));
    assert_non_null(check_key("sk abc"));
    assert_non_null(check_key("sk\xc3\xa9"));
    assert_null(check_header("X-Name: value with blanks"));
    assert_null(check_header("X-Empty:"));
    assert_non_null(check_header("X-Name: a\r\nEvil: b"));
    assert_non_null(check_header("no colon"));
    assert_non_null(check_header(": nothing"));
    assert_non_null(check_header("content-length: 5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_s_defaults_are_the_library_s),
        cmocka_unit_test(every_name_is_one_row_and_every_default_is_accepted),
        cmocka_unit_test(a_flag_beats_the_environment_which_beats_the_file),
        cmocka_unit_test(aliases_are_the_environment_s_only),
        cmocka_unit_test(grammar_errors_are_usage_and_refused_values_are_not),
        cmocka_unit_test(a_misspelt_option_finds_its_neighbour),
        cmocka_unit_test(a_base_url_is_http_with_a_host_and_nothing_else),
        cmocka_unit_test(a_key_is_exposed_by_plain_http_to_another_machine_only),
        cmocka_unit_test(a_key_and_a_header_hold_no_line_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
