/* load_svg.c - lines and marks lie where the axes say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "load/svg.h"

static void label(double value, char *out, size_t size)
{
    snprintf(out, size, "<%g>", value);
}

static load_svg chart_of(void)
{
    return (load_svg){ .id = "c",
                       .title = "a & b",
                       .description = "what <it> shows",
                       .x = load_axis_span(10, 5),
                       .y = load_axis_linear(100, 2),
                       .x_label = label,
                       .y_label = label,
                       .x_unit = "s",
                       .y_unit = "/s",
                       .series = { { "one", "s1" } },
                       .series_count = 1 };
}

static void a_line_goes_up_where_values_do_and_stops_where_there_are_none(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_svg chart = chart_of();
    gl_buf out;
    gl_buf_init(&out, 4096);
    load_pen pen = load_pen_begin(&out, &chart, "s1", false);
    load_pen_lift(&pen, 0);
    load_pen_step(&pen, 2, 50);
    load_pen_step(&pen, 4, 100);
    load_pen_step(&pen, 5, 100);
    load_pen_lift(&pen, 8);
    load_pen_step(&pen, 10, 0);
    load_pen_end(&pen);
    pen = load_pen_begin(&out, &chart, "s1", true);
    load_pen_lift(&pen, 1);
    load_pen_step(&pen, 2, 25);
    load_pen_end(&pen);
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(out.data,
                        "<path class=\"s1\" d=\"M0 5000H2000V0H4000H5000M8000 10000H10000\"/>"
                        "<path class=\"area s1\" d=\"M1000 7500H2000V10000H1000Z\"/>");
    gl_buf_free(&out);
    assert_int_equal(gl_alloc_live(), live);
}

static void marks_stand_at_their_values_and_text_is_escaped(void **state)
{
    (void)state;
    load_svg chart = chart_of();
    gl_buf out;
    gl_buf_init(&out, 16384);
    load_svg_open(&out, &chart);
    load_svg_threshold(&out, &chart, 75, 8, "t1 <");
    load_svg_point(&out, &chart, 5, 20, "p50 > 1");
    load_svg_column(&out, &chart, 2, 3, "\"");
    load_svg_close(&out, NULL);
    assert_true(gl_buf_terminate(&out));
    static const char *const parts[] = {
        "<title id=\"c-title\">a &amp; b</title>",
        "<desc id=\"c-desc\">what &lt;it&gt; shows</desc>",
        "role=\"img\" aria-labelledby=\"c-title c-desc\"",
        "y=\"50.00%\" dy=\".32em\">&lt;50&gt;</text>",
        "<text x=\"40.00%\" y=\"100%\" dy=\"1.6em\">&lt;4&gt;</text>",
        "<line x2=\"100%\" y1=\"25.00%\" y2=\"25.00%\"/><text x=\"100%\" dx=\"-8\" y=\"25.00%\" ",
        "dy=\"-.35em\">t1 &lt;</text>",
        "cx=\"50.00%\" cy=\"80.00%\" r=\"4\"><title>p50 &gt; 1</title>",
        "x=\"20.00%\" width=\"10.00%\" height=\"100%\"><title>&quot;</title>",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(out.data, parts[i]) == NULL) fail_msg("no %s in %s", parts[i], out.data);
    gl_buf_free(&out);
}

static void a_straight_line_goes_from_point_to_point(void **state)
{
    (void)state;
    load_svg chart = chart_of();
    gl_buf out;
    gl_buf_init(&out, 4096);
    load_pen pen = load_pen_begin(&out, &chart, "s2", false);
    load_pen_line(&pen, 1, 0);
    load_pen_line(&pen, 2, 50);
    load_pen_line(&pen, 10, 100);
    load_pen_end(&pen);
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(out.data, "<path class=\"s2\" d=\"M1000 10000L2000 5000L10000 0\"/>");
    gl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_straight_line_goes_from_point_to_point),
        cmocka_unit_test(a_line_goes_up_where_values_do_and_stops_where_there_are_none),
        cmocka_unit_test(marks_stand_at_their_values_and_text_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
