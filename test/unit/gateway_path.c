/* The paths of the gateway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/path.h"

static void each_path_has_its_kind(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        gateway_kind kind;
        const char *model;
    } rows[] = {
        { "/v1/chat/completions", GATEWAY_CHAT, "" },
        { "/chat/completions", GATEWAY_CHAT, "" },
        { "//v1///chat//completions", GATEWAY_CHAT, "" },
        { "/v1/chat/completions/", GATEWAY_CHAT, "" },
        { "/v1/completions", GATEWAY_COMPLETIONS, "" },
        { "/v1/embeddings", GATEWAY_EMBEDDINGS, "" },
        { "/v1/responses", GATEWAY_RESPONSES, "" },
        { "/v1/models", GATEWAY_MODELS, "" },
        { "/v1//models", GATEWAY_MODELS, "" },
        { "/v1/models/", GATEWAY_MODELS, "" },
        { "/v1/models/gpt-4o", GATEWAY_MODEL, "gpt-4o" },
        { "/models/org%2Fname", GATEWAY_MODEL, "org/name" },
        { "/v1/models/org/name", GATEWAY_MODEL, "org/name" },
        { "/v1/models/50%", GATEWAY_MODEL, "50%" },
        { "/v1/models/%zz%4", GATEWAY_MODEL, "%zz%4" },
        { "/v1/models/%00", GATEWAY_UNKNOWN, "" },
        { "/v1/models/%00%2f", GATEWAY_UNKNOWN, "" },
        { "/v1/models/a%0Ab", GATEWAY_UNKNOWN, "" },
        { "/v1/models/a%7f", GATEWAY_UNKNOWN, "" },
        { "/v1/models/%2f", GATEWAY_MODEL, "/" },
        { "/v1/models/caf%c3%a9", GATEWAY_MODEL, "caf\xc3\xa9" },
        { "/healthz", GATEWAY_HEALTH, "" },
        { "/v1/readyz", GATEWAY_READY, "" },
        { "/", GATEWAY_PAGE, "" },
        { "/status.json", GATEWAY_STATUS, "" },
        { "/v1", GATEWAY_UNKNOWN, "" },
        { "/v1/", GATEWAY_UNKNOWN, "" },
        { "", GATEWAY_UNKNOWN, "" },
        { "*", GATEWAY_UNKNOWN, "" },
        { "/v1/v1/models", GATEWAY_UNKNOWN, "" },
        { "/v2/chat/completions", GATEWAY_UNKNOWN, "" },
        { "/v1/chat/completions/x", GATEWAY_UNKNOWN, "" },
        { "/v1/Chat/Completions", GATEWAY_UNKNOWN, "" },
        { "/v1/responses/resp_1", GATEWAY_UNKNOWN, "" },
    };
    char room[GATEWAY_PATH_MAX];
    gl_slice model;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(gateway_path_read(gl_slice_str(rows[i].path), room, &model), rows[i].kind);
        assert_true(gl_slice_is(model, rows[i].model));
    }
}

static void a_path_that_is_too_long_is_unknown(void **state)
{
    (void)state;
    char path[GATEWAY_PATH_MAX + 2], room[GATEWAY_PATH_MAX];
    gl_slice model;
    memset(path, 'm', sizeof path);
    memcpy(path, "/models/", 8);
    assert_int_equal(gateway_path_read(gl_slice_of(path, GATEWAY_PATH_MAX), room, &model),
                     GATEWAY_MODEL);
    assert_int_equal(model.len, GATEWAY_PATH_MAX - 8);
    assert_int_equal(gateway_path_read(gl_slice_of(path, GATEWAY_PATH_MAX + 1), room, &model),
                     GATEWAY_UNKNOWN);
}

static void the_engine_s_paths_take_post_and_the_others_get(void **state)
{
    (void)state;
    for (int kind = 0; kind < GATEWAY_UNKNOWN; kind++) {
        bool asked = gateway_kind_is_asked(kind);
        assert_int_equal(asked, kind <= GATEWAY_RESPONSES);
        assert_int_equal(gateway_kind_takes(kind, gl_slice_str("POST")), asked);
        assert_int_equal(gateway_kind_takes(kind, gl_slice_str("GET")), !asked);
        assert_int_equal(gateway_kind_takes(kind, gl_slice_str("HEAD")), !asked);
        assert_false(gateway_kind_takes(kind, gl_slice_str("get")));
        assert_false(gateway_kind_takes(kind, gl_slice_str("DELETE")));
    }
    assert_string_equal(gateway_kind_path(GATEWAY_RESPONSES), "/responses");
    assert_string_equal(gateway_kind_path(GATEWAY_CHAT), "/chat/completions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_has_its_kind),
        cmocka_unit_test(a_path_that_is_too_long_is_unknown),
        cmocka_unit_test(the_engine_s_paths_take_post_and_the_others_get),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
