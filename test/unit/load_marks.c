/* load_marks.c - what was special when: the ends of a run, stalls, stops, alerts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "answered.h"
#include "base/alloc.h"
#include "load/marks.h"

static load_recorder recorder;
static load_marks marks;

static int end(void **state)
{
    (void)state;
    load_recorder_free(&recorder);
    marks = (load_marks){ 0 };
    return 0;
}

static void ask(gl_time at, gl_time took)
{
    load_outcome o = answered(at, took);
    load_recorder_issued(&recorder, at);
    load_recorder_ended(&recorder, &o);
}

static void assert_mark(size_t i, load_mark_kind kind, gl_time from, gl_time to)
{
    assert_true(i < marks.count);
    assert_int_equal(marks.mark[i].kind, kind);
    assert_int_equal(marks.mark[i].from, from);
    assert_int_equal(marks.mark[i].to, to);
}

static void the_ends_of_a_run_are_marked(void **state)
{
    (void)state;
    assert_true(load_recorder_init(&recorder, GL_SECOND, 3 * GL_SECOND, 8 * GL_SECOND));
    ask(4 * GL_SECOND, 7 * GL_SECOND);
    load_marks_finish(&marks, &recorder, 2 * GL_SECOND);
    assert_int_equal(marks.count, 3);
    assert_mark(0, LOAD_MARK_WARMUP, GL_SECOND, 3 * GL_SECOND);
    assert_mark(1, LOAD_MARK_COOLDOWN, 8 * GL_SECOND, 10 * GL_SECOND);
    assert_mark(2, LOAD_MARK_DRAIN, 10 * GL_SECOND, 11 * GL_SECOND);
}

static void a_run_without_ends_has_no_marks(void **state)
{
    (void)state;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    ask(0, GL_SECOND);
    load_marks_finish(&marks, &recorder, 0);
    assert_int_equal(marks.count, 0);
}

static void an_alert_is_marked_from_when_it_fires_until_it_is_over(void **state)
{
    (void)state;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    ask(0, 9 * GL_SECOND);
    for (gl_time at = GL_SECOND; at < 8 * GL_SECOND; at += GL_SECOND) {
        load_marks_alert(&marks, "error_rate", at >= 2 * GL_SECOND && at < 5 * GL_SECOND, at);
        load_marks_alert(&marks, "latency_p95", at >= 4 * GL_SECOND, at);
    }
    load_marks_finish(&marks, &recorder, 0);
    assert_int_equal(marks.count, 2);
    assert_mark(0, LOAD_MARK_ALERT, 2 * GL_SECOND, 5 * GL_SECOND);
    assert_string_equal(marks.mark[0].what, "error_rate");
    assert_mark(1, LOAD_MARK_ALERT, 4 * GL_SECOND, 9 * GL_SECOND); /* it still fires */
}

static void a_stall_is_marked(void **state)
{
    (void)state;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    for (gl_time at = 0; at < 10 * GL_SECOND; at += 10 * GL_MS)
        ask(at, at > 4 * GL_SECOND && at < 5 * GL_SECOND ? 6 * GL_SECOND - at : 50 * GL_MS);
    load_marks_finish(&marks, &recorder, 0);
    assert_int_equal(marks.count, 1);
    assert_int_equal(marks.mark[0].kind, LOAD_MARK_STALL);
    assert_in_range(marks.mark[0].from, 4 * GL_SECOND, 4100 * GL_MS);
}

static void more_than_there_is_room_for_are_counted(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_buf out;
    for (gl_time i = 0; i < LOAD_MARKS + 7; i++)
        load_marks_add(&marks, LOAD_MARK_STOP, (2 * i + 1) * GL_SECOND, (2 * i + 2) * GL_SECOND);
    load_marks_add(&marks, LOAD_MARK_STOP, GL_SECOND, GL_SECOND); /* of no time: none */
    assert_int_equal(marks.count, LOAD_MARKS);
    assert_int_equal(marks.left_out, 7);
    gl_buf_init(&out, 1 << 16);
    load_marks_json(&marks, 0, &out);
    assert_true(gl_buf_terminate(&out));
    assert_non_null(strstr(out.data, ",\"marks\":[{\"kind\":\"client stop\",\"what\":null,"
                                     "\"from_s\":1,\"to_s\":2},"));
    assert_non_null(strstr(out.data, "],\"marks_left_out\":7"));
    gl_buf_free(&out);
    assert_int_equal(gl_alloc_live(), live);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_ends_of_a_run_are_marked),
        TEST(a_run_without_ends_has_no_marks),
        TEST(an_alert_is_marked_from_when_it_fires_until_it_is_over),
        TEST(a_stall_is_marked),
        cmocka_unit_test(more_than_there_is_room_for_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
