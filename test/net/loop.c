/* core/loop on libevent itself, on a default base and on a precise one: the order of calls, never
 * early, descriptors. Time is only ever compared in the direction that a slow machine keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "loop.h"

static struct event_base *base;
static gl_loop *loop;
static size_t live_before;
static char trace[64];

static void mark(char c)
{
    size_t len = strlen(trace);
    assert_true(len < sizeof trace - 1);
    trace[len] = c;
    trace[len + 1] = '\0';
}

static void *called(char c)
{
    static char letters[128];
    letters[(unsigned char)c] = c;
    return &letters[(unsigned char)c];
}

static void letter(void *arg)
{
    mark(*(const char *)arg);
}

static int setup_with(int flags)
{
    live_before = gl_alloc_live();
    trace[0] = '\0';
    struct event_config *config = event_config_new();
    event_config_set_flag(config, flags);
    base = event_base_new_with_config(config);
    event_config_free(config);
    loop = gl_loop_new(base);
    return base == NULL || loop == NULL;
}

static int setup(void **state)
{
    (void)state;
    return setup_with(0);
}

static int setup_precise(void **state)
{
    (void)state;
    return setup_with(EVENT_BASE_FLAG_PRECISE_TIMER);
}

static int teardown(void **state)
{
    (void)state;
    gl_loop_free(loop);
    event_base_free(base);
    assert_int_equal(gl_alloc_live(), live_before);
    return 0;
}

static void run(void)
{
    event_base_dispatch(base); /* returns when nothing is left */
}

/* --- timers --- */

enum { TIMERS = 60 };

static struct {
    gl_timer *timer;
    gl_time when;
    int fired;
} timers[TIMERS];

static void fires_in_time(void *arg)
{
    int i = *(const int *)arg;
    timers[i].fired++;
    assert_true(gl_loop_now(loop) >= timers[i].when);
}

static void timers_fire_once_and_never_early(void **state)
{
    (void)state;
    static int names[TIMERS];
    gl_time now = gl_loop_now(loop);
    for (int i = 0; i < TIMERS; i++) {
        names[i] = i;
        timers[i].fired = 0;
        timers[i].when = now + (gl_time)i * 700 * GL_US + 1;
        timers[i].timer = gl_timer_new(loop, fires_in_time, &names[i]);
        gl_timer_set(timers[i].timer, timers[i].when + GL_SECOND);
        gl_timer_set(timers[i].timer, timers[i].when); /* moved */
    }
    gl_timer_set(timers[7].timer, GL_TIME_NEVER);
    run();
    for (int i = 0; i < TIMERS; i++) {
        assert_int_equal(timers[i].fired, i != 7);
        gl_timer_free(timers[i].timer);
    }
}

static void timer_set_to_the_past_fires_from_the_loop(void **state)
{
    (void)state;
    gl_timer *timer = gl_timer_new(loop, letter, called('a'));
    gl_timer_set(timer, 1);
    assert_string_equal(trace, "");
    run();
    assert_string_equal(trace, "a");
    gl_timer_free(timer);
}

/* --- a loop that stood still --- */

typedef struct sleeper {
    gl_timer *timer;
    gl_watch *watch;
    gl_defer *drain;
    int pair[2];
    gl_time until;
    int reads;
} sleeper;

static void expires(void *arg)
{
    const sleeper *s = arg;
    (void)s;
    mark('t');
    event_base_loopbreak(base);
}

static void drains(void *arg)
{
    sleeper *s = arg;
    mark('d');
    /* More arrives in answer to what was read. */
    if (++s->reads < 2) assert_int_equal(write(s->pair[1], "x", 1), 1);
}

static void reads_one(int fd, int events, void *arg)
{
    char byte;
    (void)events;
    sleeper *s = arg;
    assert_int_equal(read(fd, &byte, 1), 1);
    gl_defer_this_turn(s->drain);
}

