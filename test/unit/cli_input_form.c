/* cli/batch/input_form: files that are no JSON lines, and files whose lines can be judged one by
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "batch/input_form.h"

/* I03 */
static void a_file_that_has_no_lines_of_json_is_told_by_how_it_begins(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t len; /* 0: strlen */
        bool whole;
        const char *says; /* NULL: nothing */
    } table[] = {
        { "\x1F\x8B\x08\0\0\0", 6, true, "compressed" },
        { "\xFF\xFE{\0\"\0", 6, true, "UTF-16" },
        { "{\0\"\0a\0", 6, true, "UTF-16" },
        { "[{\"input_text\":\"a\"},{\"input_text\":\"b\"}]\n", 0, true, "jq -c '.[]'" },
        { "\xEF\xBB\xBF\n [\n{\"input_text\":\"a\"},\n{}]", 0, true, "jq -c '.[]'" },
        { "[{\"input_text\":\"a\"},\n{\"input_text\":\"b\"}]", 0, false, "jq -c '.[]'" },
        { "{\n  \"input_text\": \"a\"\n}\n", 0, true, "jq -c ." },
        { "{\"input_text\": \"a\",\r\n\"goal\":\"b\"}", 0, true, "jq -c ." },
        { "{\n}", 0, true, "jq -c ." },
        /* Lines, good and bad. */
        { "{\"input_text\":\"a\"}\n{\"input_text\":\"b\"}\n", 0, true, NULL },
        { "{\"input_text\":\"a\n{\"input_text\":\"b\"}\n", 0, true, NULL }, /* torn */
        { "{\"input_text\":\"a", 0, true, NULL },
        { "[1]\n{\"input_text\":\"b\"}\n", 0, true, NULL },
        { "[1]\n", 0, false, NULL },
        { "not JSON\n{}\n", 0, true, NULL },
        { "{\"input_text\":\"a\"", 0, false, NULL }, /* a line longer than what was looked at */
        { "\n \n", 0, true, NULL },
        { "", 0, true, NULL },
        { "{", 0, true, NULL },
        { "[", 0, true, NULL },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t len = table[i].len != 0 ? table[i].len : strlen(table[i].head);
        const char *problem = input_form_problem(gl_slice_of(table[i].head, len), table[i].whole);
        if (table[i].says == NULL ? problem != NULL
                                  : problem == NULL || strstr(problem, table[i].says) == NULL)
            fail_msg("%s: %s", table[i].head, problem != NULL ? problem : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_has_no_lines_of_json_is_told_by_how_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
