/* load_markup.c - text and figures as HTML. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "load/markup.h"

static void assert_text(const char *text, const char *wanted)
{
    gl_buf out;
    gl_buf_init(&out, 4096);
    load_html_text(&out, text);
    gl_buf_append_char(&out, '$');
    assert_true(gl_buf_terminate(&out));
    assert_int_equal(out.data[out.len - 1], '$');
    out.data[out.len - 1] = '\0';
    assert_string_equal(out.data, wanted);
    gl_buf_free(&out);
}

static void text_cannot_become_markup(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    assert_text("<script>alert('a' & \"b\")</script>",
                "&lt;script&gt;alert(&#39;a&#39; &amp; &quot;b&quot;)&lt;/script&gt;");
    assert_text("plain \xc3\xa9", "plain \xc3\xa9");
    assert_text("", "");
    assert_text(NULL, "");
    assert_text("a\x01"
                "b\xff<",
                "a\xef\xbf\xbd"
                "b\xef\xbf\xbd&lt;");
    assert_int_equal(gl_alloc_live(), live);
}

static void assert_shown(load_shown shown, const char *wanted)
{
    char text[64];
    load_shown_text(shown, text, sizeof text);
    assert_string_equal(text, wanted);
}

static void figures_have_the_digits_that_say_something(void **state)
{
    (void)state;
    assert_shown(load_show_duration(0), "0 \xc2\xb5s");
    assert_shown(load_show_duration(834), "834 \xc2\xb5s");
    assert_shown(load_show_duration(999.6), "1.00 ms");
    assert_shown(load_show_duration(1240), "1.24 ms");
    assert_shown(load_show_duration(124000), "124 ms");
    assert_shown(load_show_duration(999600), "1.00 s");
    assert_shown(load_show_duration(1702144), "1.70 s");
    assert_shown(load_show_ms(1702144), "1,702.144 ms");
    assert_shown(load_show_count(0), "0");
    assert_shown(load_show_count(999), "999");
    assert_shown(load_show_count(1234567), "1,234,567");
    assert_shown(load_show_rate(0.618, "/s"), "0.618/s");
    assert_shown(load_show_rate(512.34, "/s"), "512.3/s");
    assert_shown(load_show_rate(44883.2, "/s"), "44,883/s");
    assert_shown(load_show_percent(0), "0 %");
    assert_shown(load_show_percent(0.004927), "0.493 %");
    assert_shown(load_show_percent(0.125), "12.5 %");
    assert_shown(load_show_percent(1), "100 %");
    assert_shown(load_show_percent(0.99996), "100.00 %");
    assert_shown(load_show_bytes(17200000), "17.2 MB");
    assert_shown(load_show_number(0.9), "0.9");
}

static void a_figure_carries_its_place_and_its_exact_value(void **state)
{
    (void)state;
    gl_buf out;
    gl_buf_init(&out, 4096);
    load_html_figure(&out, "a.b_us", 1240.5, load_show_duration(1240.5));
    load_html_figure(&out, "c", 3, load_show_count(3));
    load_html_figure(&out, "d", NAN, load_show_count(NAN));
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(
        out.data, "<span data-figure=\"a.b_us\" data-value=\"1240.5\">1.24<small> ms</small></span>"
                  "<span data-figure=\"c\" data-value=\"3\">3</span>"
                  "<span data-figure=\"d\" data-value=\"null\">\xe2\x80\x93</span>");
    gl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_cannot_become_markup),
        cmocka_unit_test(figures_have_the_digits_that_say_something),
        cmocka_unit_test(a_figure_carries_its_place_and_its_exact_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
