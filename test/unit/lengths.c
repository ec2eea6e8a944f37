/* lengths.c - the length of a text has one rule wherever a caller gives one: 0 is strlen,
 * GLIMPSE_EMPTY is none, whatever stands behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/glimpse.h>

#include <string.h>

static void a_sample_takes_its_texts_by_the_rule(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        size_t len;
        const char *kept;
    } rows[] = {
        { "a text", 0, "a text" },
        { "a text", 6, "a text" },
        { "a text", 1, "a" },
        { "a text", GLIMPSE_EMPTY, "" },
        { "", 0, "" },
        { NULL, 0, "" },
        { NULL, GLIMPSE_EMPTY, "" },
        { NULL, 5, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        glimpse_sample_fields fields;
        glimpse_sample *sample, *copy;
        glimpse_sample_fields_init(&fields);
        fields.text = fields.body = rows[i].given;
        fields.text_len = fields.body_len = rows[i].len;
        assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
        const glimpse_sample_fields *kept = glimpse_sample_get(sample);
        assert_string_equal(kept->text, rows[i].kept);
        assert_string_equal(kept->body, rows[i].kept);
        assert_int_equal(kept->text_len, strlen(rows[i].kept));
        assert_int_equal(kept->body_len, strlen(rows[i].kept));
        /* What a sample has makes the same sample. */
        assert_int_equal(glimpse_sample_new(kept, &copy, NULL), GLIMPSE_OK);
        assert_string_equal(glimpse_sample_get(copy)->text, rows[i].kept);
        assert_int_equal(glimpse_sample_get(copy)->body_len, strlen(rows[i].kept));
        glimpse_sample_unref(copy);
        glimpse_sample_unref(sample);
    }
}

static void a_key_takes_its_body_by_the_rule(void **state)
{
    (void)state;
    static const char body[] = "{\"a\":1}";
    glimpse_key by_string, by_length;
    char *form;
    assert_int_equal(glimpse_key_of_chat(body, 0, &by_string), GLIMPSE_OK);
    assert_int_equal(glimpse_key_of_chat(body, sizeof body - 1, &by_length), GLIMPSE_OK);
    assert_memory_equal(&by_string, &by_length, sizeof by_string);
    assert_int_equal(glimpse_key_of_chat(body, GLIMPSE_EMPTY, &by_string), GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(glimpse_key_canonical(body, GLIMPSE_EMPTY, &form, NULL), GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(glimpse_key_canonical(body, 0, &form, NULL), GLIMPSE_OK); /* no length back */
    assert_non_null(strstr(form, "\"a\""));
    glimpse_free(form);
}

static void a_batch_line_is_taken_by_the_rule(void **state)
{
    (void)state;
    static const char text[] = "{\"custom_id\":\"x\"}";
    glimpse_batch_line line;
    assert_int_equal(glimpse_batch_line_read(text, 0, &line), GLIMPSE_OK);
    assert_int_equal(line.custom_id_len, 1);
    assert_int_equal(glimpse_batch_line_read(text, GLIMPSE_EMPTY, &line), GLIMPSE_ERR_BAD_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_takes_its_texts_by_the_rule),
        cmocka_unit_test(a_key_takes_its_body_by_the_rule),
        cmocka_unit_test(a_batch_line_is_taken_by_the_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
