/* Samples as bytes and back. What is no sample's bytes is test/fuzz/fuzz_sample.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "oom.h"
#include "store/sample_bytes.h"

static glimpse_sample *full_sample(void)
{
    glimpse_sample_fields fields;
    glimpse_sample *sample;
    glimpse_sample_fields_init(&fields);
    fields.http_status = 200;
    fields.text = "an\0swer";
    fields.text_len = 7;
    fields.essence = "an essence";
    fields.delta = "";
    fields.body = "{\"a\":1}";
    fields.body_len = 7;
    fields.body_is_json = true;
    fields.model = "gpt";
    fields.finish_reason = "stop";
    fields.request_id = "req_1";
    fields.usage = (glimpse_usage){ 3, INT64_MAX, -1 };
    fields.usage_unasked = true;
    assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
    return sample;
}

static void every_field_comes_back(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    glimpse_sample *sample = full_sample(), *back;
    gl_buf bytes;
    gl_buf_init(&bytes, 1000);
    assert_true(gl_sample_to_bytes(sample, &bytes));
    assert_int_equal(bytes.len, gl_sample_bytes_size(sample));
    assert_int_equal(gl_sample_from_bytes(gl_buf_slice(&bytes), &back), GLIMPSE_OK);
    const glimpse_sample_fields *a = glimpse_sample_get(sample), *b = glimpse_sample_get(back);
    assert_int_equal(b->http_status, 200);
    assert_int_equal(b->text_len, 7);
    assert_memory_equal(b->text, a->text, 8);
    assert_string_equal(b->essence, "an essence");
    assert_string_equal(b->delta, "");
    assert_int_equal(b->body_len, 7);
    assert_string_equal(b->body, a->body);
    assert_true(b->body_is_json);
    assert_string_equal(b->model, "gpt");
    assert_string_equal(b->finish_reason, "stop");
    assert_string_equal(b->request_id, "req_1");
    assert_int_equal(b->usage.prompt_tokens, 3);
    assert_true(b->usage_unasked);
    assert_true(b->usage.completion_tokens == INT64_MAX);
    assert_int_equal(b->usage.total_tokens, -1);
    glimpse_sample_unref(sample);
    glimpse_sample_unref(back);
    gl_buf_free(&bytes);
    assert_int_equal(gl_alloc_live(), live);
}

static void the_form_is_what_the_header_says(void **state)
{
    (void)state;
    glimpse_sample_fields fields;
    glimpse_sample *sample;
    gl_buf bytes;
    glimpse_sample_fields_init(&fields);
    fields.text = "t";
    fields.text_len = 1;
    fields.essence = "e";
    fields.http_status = 0x102;
    assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
    gl_buf_init(&bytes, 1000);
    assert_true(gl_sample_to_bytes(sample, &bytes));
    static const unsigned char expected[] = {
        1,    0,    2,    1,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        1,    0,    0,    0,    't',  1,    0,    0,    0,    'e',  0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0
    };
    assert_int_equal(bytes.len, sizeof expected);
    assert_memory_equal(bytes.data, expected, sizeof expected);
    glimpse_sample_unref(sample);
    gl_buf_free(&bytes);
}

/* A sample with headers has the second form: the first one, and they behind it. */
static void headers_come_back_in_a_form_of_their_own(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    glimpse_sample *plain = full_sample(), *sample, *back;
    gl_buf first, second;
    gl_buf_init(&first, 1000);
    gl_buf_init(&second, 1000);
    glimpse_sample_fields fields = *glimpse_sample_get(plain);
    fields.headers = "openai-version: 2020\r\n";
    assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
    assert_true(gl_sample_to_bytes(plain, &first));
    assert_true(gl_sample_to_bytes(sample, &second));
    assert_int_equal(second.len, gl_sample_bytes_size(sample));
    assert_int_equal(second.len, first.len + 4 + strlen(fields.headers));
    assert_memory_equal(second.data + 1, first.data + 1, first.len - 1);
    assert_int_equal(first.data[0], 1);
    assert_int_equal(second.data[0], 2);
    assert_int_equal(gl_sample_from_bytes(gl_buf_slice(&second), &back), GLIMPSE_OK);
    assert_string_equal(glimpse_sample_get(back)->headers, fields.headers);
    glimpse_sample_unref(back);
    /* One sample has one form. */
    second.data[0] = 1;
    assert_int_equal(gl_sample_from_bytes(gl_buf_slice(&second), &back), GLIMPSE_ERR_STORE);
    first.data[0] = 2;
    assert_int_equal(gl_sample_from_bytes(gl_buf_slice(&first), &back), GLIMPSE_ERR_STORE);
    glimpse_sample_unref(plain);
    glimpse_sample_unref(sample);
    gl_buf_free(&first);
    gl_buf_free(&second);
    assert_int_equal(gl_alloc_live(), live);
}

static void without_memory_there_is_no_sample_and_no_leak(void **state)
{
    (void)state;
    glimpse_sample *sample = full_sample(), *back;
    gl_buf bytes;
    gl_buf_init(&bytes, 1000);
    assert_true(gl_sample_to_bytes(sample, &bytes));
    size_t live = gl_alloc_live();
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        glimpse_error error = gl_sample_from_bytes(gl_buf_slice(&bytes), &back);
        bool failed = oom_end();
        assert_int_equal(error, failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK);
        glimpse_sample_unref(back);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) break;
        assert_null(back);
    }
    glimpse_sample_unref(sample);
    gl_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(the_form_is_what_the_header_says),
        cmocka_unit_test(headers_come_back_in_a_form_of_their_own),
        cmocka_unit_test(without_memory_there_is_no_sample_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
