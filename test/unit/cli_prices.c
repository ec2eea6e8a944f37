/* cli/batch/prices: a price that is not known is none; sums in the words of three endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "batch/prices.h"

static gl_json checked(const char *text)
{
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_str(text), &root, NULL), GL_JSON_OK);
    return root;
}

static const model_price *find(const price_list *prices, const char *model)
{
    return prices_find(prices, gl_slice_str(model));
}

static void assert_dollars(double a, double b)
{
    if (fabs(a - b) > 1e-12) fail_msg("%.15g is not %.15g", a, b);
}

static void model_is_found_by_its_name_and_by_its_name_without_a_date(void **state)
{
    (void)state;
    price_list prices;
    assert_int_equal(prices_read(&prices, NULL, NULL), 0);
    const model_price *mini = find(&prices, "gpt-4o-mini");
    assert_non_null(mini);
    assert_dollars(mini->input, 0.15);
    assert_ptr_equal(find(&prices, "gpt-4o-mini-2024-07-18"), mini);
    /* A row of its own beats the one without the date. */
    assert_dollars(find(&prices, "gpt-4o-2024-05-13")->input, 5);
    assert_dollars(find(&prices, "gpt-4o-2024-08-06")->input, 2.5);
    static const char *const unknown[] = { "",
                                           "gpt",
                                           "gpt-4o-min",
                                           "gpt-4o-mini-",
                                           "gpt-4o-mini-2024",
                                           "gpt-4o-mini-20240718xx",
                                           "gpt-4o-mini-2024-07-1x",
                                           "ft:gpt-4o-mini-2024-07-18:me::1",
                                           "-2024-07-18",
                                           "GPT-4O-MINI" };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_null(find(&prices, unknown[i]));
    prices_free(&prices);
}

/* From a file with this text. */
static int read_text(price_list *prices, const char *text)
{
    char path[] = "/tmp/glimpse-prices-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    int code = prices_read(prices, path, NULL);
    unlink(path);
    return code;
}

static void file_goes_over_the_table_row_by_row(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    price_list prices;
    assert_int_equal(read_text(&prices, "{\"gpt-4o-mini\":{\"input\":1,\"output\":2},"
                                        "\"mine\":{\"input\":0,\"output\":0,\"max_output\":50}}"),
                     0);
    assert_dollars(find(&prices, "gpt-4o-mini")->input, 1);
    assert_true(find(&prices, "gpt-4o-mini")->cached_input < 0);
    assert_dollars(find(&prices, "gpt-4o-mini-2024-07-18")->output, 2);
    assert_dollars(find(&prices, "mine")->output, 0);
    assert_dollars(find(&prices, "gpt-4o")->input, 2.5);
    prices_free(&prices);
    assert_int_equal(read_text(&prices, "{\"a\":{\"input\":1},\"b\":{\"input\":true}}"), 78);
    prices_free(&prices);
    assert_int_equal(read_text(&prices, "{\"a\":{\"input\":1"), 78);
    prices_free(&prices);
    assert_int_equal(gl_alloc_live(), live);
}

static void cached_tokens_have_their_own_price_where_there_is_one(void **state)
{
    (void)state;
    const model_price price = { .input = 2, .output = 8, .cached_input = 0.5 };
    const model_price plain = { .input = 2, .output = 8, .cached_input = -1 };
    const glimpse_bill bill = { 1000000, 400000, 500000 }, cached = { 10, 10, 5 };
    assert_dollars(price_of(&price, &bill), 0.6 * 2 + 0.4 * 0.5 + 0.5 * 8);
    assert_dollars(price_of(&plain, &bill), 2 + 0.5 * 8);
    assert_dollars(price_of(&price, &cached), (10 * 0.5 + 5 * 8) / 1e6);
}

/* Twice as many models as are remembered, one of them unknown, one with a name too long. */
static void a_recalled_price_is_the_one_that_is_found(void **state)
{
    (void)state;
    price_list prices;
    char name[2 * PRICES_MODEL_SIZE + 1];
    gl_rng rng;
    gl_rng_seed(&rng, 7);
    assert_int_equal(prices_read(&prices, NULL, NULL), 0);
    static const char *const names[] = { "gpt-4o-mini",
                                         "gpt-4o",
                                         "no-such-model",
                                         "",
                                         "gpt-4o-mini-2024-07-18",
                                         "o3-mini",
                                         "gpt-4.1",
                                         "gpt-5",
                                         "gpt-4.1-mini",
                                         "gpt-4.1-nano",
                                         "o1",
                                         "o3",
                                         "o4-mini",
                                         "gpt-4o-m",
                                         "gpt-4o-mini2" };
    for (int turn = 0; turn < 10000; turn++) {
        uint32_t i = gl_rng_below(&rng, sizeof names / sizeof *names + 1);
        memset(name, 'x', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        gl_slice model = gl_slice_str(i < sizeof names / sizeof *names ? names[i] : name);
        assert_ptr_equal(prices_recall(&prices, model), prices_find(&prices, model));
    }
    prices_free(&prices);
}

static void bound_is_of_every_byte_and_of_all_the_answer_may_take(void **state)
{
    (void)state;
    const model_price price = { .input = 1e6, .output = 1e6, .cached_input = 0, .max_output = 100 };
    const model_price endless = { .input = 1e6, .output = 1e6, .cached_input = 0 };
    const model_price free_output = { .input = 1e6 };
    const char *limited = "{\"max_tokens\":10}", *newer = "{\"max_completion_tokens\":20,\"n\":3}",
               *open = "{\"messages\":[]}";
    assert_dollars(price_bound(&price, checked(limited)), (double)strlen(limited) + 10);
    assert_dollars(price_bound(&price, checked(newer)), (double)strlen(newer) + 60);
    assert_dollars(price_bound(&price, checked(open)), (double)strlen(open) + 100);
    assert_true(price_bound(&endless, checked(open)) < 0);
    assert_dollars(price_bound(&free_output, checked(open)), (double)strlen(open));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_is_found_by_its_name_and_by_its_name_without_a_date),
        cmocka_unit_test(file_goes_over_the_table_row_by_row),
        cmocka_unit_test(cached_tokens_have_their_own_price_where_there_is_one),
        cmocka_unit_test(a_recalled_price_is_the_one_that_is_found),
        cmocka_unit_test(bound_is_of_every_byte_and_of_all_the_answer_may_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