static void stands_still(void *arg)
{
    const sleeper *s = arg;
    while (gl_clock_now() < s->until) continue;
    assert_int_equal(write(s->pair[1], "x", 1), 1);
}

static void a_late_timer_waits_for_what_has_arrived(void **state)
{
    (void)state;
    sleeper s = { 0 };
    assert_int_equal(pipe(s.pair), 0);
    int to = s.pair[1], from = s.pair[0];
    gl_defer *still = gl_defer_new(loop, stands_still, &s);
    s.drain = gl_defer_new(loop, drains, &s);
    s.timer = gl_timer_new(loop, expires, &s);
    s.watch = gl_watch_new(loop, from, reads_one, &s);
    assert_true(gl_watch_set(s.watch, GL_WATCH_READ));
    gl_time now = gl_clock_now();
    gl_timer_set(s.timer, now + 10 * GL_MS);
    s.until = now + 150 * GL_MS; /* 140 ms after the timer's time */
    gl_defer_this_turn(still);
    event_base_dispatch(base);
    assert_string_equal(trace, "ddt");
    /* One that is set to the past is not late. */
    trace[0] = '\0';
    assert_int_equal(write(to, "x", 1), 1);
    gl_timer_set(s.timer, now);
    event_base_dispatch(base);
    assert_string_equal(trace, "t");
    gl_watch_free(s.watch);
    gl_timer_free(s.timer);
    gl_defer_free(s.drain);
    gl_defer_free(still);
    close(from);
    close(to);
}

static void frees_itself(void *arg)
{
    mark('f');
    gl_timer_free(*(gl_timer **)arg);
}

static void timer_may_free_itself(void **state)
{
    (void)state;
    gl_timer *timer = gl_timer_new(loop, frees_itself, &timer);
    gl_timer_set(timer, gl_loop_now(loop));
    run();
    assert_string_equal(trace, "f");
}

static gl_timer *other;

static void puts_off_the_other(void *arg)
{
    letter(arg);
    gl_timer_set(other, GL_TIME_NEVER);
}

static void timer_turned_off_while_due_does_not_fire(void **state)
{
    (void)state;
    gl_timer *timer = gl_timer_new(loop, puts_off_the_other, called('a'));
    other = gl_timer_new(loop, letter, called('b'));
    gl_timer_set(timer, 1);
    gl_timer_set(other, 2);
    run();
    assert_string_equal(trace, "a");
    gl_timer_free(timer);
    gl_timer_free(other);
}

/* --- deferred calls --- */

static gl_defer *this_one, *next_one;
static gl_watch *pipe_watch;
static int rounds;

static void schedules_both(void *arg)
{
    letter(arg);
    gl_defer_next_turn(next_one);
    gl_defer_this_turn(this_one);
    gl_defer_this_turn(this_one);
}

static void readable(int fd, int events, void *arg)
{
    char byte;
    assert_int_equal(events, GL_WATCH_READ);
    assert_int_equal(read(fd, &byte, 1), 1);
    letter(arg);
    if (byte == '.') gl_watch_set(pipe_watch, 0);
}

static void this_turn_runs_before_the_poll_and_next_turn_after(void **state)
{
    (void)state;
    gl_timer *timer = gl_timer_new(loop, schedules_both, called('0'));
    this_one = gl_defer_new(loop, letter, called('t'));
    next_one = gl_defer_new(loop, letter, called('n'));
    gl_timer_set(timer, 1);
    run();
    assert_string_equal(trace, "0tn");
    gl_timer_free(timer);
    gl_defer_free(this_one);
    gl_defer_free(next_one);
}

static void again(void *arg)
{
    letter(arg);
    if (--rounds > 0) gl_defer_next_turn(next_one);
}

