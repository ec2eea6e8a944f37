/* What the latency specs mean, and that draws follow them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mock/latency.h"

#define DRAWS 20001

static int by_size(const void *a, const void *b)
{
    gl_time x = *(const gl_time *)a, y = *(const gl_time *)b;
    return x < y ? -1 : x > y;
}

/* Median and 95th percentile, in ms, of many draws. */
static void draw_many(const char *spec, double *median, double *p95)
{
    static gl_time drawn[DRAWS];
    mock_latency latency;
    char problem[200];
    gl_rng rng;
    gl_rng_seed(&rng, 7);
    assert_true(mock_latency_parse(&latency, "latency", spec, problem, sizeof problem));
    for (int i = 0; i < DRAWS; i++) drawn[i] = mock_latency_draw(&latency, &rng);
    qsort(drawn, DRAWS, sizeof drawn[0], by_size);
    *median = (double)drawn[DRAWS / 2] / 1e6;
    *p95 = (double)drawn[DRAWS * 95 / 100] / 1e6;
}

static void a_fixed_latency_is_always_itself(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        gl_time ns;
    } cases[] = {
        { NULL, 0 },        { "", 0 }, { "0", 0 }, { "1400ms", 1400000000 }, { "1.5s", 1500000000 },
        { "250us", 250000 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mock_latency latency;
        char problem[200];
        gl_rng rng;
        gl_rng_seed(&rng, 1);
        uint64_t untouched = rng.state;
        assert_true(
            mock_latency_parse(&latency, "latency", cases[i].spec, problem, sizeof problem));
        assert_int_equal(mock_latency_draw(&latency, &rng), cases[i].ns);
        assert_int_equal(rng.state, untouched);
    }
}

static void a_lognormal_has_the_median_and_p95_asked_for(void **state)
{
    (void)state;
    double median, p95;
    draw_many("lognormal:1400ms:2500ms", &median, &p95);
    assert_true(median > 1380 && median < 1420);
    assert_true(p95 > 2440 && p95 < 2560);
}

static void a_normal_has_the_mean_and_deviation_asked_for(void **state)
{
    (void)state;
    double median, p95;
    draw_many("normal:1400ms:300ms", &median, &p95);
    assert_true(median > 1390 && median < 1410);
    assert_true(p95 > 1893 - 20 && p95 < 1893 + 20); /* 1400 + 1.645 x 300 */
}

static void a_mixture_has_the_shares_asked_for(void **state)
{
    (void)state;
    mock_latency latency;
    char problem[300];
    gl_rng rng;
    gl_rng_seed(&rng, 5);
    assert_true(mock_latency_parse(&latency, "latency", "mix:90%:10ms,10%:normal:8s:1s", problem,
                                   sizeof problem));
    int slow = 0;
    for (int i = 0; i < DRAWS; i++) {
        gl_time drawn = mock_latency_draw(&latency, &rng);
        if (drawn != 10 * GL_MS) {
            assert_true(drawn > 2 * GL_SECOND);
            slow++;
        }
    }
    assert_true(slow > DRAWS / 10 - 200 && slow < DRAWS / 10 + 200); /* 4.7 deviations */
}

static void what_was_recorded_comes_in_its_order_or_at_random(void **state)
{
    (void)state;
    char path[] = "/tmp/glimpse-recorded-XXXXXX", spec[64], problem[300];
    static const char text[] = "# measured\n1ms\n\n2ms\n3s";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    mock_latency latency;
    gl_rng rng;
    gl_rng_seed(&rng, 5);
    size_t live = gl_alloc_live();
    snprintf(spec, sizeof spec, "recorded:%s", path);
    assert_true(mock_latency_parse(&latency, "latency", spec, problem, sizeof problem));
    static const gl_time order[] = { GL_MS, 2 * GL_MS, 3 * GL_SECOND, GL_MS };
    for (size_t i = 0; i < 4; i++) assert_int_equal(mock_latency_draw(&latency, &rng), order[i]);
    mock_latency_free(&latency);
    snprintf(spec, sizeof spec, "recorded-random:%s", path);
    assert_true(mock_latency_parse(&latency, "latency", spec, problem, sizeof problem));
    int longest = 0;
    for (int i = 0; i < 3000; i++) longest += mock_latency_draw(&latency, &rng) == 3 * GL_SECOND;
    assert_true(longest > 850 && longest < 1150);
    mock_latency_free(&latency);
    assert_int_equal(gl_alloc_live(), live);
    unlink(path);
}

static void no_draw_is_below_zero(void **state)
{
    (void)state;
    mock_latency latency;
    char problem[200];
    gl_rng rng;
    gl_rng_seed(&rng, 3);
    assert_true(mock_latency_parse(&latency, "latency", "normal:1ms:5ms", problem, sizeof problem));
    int zero = 0;
    for (int i = 0; i < 1000; i++) {
        gl_time drawn = mock_latency_draw(&latency, &rng);
        assert_true(drawn < 60 * GL_MS);
        zero += drawn == 0;
    }
    assert_true(zero > 300); /* 42 % of that distribution is below 0 */
}

static void the_same_seed_draws_the_same(void **state)
{
    (void)state;
    double first[2], again[2];
    draw_many("lognormal:10ms:20ms", &first[0], &first[1]);
    draw_many("lognormal:10ms:20ms", &again[0], &again[1]);
    assert_true(first[0] == again[0] && first[1] == again[1]);
}

static void a_bad_spec_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "1400",
        "fast",
        "-1ms",
        "5m",
        "1e3ms",
        "0x10ms",
        "ms",
        "2h",
        "normal:1ms",
        "normal:1ms:2",
        "gamma:1ms:2ms",
        "lognormal:2s:1s",
        "lognormal:0:1s",
        "normal:1ms:2ms:3ms",
        "3601s",
        "1ms ",
        "mix:90%:1ms",
        "mix:90%:1ms,20%:2ms",
        "mix:1ms",
        "mix:100%:mix:100%:1ms",
        "recorded:",
    };
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        mock_latency latency;
        char problem[400] = "";
        assert_false(mock_latency_parse(&latency, "latency", specs[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "latency: ", 9), 0);
        assert_non_null(strstr(problem, specs[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_latency_is_always_itself),
        cmocka_unit_test(a_lognormal_has_the_median_and_p95_asked_for),
        cmocka_unit_test(a_normal_has_the_mean_and_deviation_asked_for),
        cmocka_unit_test(a_mixture_has_the_shares_asked_for),
        cmocka_unit_test(what_was_recorded_comes_in_its_order_or_at_random),
        cmocka_unit_test(no_draw_is_below_zero),
        cmocka_unit_test(the_same_seed_draws_the_same),
        cmocka_unit_test(a_bad_spec_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
