/* load_class.c - a class of requests as a person writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "load/class.h"

static load_class defaults(void)
{
    return (load_class){ .model = "of-the-run",
                         .weight = 1,
                         .input = { .least = 512, .most = 512 },
                         .turns = { .least = 1, .most = 1 },
                         .texts = 1,
                         .words_per_token = 1 };
}

static void each_key_is_taken_and_the_rest_is_the_runs(void **state)
{
    (void)state;
    char problem[200] = "";
    load_class kind = defaults();
    assert_true(load_class_parse(&kind,
                                 gl_slice_str("chat: weight=2.5, model=a/b:c, input=100-900,output="
                                              "normal:64:8,turns=2-4,prefix=1000:50%:3,goodput="
                                              "ttft<500ms,latency<2s , stream=on"),
                                 problem, sizeof problem));
    assert_string_equal(kind.name, "chat");
    assert_string_equal(kind.model, "a/b:c");
    assert_true(fabs(kind.weight - 2.5) < 1e-9);
    assert_int_equal(kind.input.most, 900);
    assert_true(kind.limited);
    assert_int_equal(kind.turns.most, 4);
    assert_int_equal(kind.prefix_tokens, 1000);
    assert_int_equal(kind.prefixes, 3);
    assert_true(fabs(kind.prefix_part - 0.5) < 1e-9);
    assert_string_equal(kind.goodput, "ttft<500ms,latency<2s");
    assert_int_equal(kind.slo.count, 2);
    assert_true(kind.stream);

    kind = defaults();
    assert_true(load_class_parse(&kind, gl_slice_str("input:input=5,goodput=latency<1s"), problem,
                                 sizeof problem)); /* a name is no key */
    kind = defaults();
    assert_true(load_class_parse(&kind, gl_slice_str("e:endpoint=embeddings,texts=16"), problem,
                                 sizeof problem));
    assert_int_equal(kind.endpoint, LOAD_EMBEDDINGS);
    assert_int_equal(kind.texts, 16);
    assert_string_equal(kind.model, "of-the-run");
    assert_int_equal(kind.input.least, 512);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "", "NAME" },
        { "chat", "NAME" },
        { ":weight=1", "NAME" },
        { "a-name-that-is-longer-than-thirty-one-bytes:weight=1", "NAME" },
        { "c:weight=0", "weight" },
        { "c:weight", "weight" },
        { "c:size=3", "size" },
        { "c:input=5,input=6", "input is there twice" },
        { "c:weight=2, input=5 ,weight=3", "weight is there twice" },
        { "c:input=0", "input" },
        { "c:endpoint=chats", "endpoint" },
        { "c:goodput=p95<1s", "goodput" },
        { "c:stream=yes", "stream" },
        { "c:goodput=ttft<1s", "stream=on" },
        { "c:goodput=latency<1s,stream=off,input=5,goodput=tpot<1s", "goodput is there twice" },
        { "c:prefix=10", "prefix" },
        { "c:prefix=10:2", "prefix" },
        { "c:texts=3", "texts" },
        { "c:texts=2000", "texts" },
        { "c:endpoint=embeddings,output=3", "output" },
        { "c:endpoint=rerank,stream=on", "stream" },
        { "c:endpoint=completions,turns=2", "turns" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_class kind = defaults();
        char problem[200] = "";
        if (load_class_parse(&kind, gl_slice_str(bad[i][0]), problem, sizeof problem))
            fail_msg("'%s' was taken", bad[i][0]);
        if (strstr(problem, bad[i][1]) == NULL) fail_msg("'%s': %s", bad[i][0], problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_taken_and_the_rest_is_the_runs),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