static void work_in_portions_lets_descriptors_in_between(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "xx.", 3), 3);
    pipe_watch = gl_watch_new(loop, ends[0], readable, called('r'));
    next_one = gl_defer_new(loop, again, called('n'));
    assert_true(gl_watch_set(pipe_watch, GL_WATCH_READ));
    rounds = 5;
    gl_defer_next_turn(next_one);
    run();
    /* One read a poll, and a poll between any two portions. */
    assert_int_equal(strlen(trace), 8);
    assert_null(strstr(trace, "rr"));
    assert_null(strstr(trace, "nnnn"));
    gl_watch_free(pipe_watch);
    gl_defer_free(next_one);
    close(ends[0]);
    close(ends[1]);
}

static void call_scheduled_both_ways_runs_once_and_cancelled_never(void **state)
{
    (void)state;
    gl_defer *a = gl_defer_new(loop, letter, called('a'));
    gl_defer *b = gl_defer_new(loop, letter, called('b'));
    gl_defer *c = gl_defer_new(loop, letter, called('c'));
    gl_defer_next_turn(a);
    gl_defer_this_turn(a);
    gl_defer_this_turn(b);
    gl_defer_next_turn(b);
    gl_defer_this_turn(c);
    gl_defer_cancel(c);
    run();
    assert_true(strcmp(trace, "ab") == 0 || strcmp(trace, "ba") == 0);
    gl_defer_free(a);
    gl_defer_free(b);
    gl_defer_free(c);
}

/* --- descriptors --- */

static int seen;

static void sees(int fd, int events, void *arg)
{
    (void)fd;
    (void)arg;
    seen |= events;
    gl_watch_set(pipe_watch, 0);
}

static void watch_tells_what_is_ready_until_set_to_nothing(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pipe_watch = gl_watch_new(loop, ends[1], sees, NULL);
    assert_true(gl_watch_set(pipe_watch, GL_WATCH_WRITE));
    assert_true(gl_watch_set(pipe_watch, GL_WATCH_WRITE)); /* unchanged */
    seen = 0;
    run();
    assert_int_equal(seen, GL_WATCH_WRITE);
    gl_watch_free(pipe_watch);

    pipe_watch = gl_watch_new(loop, ends[0], sees, NULL);
    assert_true(gl_watch_set(pipe_watch, GL_WATCH_READ | GL_WATCH_WRITE));
    assert_true(gl_watch_set(pipe_watch, GL_WATCH_READ));
    close(ends[1]); /* the end of the stream is readable */
    seen = 0;
    run();
    assert_int_equal(seen, GL_WATCH_READ);
    gl_watch_free(pipe_watch);
    close(ends[0]);
}

static void descriptor_the_kernel_refuses_is_told(void **state)
{
    (void)state;
    int file = open("/dev/null", O_RDONLY); /* epoll takes no such file: EPERM */
    assert_true(file >= 0);
    gl_watch *watch = gl_watch_new(loop, file, sees, NULL);
    if (strcmp(event_base_get_method(base), "epoll") == 0) {
        assert_false(gl_watch_set(watch, GL_WATCH_READ));
        run(); /* off: nothing keeps the loop */
    }
    gl_watch_free(watch);
    close(file);
}

#define T(claim) cmocka_unit_test_setup_teardown(claim, setup, teardown)

/* libevent says on stderr what the kernel refused. */
static void silence(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

int main(void)
{
    event_set_log_callback(silence);
    const struct CMUnitTest tests[] = {
        T(timers_fire_once_and_never_early),
        cmocka_unit_test_setup_teardown(timers_fire_once_and_never_early, setup_precise, teardown),
        T(timer_set_to_the_past_fires_from_the_loop),
        T(a_late_timer_waits_for_what_has_arrived),
        T(timer_may_free_itself),
        T(timer_turned_off_while_due_does_not_fire),
        T(this_turn_runs_before_the_poll_and_next_turn_after),
        T(work_in_portions_lets_descriptors_in_between),
        T(call_scheduled_both_ways_runs_once_and_cancelled_never),
        T(watch_tells_what_is_ready_until_set_to_nothing),
        T(descriptor_the_kernel_refuses_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
