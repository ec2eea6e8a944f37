/* record: what a caller adds to a record stands where it belongs, and nothing else moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/rng.h"
#include "result.h"

#define RESULTS 20000

/* Text that tries to be taken for a part of the record. */
static const char *some_text(gl_rng *rng)
{
    static const char *const texts[] = {
        "",          "a",        "\"attempts\":7", "}}",   ",\"path\":\"/x\"}}",
        "quo\"te\\", "l\ni\rne", "\xc3\xa9",       "\x01", "\xff"
    };
    return texts[gl_rng_below(rng, sizeof texts / sizeof texts[0])];
}

static glimpse_sample *some_sample(gl_rng *rng)
{
    static const char *const bodies[] = { "", "{\"glimpse\":{\"attempts\":3}}",
                                          "{\"a\":\n[1,\r\n2]}", "no JSON }}" };
    glimpse_sample_fields fields;
    glimpse_sample *sample = NULL;
    gl_json root;
    glimpse_sample_fields_init(&fields);
    fields.text = some_text(rng);
    fields.text_len = strlen(fields.text);
    fields.essence = some_text(rng);
    fields.delta = some_text(rng);
    fields.model = some_text(rng);
    fields.finish_reason = some_text(rng);
    fields.request_id = some_text(rng);
    fields.http_status = (int)gl_rng_below(rng, 3) * 200;
    fields.body = bodies[gl_rng_below(rng, 4)];
    fields.body_len = strlen(fields.body);
    fields.body_is_json =
        gl_json_check(gl_slice_of(fields.body, fields.body_len), &root, NULL) == GL_JSON_OK;
    if (gl_rng_below(rng, 2) == 0) fields.usage.prompt_tokens = (int64_t)gl_rng_below(rng, 100000);
    assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
    return sample;
}

static glimpse_result *some_result(gl_rng *rng)
{
    glimpse_result *result = gl_result_new();
    assert_non_null(result);
    result->id = gl_rng_next(rng);
    result->status = (glimpse_status)gl_rng_below(rng, GLIMPSE_STATUS_COUNT);
    result->source = (glimpse_source)gl_rng_below(rng, GLIMPSE_SOURCE_COUNT);
    result->stale = gl_rng_below(rng, 2) == 0;
    result->has_key = gl_rng_below(rng, 2) == 0;
    result->circuit_open = gl_rng_below(rng, 2) == 0;
    result->no_done = gl_rng_below(rng, 2) == 0;
    result->empty = gl_rng_below(rng, 2) == 0;
    result->thresholds_crossed = (int)gl_rng_below(rng, 5);
    result->attempts = (int)gl_rng_below(rng, 3) * 6;
    result->pack_drafts = (int)gl_rng_below(rng, 3);
    result->timings.total_ns = (int64_t)gl_rng_next(rng) * 8192;
    result->timings.first_token_ns = (int64_t)gl_rng_below(rng, 1000000000) - 500000000;
    result->timings.token_gap_mean_ns = (int64_t)gl_rng_below(rng, 1000000000) - 500000000;
    if (gl_rng_below(rng, 3) == 0) {
        result->partial = gl_result_buf_new(SIZE_MAX / 2);
        assert_non_null(result->partial);
        gl_buf_append_str(result->partial, some_text(rng));
    }
    result->sample = some_sample(rng);
    result->response = glimpse_sample_ref(result->sample);
    glimpse_error error = (glimpse_error)gl_rng_below(rng, GLIMPSE_ERROR_COUNT);
    gl_result_set_error(result, error, some_text(rng), some_text(rng));
    for (uint32_t n = gl_rng_below(rng, 4); n > 0; n--) {
        const glimpse_attempt_record attempt = { .http_status = (int)gl_rng_below(rng, 600),
                                                 .request_id = "",
                                                 .error = (glimpse_error)gl_rng_below(
                                                     rng, GLIMPSE_ERROR_COUNT),
                                                 .message = some_text(rng) };
        gl_result_add_attempt(result, &attempt, NULL);
    }
    return result;
}

/* What a finished record becomes when the members are pasted into its text. */
static void paste(gl_buf *out, int attempts, const char *path)
{
    char digits[16];
    gl_json root;
    assert_int_equal(gl_json_check(gl_buf_slice(out), &root, NULL), GL_JSON_OK);
    if (attempts >= 0) {
        gl_json old = gl_json_get(gl_json_get(root, "glimpse"), "attempts");
        size_t at = (size_t)(old.text.data - out->data), old_len = old.text.len;
        gl_buf pasted;
        gl_buf_init(&pasted, SIZE_MAX / 2);
        gl_buf_append(&pasted, out->data, at);
        snprintf(digits, sizeof digits, "%d", attempts);
        gl_buf_append_str(&pasted, digits);
        gl_buf_append(&pasted, out->data + at + old_len, out->len - at - old_len);
        gl_buf_free(out);
        *out = pasted;
    }
    if (path == NULL || strcmp(path, "/chat/completions") == 0) return;
    out->len -= 2;
    gl_buf_append_str(out, ",\"path\":");
    gl_json_write_string(out, gl_slice_str(path));
    gl_buf_append_str(out, "}}");
}

