/* load_endpoint.c - when an answer with status 200 is one, of each endpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "load/endpoint.h"

typedef struct judged {
    const char *body;
    uint32_t texts;
    const char *wrong; /* a part of it; NULL: it is an answer */
} judged;

static void judge(load_endpoint endpoint, const judged *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *wrong =
            load_endpoint_wrong(endpoint, cases[i].texts, gl_slice_str(cases[i].body), false);
        if (cases[i].wrong == NULL && wrong != NULL) fail_msg("%s: %s", cases[i].body, wrong);
        if (cases[i].wrong != NULL && (wrong == NULL || strstr(wrong, cases[i].wrong) == NULL))
            fail_msg("%s: %s", cases[i].body, wrong != NULL ? wrong : "taken");
    }
}

static void embeddings_are_as_many_vectors_as_texts_of_one_size(void **state)
{
    (void)state;
    static const judged cases[] = {
        { "{\"data\":[{\"embedding\":[1,-2.5]},{\"embedding\":[3,4e-3]}]}", 2, NULL },
        { "{\"data\":[{\"embedding\":\"AACAPw==\"}]}", 1, NULL },
        { "{\"data\":[{\"embedding\":[1,2]},{\"embedding\":[3]}]}", 2, "different sizes" },
        { "{\"data\":[{\"embedding\":[1,2]}]}", 2, "not one embedding for each" },
        { "{\"data\":[{\"embedding\":[1]},{\"embedding\":[1]}]}", 1, "not one embedding for each" },
        { "{\"data\":[]}", 1, "not one embedding for each" },
        { "{\"data\":[{\"embedding\":[]}]}", 1, "no vector" },
        { "{\"data\":[{\"embedding\":\"\"}]}", 1, "no vector" },
        { "{\"data\":[{\"embedding\":[1,null]}]}", 1, "no vector" },
        { "{\"data\":[[1,2]]}", 1, "no vector" },
        { "{\"data\":{}}", 1, "no data" },
        { "[]", 1, "no JSON object" },
        { "{", 1, "no JSON object" },
    };
    judge(LOAD_EMBEDDINGS, cases, sizeof cases / sizeof *cases);
}

static void a_rerank_scores_each_document_once(void **state)
{
    (void)state;
    static const judged cases[] = {
        { "{\"results\":[{\"index\":1,\"relevance_score\":0.9},{\"index\":0,\"relevance_score\":"
          "0}]}",
          2, NULL },
        { "{\"results\":[{\"index\":0,\"score\":-3}]}", 1, NULL },
        { "{\"results\":[{\"index\":0,\"score\":1},{\"index\":0,\"score\":2}]}", 2, "twice" },
        { "{\"results\":[{\"index\":2,\"score\":1}]}", 2, "no index" },
        { "{\"results\":[{\"index\":-1,\"score\":1}]}", 2, "no index" },
        { "{\"results\":[{\"score\":1}]}", 1, "no index" },
        { "{\"results\":[{\"index\":0}]}", 1, "no relevance_score" },
        { "{\"results\":[{\"index\":0,\"score\":1}]}", 2, "not one result for each" },
        { "{\"data\":[]}", 1, "no results" },
    };
    judge(LOAD_RERANK, cases, sizeof cases / sizeof *cases);
}

static void what_writes_has_to_say_something(void **state)
{
    (void)state;
    for (int i = LOAD_CHAT; i <= LOAD_RESPONSES; i++) {
        assert_true(load_endpoint_writes((load_endpoint)i));
        assert_null(load_endpoint_wrong((load_endpoint)i, 1, gl_slice_str("{}"), false));
        assert_non_null(load_endpoint_wrong((load_endpoint)i, 1, gl_slice_str("{}"), true));
    }
}

static void each_name_leads_to_its_path(void **state)
{
    (void)state;
    for (int i = 0; i < LOAD_ENDPOINTS; i++) {
        load_endpoint found;
        assert_true(load_endpoint_find(gl_slice_str(load_endpoint_name((load_endpoint)i)), &found));
        assert_int_equal(found, i);
        assert_int_equal(load_endpoint_path(found)[0], '/');
    }
    load_endpoint found;
    assert_false(load_endpoint_find(gl_slice_str("Chat"), &found));
    assert_false(load_endpoint_find(gl_slice_str(""), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embeddings_are_as_many_vectors_as_texts_of_one_size),
        cmocka_unit_test(a_rerank_scores_each_document_once),
        cmocka_unit_test(what_writes_has_to_say_something),
        cmocka_unit_test(each_name_leads_to_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
