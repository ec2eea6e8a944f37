/* What a request may cost, before it is sent: no spelling of it costs more than was reserved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "gateway/spend.h"

static gateway_cost may_cost(gateway_kind kind, const char *body, const glimpse_price *price)
{
    gateway_ask ask;
    gateway_refusal refusal;
    double prompt;
    if (!gateway_ask_read(kind, gl_slice_str(body), &ask, &refusal)) fail_msg("%s", body);
    return gateway_may_cost(&ask, strlen(body), price, &prompt);
}

/* The tokens of the answers alone: those of the prompt depend on the body's length. */
static double answer_tokens(gateway_kind kind, const char *body)
{
    gateway_ask ask;
    gateway_refusal refusal;
    double prompt;
    if (!gateway_ask_read(kind, gl_slice_str(body), &ask, &refusal)) fail_msg("%s", body);
    gateway_cost cost = gateway_may_cost(&ask, strlen(body), NULL, &prompt);
    return cost.tokens - prompt;
}

static void every_answer_of_every_prompt_is_reserved(void **state)
{
    (void)state;
    static const struct {
        gateway_kind kind;
        const char *body;
        double tokens;
    } rows[] = {
        { GATEWAY_CHAT, "{\"max_tokens\":10}", 10 },
        { GATEWAY_CHAT, "{}", 4096 },
        { GATEWAY_CHAT, "{\"max_tokens\":null}", 4096 },
        { GATEWAY_CHAT, "{\"max_tokens\":-1}", 4096 }, /* without a limit, at llama.cpp */
        { GATEWAY_CHAT, "{\"max_tokens\":5,\"max_completion_tokens\":7}", 7 },
        { GATEWAY_CHAT, "{\"max_tokens\":9,\"max_completion_tokens\":7}", 9 },
        { GATEWAY_CHAT, "{\"max_tokens\":10,\"n\":3}", 30 },
        { GATEWAY_CHAT, "{\"max_tokens\":10,\"n\":1e6}", 1e7 },
        { GATEWAY_CHAT, "{\"max_tokens\":10,\"n\":0}", 10 },
        { GATEWAY_CHAT, "{\"max_tokens\":10,\"messages\":[[],[]]}", 10 },
        { GATEWAY_RESPONSES, "{\"max_output_tokens\":10,\"input\":[{},{}]}", 10 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"best_of\":5}", 50 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"best_of\":5,\"n\":7}", 70 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"prompt\":\"a\"}", 10 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"prompt\":[\"a\",\"b\",\"c\"]}", 30 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"prompt\":[1,2,3]}", 10 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"prompt\":[[1,2],[3]]}", 20 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"prompt\":[[1,2],\"a\",3]}", 20 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"best_of\":2,\"prompt\":[\"a\",\"b\"]}", 40 },
        { GATEWAY_COMPLETIONS, "{\"max_tokens\":10,\"prompt\":[]}", 10 },
        { GATEWAY_EMBEDDINGS, "{\"input\":[\"a\",\"b\"],\"max_tokens\":10}", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (answer_tokens(rows[i].kind, rows[i].body) != rows[i].tokens)
            fail_msg("%s: %f", rows[i].body, answer_tokens(rows[i].kind, rows[i].body));
}

/* "[1,1,1]" has two bytes for a token, not four. */
static void a_list_of_tokens_counts_each_of_them(void **state)
{
    (void)state;
    static const char *const items[] = { "1", "[1]" };
    for (int lists = 0; lists < 2; lists++) {
        gl_buf body;
        gl_buf_init(&body, 1 << 20);
        gl_buf_append_str(&body, "{\"input\":[");
        for (int i = 0; i < 1000; i++) gl_buf_printf(&body, "%s%s", i ? "," : "", items[lists]);
        gl_buf_append_str(&body, "]}");
        assert_true(gl_buf_terminate(&body));
        assert_true(may_cost(GATEWAY_EMBEDDINGS, body.data, NULL).tokens >= 1000);
        gl_buf_free(&body);
    }
    assert_true(may_cost(GATEWAY_EMBEDDINGS, "{\"input\":[\"0123456789abcdef\"]}", NULL).tokens <
                8);
}

static void the_largest_request_still_has_a_cost(void **state)
{
    (void)state;
    const glimpse_price price = { .input = 1, .output = 2 };
    static const char body[] = "{\"max_tokens\":1000000000,\"best_of\":1000000,\"prompt\":"
                               "[\"a\",\"b\",\"c\"]}";
    gateway_cost cost = may_cost(GATEWAY_COMPLETIONS, body, &price);
    assert_true(cost.tokens >= 1e15 && cost.tokens < 1.1e15);
    assert_true(cost.usd >= 2e9 && cost.usd < 2.1e9);
    /* What was taken comes back to the token. */
    int64_t retry;
    gateway_allowance a = { .under_way = 0 };
    gateway_allowance_set(&a, &(gateway_limits){ .tpm = 1000 }, 1, 0);
    assert_int_equal(gateway_allowance_take(&a, &cost, 1, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(gateway_allowance_take(&a, &cost, 1, 0, &retry), GATEWAY_NO_TOKENS);
    assert_int_equal(retry, 86400);
    gateway_allowance_settle(&a, &cost, &(gateway_cost){ 100, 0 }, 1, 0);
    assert_true(a.tokens > 899 && a.tokens < 901);
}

static void the_profile_s_longest_answer_is_reserved_where_none_is_named(void **state)
{
    (void)state;
    const glimpse_price price = { .input = 1, .output = 1, .max_output = 16384 };
    gateway_cost cost = may_cost(GATEWAY_CHAT, "{\"n\":2}", &price);
    assert_true(cost.tokens >= 2 * 16384 && cost.tokens < 2 * 16384 + 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_of_every_prompt_is_reserved),
        cmocka_unit_test(a_list_of_tokens_counts_each_of_them),
        cmocka_unit_test(the_largest_request_still_has_a_cost),
        cmocka_unit_test(the_profile_s_longest_answer_is_reserved_where_none_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