static void what_is_passed_in_is_as_if_pasted(void **state)
{
    static const char *const paths[] = { NULL, "/chat/completions", "/embeddings", "/qu\"ote" };
    gl_rng rng;
    (void)state;
    gl_rng_seed(&rng, 20261129);
    for (int i = 0; i < RESULTS; i++) {
        glimpse_result *result = some_result(&rng);
        glimpse_record record;
        char *plain = NULL, *full = NULL;
        size_t plain_len, full_len;
        glimpse_record_init(&record);
        record.custom_id = gl_rng_below(&rng, 4) == 0 ? NULL : some_text(&rng);
        record.line = gl_rng_below(&rng, 3);
        assert_int_equal(glimpse_result_to_json(result, &record, &plain, &plain_len), GLIMPSE_OK);
        record.attempts = (int)gl_rng_below(&rng, 200) - 1;
        record.path = paths[gl_rng_below(&rng, 4)];
        assert_int_equal(glimpse_result_to_json(result, &record, &full, &full_len), GLIMPSE_OK);
        gl_buf expected;
        gl_buf_init(&expected, SIZE_MAX / 2);
        gl_buf_append(&expected, plain, plain_len);
        paste(&expected, record.attempts, record.path);
        assert_true(gl_buf_terminate(&expected));
        assert_string_equal(full, expected.data);
        assert_int_equal(full_len, expected.len);
        gl_buf_free(&expected);
        glimpse_free(plain);
        glimpse_free(full);
        glimpse_result_unref(result);
    }
    assert_int_equal(gl_alloc_live(), 0);
}

static void without_a_word_of_the_caller_there_are_the_defaults(void **state)
{
    (void)state;
    glimpse_result *result = gl_result_new();
    glimpse_record record;
    char *none = NULL, *defaults = NULL;
    glimpse_record_init(&record);
    assert_int_equal(glimpse_result_to_json(result, NULL, &none, NULL), GLIMPSE_OK);
    assert_int_equal(glimpse_result_to_json(result, &record, &defaults, NULL), GLIMPSE_OK);
    assert_string_equal(none, defaults);
    assert_non_null(strstr(none, "\"custom_id\":null"));
    assert_null(strstr(none, "\"line\""));
    assert_null(strstr(none, "\"path\""));
    glimpse_free(none);
    glimpse_free(defaults);
    glimpse_result_unref(result);
}

/* In the answer, and in each attempt of the log; with 40 attempts the ledger drops the first. */
static void the_endpoint_of_a_pool_is_named(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_endpoint_name *first = gl_endpoint_name_new("main"),
                     *second = gl_endpoint_name_new("lo-cal");
    glimpse_result *leader = gl_result_new(), *follower = gl_result_new();
    const glimpse_attempt_record attempt = { .request_id = "", .error = GLIMPSE_ERR_RESET };
    char *text = NULL;
    for (int i = 0; i < 39; i++) {
        gl_result_add_attempt(leader, &attempt, NULL);
        gl_result_set_endpoint(leader, first);
    }
    gl_result_add_attempt(leader, &attempt, NULL);
    gl_result_set_endpoint(leader, second);
    gl_endpoint_name_unref(first);
    gl_endpoint_name_unref(second);
    gl_result_share(follower, leader);
    assert_string_equal(glimpse_result_endpoint(leader), "lo-cal");
    assert_string_equal(glimpse_result_endpoint(follower), "lo-cal");
    assert_string_equal(glimpse_result_attempt(leader, 0)->endpoint, "main");
    assert_int_equal(glimpse_result_to_json(leader, NULL, &text, NULL), GLIMPSE_OK);
    assert_non_null(strstr(text, "\"attempts\":0,\"endpoint\":\"lo-cal\""));
    assert_non_null(strstr(text, "\"message\":null,\"endpoint\":\"main\"}"));
    assert_non_null(strstr(text, "\"message\":null,\"endpoint\":\"lo-cal\"}]"));
    glimpse_free(text);
    glimpse_result_unref(leader);
    gl_result_add_attempt(follower, &attempt, NULL);
    gl_result_set_endpoint(follower, NULL); /* no pool: nothing changes */
    assert_string_equal(glimpse_result_endpoint(follower), "lo-cal");
    assert_null(glimpse_result_attempt(follower, 0)->endpoint);
    glimpse_result_unref(follower);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_record_that_was_not_set_up_is_refused(void **state)
{
    (void)state;
    glimpse_result *result = gl_result_new();
    glimpse_record record;
    char mark, *out = &mark;
    record.size = 0; /* never set up */
    assert_int_equal(glimpse_result_to_json(result, &record, &out, NULL), GLIMPSE_ERR_INVALID);
    assert_null(out);
    glimpse_result_unref(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_passed_in_is_as_if_pasted),
        cmocka_unit_test(without_a_word_of_the_caller_there_are_the_defaults),
        cmocka_unit_test(the_endpoint_of_a_pool_is_named),
        cmocka_unit_test(a_record_that_was_not_set_up_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
