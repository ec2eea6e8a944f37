/* cli/terminal/event_words: what a person is told of an event who did not ask for the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "terminal/event_words.h"

static event_telling words_of(const char *name, const glimpse_log_field *fields, size_t count,
                              char *text, size_t size)
{
    glimpse_log_event event = { GLIMPSE_LOG_WARN, name, fields, count };
    *text = '\0';
    return event_words(&event, text, size);
}

static void an_outage_is_told_with_its_reason(void **state)
{
    (void)state;
    char text[200];
    glimpse_log_field fields[] = { { "error", "connect", 0 },
                                   { "http_status", NULL, 0 },
                                   { "opened", NULL, 1 } };
    assert_int_equal(words_of("circuit_opened", fields, 3, text, sizeof text), EVENT_WORDS);
    assert_string_equal(
        text, "the endpoint is failing (connect); it is asked less until it answers again");
    fields[0].text = "http";
    fields[1].number = 503;
    words_of("circuit_opened", fields, 3, text, sizeof text);
    assert_string_equal(
        text, "the endpoint is failing (HTTP 503); it is asked less until it answers again");
    assert_int_equal(words_of("circuit_closed", fields, 3, text, sizeof text), EVENT_WORDS);
    assert_string_equal(text, "the endpoint answers again");
    fields[2] = (glimpse_log_field){ "endpoint", "main2", 0 }; /* of a pool */
    words_of("circuit_opened", fields, 3, text, sizeof text);
    assert_string_equal(
        text, "the endpoint main2 is failing (HTTP 503); it is asked less until it answers again");
    words_of("circuit_closed", fields, 3, text, sizeof text);
    assert_string_equal(text, "the endpoint main2 answers again");
}

/* A command that has one key ends when that is stopped, and prints why; of several, it goes on. */
static void a_stopped_key_is_told_with_its_endpoint(void **state)
{
    (void)state;
    char text[200];
    const glimpse_log_field fields[] = { { "error", "http", 0 },
                                         { "http_status", NULL, 401 },
                                         { "endpoint", "main2", 0 } };
    assert_int_equal(words_of("key_stopped", fields, 3, text, sizeof text), EVENT_WORDS);
    assert_string_equal(text, "the endpoint main2 is left out (HTTP 401): its key is refused, or "
                              "the key's money is used up");
    assert_int_equal(words_of("key_stopped", fields, 2, text, sizeof text), EVENT_LAST);
    assert_string_equal(text, "the endpoint is left out (HTTP 401): its key is refused, or the "
                              "key's money is used up");
    assert_int_equal(words_of("key_resumed", fields, 3, text, sizeof text), EVENT_WORDS);
    assert_string_equal(text, "the endpoint main2 takes its key again");
}

static void a_reason_is_in_the_sentence_and_may_be_missing_or_long(void **state)
{
    (void)state;
    char text[200], small[20], reason[1000];
    memset(reason, 'r', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    glimpse_log_field fields[] = { { "path", "/p", 0 }, { "reason", "no room", 0 } };
    assert_int_equal(words_of("store_not_written", fields, 2, text, sizeof text), EVENT_WORDS);
    assert_string_equal(text, "--cache-store: answers cannot be kept: no room");
    assert_int_equal(words_of("store_not_written", fields, 1, text, sizeof text), EVENT_WORDS);
    fields[1].text = reason;
    words_of("store_given_up", fields, 2, text, sizeof text);
    assert_true(strlen(text) < sizeof text);
    words_of("store_given_up", fields, 2, small, sizeof small);
    assert_true(strlen(small) < sizeof small);
}

/* Those that a command says itself, and one that nobody has words for. */
static void some_are_said_elsewhere_and_none_is_lost(void **state)
{
    (void)state;
    static const char *const said[] = { "alert", "sampler_fallback", "sampler_refused",
                                        "store_read_only" };
    char text[100];
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        assert_int_equal(words_of(said[i], NULL, 0, text, sizeof text), EVENT_SAID);
    assert_int_equal(words_of("something_new", NULL, 0, text, sizeof text), EVENT_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outage_is_told_with_its_reason),
        cmocka_unit_test(a_stopped_key_is_told_with_its_endpoint),
        cmocka_unit_test(a_reason_is_in_the_sentence_and_may_be_missing_or_long),
        cmocka_unit_test(some_are_said_elsewhere_and_none_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
