/* load_trace.c - recorded times, replayed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "load/trace.h"

static bool read_text(load_trace *trace, const char *text, char problem[128])
{
    return load_trace_read(trace, gl_slice_str(text), problem, 128);
}

static void times_since_1970_keep_their_nanoseconds(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_trace trace;
    char problem[128];
    assert_true(read_text(&trace,
                          "# made by hand\n1700158546.680590000,412,18\n\n"
                          "1700158546.680590001\r\n  1700158548;x\n1700158549.6805900009",
                          problem));
    assert_int_equal(trace.count, 4);
    assert_int_equal(load_trace_length(&trace), 3 * GL_SECOND);
    assert_int_equal(load_trace_next(&trace), 0);
    assert_int_equal(load_trace_next(&trace), 1);
    assert_int_equal(load_trace_next(&trace), 1319410000);
    assert_int_equal(load_trace_next(&trace), 3 * GL_SECOND);
    assert_true(load_trace_next(&trace) == GL_TIME_NEVER);
    assert_true(load_trace_next(&trace) == GL_TIME_NEVER);
    load_trace_free(&trace);
    assert_int_equal(gl_alloc_live(), live);
}

static void times_out_of_order_are_put_in_order(void **state)
{
    (void)state;
    load_trace trace;
    char problem[128];
    assert_true(read_text(&trace, "2.5\n2\n3\n2\n", problem));
    const gl_time expected[] = { 0, 0, GL_SECOND / 2, GL_SECOND };
    for (size_t i = 0; i < 4; i++) assert_int_equal(load_trace_next(&trace), expected[i]);
    assert_int_equal(trace.backward, 2);
    assert_int_equal(trace.backward_line, 2);
    load_trace_free(&trace);
    assert_true(read_text(&trace, "# in order, two at once\n2\n2\n3\n", problem));
    assert_int_equal(trace.backward, 0);
    load_trace_free(&trace);
}

static void a_line_that_is_no_time_is_named(void **state)
{
    (void)state;
    static const char *const bad[] = { "1\n\nx\n",   "1\n2\n-1\n",          "1\n2\n1e3\n",
                                       "1\n2\n.5\n", "1\n2\n10000000000\n", "1\n2\n1.2.3\n" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_trace trace;
        char problem[128] = "";
        assert_false(read_text(&trace, bad[i], problem));
        assert_non_null(strstr(problem, "line 3"));
        load_trace_free(&trace);
    }
    load_trace trace;
    char problem[128] = "";
    assert_false(read_text(&trace, "# nothing\n", problem));
    assert_string_equal(problem, "has no times");
    load_trace_free(&trace);
}

static void mooncakes_lines_say_lengths_and_blocks(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_trace trace;
    char problem[128];
    assert_true(read_text(&trace,
                          "{\"timestamp\": 3000, \"input_length\": 700, \"output_length\": 5, "
                          "\"hash_ids\": [1, 2]}\n"
                          "{\"timestamp\":1000.5,\"input_length\":80,\"output_length\":6}\r\n\n"
                          "{\"timestamp\":3000,\"input_length\":600,\"output_length\":5,"
                          "\"hash_ids\":[1,7],\"x\":{}}",
                          problem));
    assert_int_equal(trace.count, 3);
    const load_trace_row *row = load_trace_row_of(&trace, 0);
    assert_int_equal(row->input, 80);
    assert_int_equal(row->hash_count, 0);
    row = load_trace_row_of(&trace, 2);
    assert_int_equal(row->at, 1999500000);
    assert_int_equal(row->input, 600);
    assert_int_equal(row->hash_count, 2);
    assert_int_equal(row->hashes[1], 7);
    assert_null(load_trace_row_of(&trace, 3));
    load_trace_free(&trace);
    assert_int_equal(gl_alloc_live(), live);
}

static void burstgpts_columns_are_found_by_name(void **state)
{
    (void)state;
    load_trace trace;
    char problem[128];
    assert_true(read_text(&trace,
                          "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
                          "5,ChatGPT,472,18,490,Conversation log\n"
                          "45.0,ChatGPT,1087,0,1087,Conversation log\n"
                          "118.5,GPT-4,417.0,276,693,API log\n",
                          problem));
    assert_int_equal(trace.count, 2);
    assert_int_equal(trace.dropped, 1);
    assert_int_equal(load_trace_length(&trace), 113500 * GL_MS);
    assert_int_equal(load_trace_row_of(&trace, 1)->input, 417);
    assert_int_equal(load_trace_row_of(&trace, 1)->output, 276);
    load_trace_free(&trace);
}

static void a_line_of_another_form_or_without_lengths_is_named(void **state)
{
    (void)state;
    static const char *const head = "Timestamp,Request tokens,Response tokens\n1,2,3\n";
    static const char *const object =
        "{\"timestamp\":1,\"input_length\":1,\"output_length\":1}\n\n";
    static const char *const bad[][2] = {
        { head, "x,2,3" },
        { head, "1,2" },
        { head, "1" },
        { head, "1,-2,3" },
        { head, "1,2.5,3" },
        { head, "1,2,1000001" },
        { object, "1.5" },
        { object, "{\"timestamp\":-1,\"input_length\":1,\"output_length\":1}" },
        { object, "{\"timestamp\":1,\"input_length\":0,\"output_length\":1}" },
        { object, "{\"timestamp\":1,\"input_length\":1}" },
        { object, "{\"timestamp\":1,\"input_length\":1,\"output_length\":1,\"hash_ids\":[-1]}" },
        { object, "[1]" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_trace trace;
        char problem[128] = "", text[256];
        snprintf(text, sizeof text, "%s%s\n", bad[i][0], bad[i][1]);
        if (read_text(&trace, text, problem)) fail_msg("taken: %s", text);
        if (strstr(problem, "line 3") == NULL) fail_msg("%s: %s", text, problem);
        load_trace_free(&trace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_since_1970_keep_their_nanoseconds),
        cmocka_unit_test(times_out_of_order_are_put_in_order),
        cmocka_unit_test(a_line_that_is_no_time_is_named),
        cmocka_unit_test(mooncakes_lines_say_lengths_and_blocks),
        cmocka_unit_test(burstgpts_columns_are_found_by_name),
        cmocka_unit_test(a_line_of_another_form_or_without_lengths_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
