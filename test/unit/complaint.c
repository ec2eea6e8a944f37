/* openai/complaint: which successful responses are failures, and of which kind on each path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "openai/complaint.h"
#include "openai/decode.h"
#include "root_oracle.h"

static gl_json checked(const char *text)
{
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_str(text), &root, NULL), GL_JSON_OK);
    return root;
}

static gl_json complaint_of(const char *text)
{
    gl_root root;
    gl_json value = checked(text);
    if (!root_is_read(value)) fail_msg("%s", text);
    gl_root_read(value, &root);
    return gl_complaint_find(&root);
}

static void an_error_is_known_in_each_shape(void **state)
{
    (void)state;
    static const char *const errors[] = {
        "{\"error\":{}}",
        "{\"error\":\"x\"}",
        "{\"error\":503}",
        "{\"error\":true}",
        "{\"error\":[1]}",
        "{\"id\":\"x\",\"choices\":[],\"error\":{\"code\":429}}",
        "{\"object\":\"error\"}",
        "{\"type\":\"error\"}",
        "[{\"error\":{\"code\":1}}]",
        "{\"detail\":\"x\"}",
        "{\"detail\":[{\"msg\":\"x\"}]}",
        "{\"detail\":{}}",
        "{\"errors\":[{\"message\":\"x\"}]}",
        "{\"message\":\"x\",\"code\":5}",
        "{\"msg\":\"x\",\"code\":500,\"success\":false}",
        "{\"error_msg\":\"x\",\"error_code\":18}",
        "{\"id\":\"x\",\"choices\":null,\"base_resp\":{\"status_code\":1002,\"status_msg\":\"x\"}}",
        "{\"choices\":[{\"finish_reason\":\"error\"}]}",
        "{\"choices\":[{\"finish_reason\":\"stop\"},{\"error\":{\"code\":502}}]}",
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (complaint_of(errors[i]).kind == GL_JSON_NONE) fail_msg("%s", errors[i]);
}

/* Among them what streams hold that is no part of the text: it ends none. */
static void what_only_looks_like_an_error_is_none(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "{}",
        "[]",
        "7",
        "\"error\"",
        "[7]",
        "{\"error\":null}",
        "{\"error\":\"\"}",
        "{\"error\":false}",
        "{\"error\":[]}",
        "{\"message\":\"x\"}",
        "{\"detail\":null}",
        "{\"usage\":{\"total_tokens\":3}}",
        "{\"choices\":[],\"usage\":{}}",
        "{\"choices\":[],\"prompt_filter_results\":[{}]}",
        "{\"choices\":[7,null]}",
        "{\"choices\":[{\"index\":0,\"content_filter_result\":{\"error\":{\"code\":\"x\"}}}]}",
        "{\"choices\":[{\"error\":null,\"finish_reason\":null}]}",
        "{\"choices\":[],\"detail\":\"x\"}",
        "{\"id\":\"batch_1\",\"errors\":[{}]}",
        "{\"errors\":{\"object\":\"list\"}}",
        "{\"data\":[],\"message\":\"x\",\"code\":5}",
        "{\"msg\":\"ok\",\"code\":200,\"result\":{}}",
        "{\"message\":\"ok\",\"code\":0}",
        "{\"msg\":\"x\"}",
        "{\"error_msg\":\"\",\"error_code\":0}",
        "{\"choices\":[{}],\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}",
        "{\"choices\":[{}],\"base_resp\":null}",
    };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (complaint_of(fine[i]).kind != GL_JSON_NONE) fail_msg("%s", fine[i]);
}

static void each_path_needs_what_makes_its_answer(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
        bool background;
        glimpse_error error;
        int named;
        const char *code; /* NULL: none */
        bool complete;
    } table[] = {
        { "/embeddings", "{}", false, GLIMPSE_ERR_BAD_JSON, 0, NULL, false },
        { "/embeddings", "{\"data\":{}}", false, GLIMPSE_ERR_BAD_JSON, 0, NULL, false },
        { "/embeddings", "{\"data\":[]}", false, GLIMPSE_OK, 0, NULL, true },
        { "/embeddings", "{\"detail\":\"x\"}", false, GLIMPSE_ERR_HTTP, 0, "error", false },
        { "/moderations", "{}", false, GLIMPSE_ERR_BAD_JSON, 0, NULL, false },
        { "/moderations", "{\"results\":[]}", false, GLIMPSE_OK, 0, NULL, true },
        { "/moderations", "{\"object\":\"error\",\"message\":\"m\",\"code\":503}", false,
          GLIMPSE_ERR_HTTP, 503, "503", false },
        { "/responses", "{}", false, GLIMPSE_ERR_BAD_JSON, 0, NULL, false },
        { "/responses", "{\"status\":\"completed\"}", false, GLIMPSE_ERR_BAD_JSON, 0, NULL, false },
        { "/responses", "{\"status\":\"completed\",\"output\":[]}", false, GLIMPSE_OK, 0, NULL,
          false }, /* it says nothing */
        { "/responses", "{\"status\":\"completed\",\"output\":[{\"type\":\"function_call\"}]}",
          false, GLIMPSE_OK, 0, NULL, true },
        { "/responses", "{\"status\":\"incomplete\",\"output\":[]}", false, GLIMPSE_OK, 0, NULL,
          false },
        { "/responses",
          "{\"status\":\"incomplete\",\"output\":[],\"incomplete_details\":{\"reason\":\"content_"
          "filter\"}}",
          false, GLIMPSE_ERR_CONTENT_FILTER, 0, NULL, false },
        { "/responses",
          "{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"},"
          "\"output\":[]}",
          false, GLIMPSE_ERR_HTTP, 429, "rate_limit_exceeded", false },
        { "/responses", "{\"status\":\"failed\",\"error\":null,\"output\":[]}", false,
          GLIMPSE_ERR_HTTP, 0, "failed", false },
        { "/responses", "{\"status\":\"cancelled\",\"output\":[]}", true, GLIMPSE_ERR_HTTP, 0,
          "cancelled", false },
        { "/responses", "{\"status\":\"queued\",\"output\":[]}", false, GLIMPSE_ERR_HTTP, 0,
          "queued", false },
        { "/responses", "{\"status\":\"in_progress\",\"output\":[]}", false, GLIMPSE_ERR_HTTP, 0,
          "in_progress", false },
        { "/responses", "{\"status\":\"queued\",\"output\":[]}", true, GLIMPSE_OK, 0, NULL, false },
    };
    size_t live = gl_alloc_live();
    gl_decoder *decoder = gl_decoder_new();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gl_decode_input input = { .status = 200,
                                  .body = gl_slice_str(table[i].body),
                                  .path = table[i].path,
                                  .background = table[i].background };
        glimpse_outcome o;
        gl_decode(decoder, &input, &o);
        const char *code = o.error_code != NULL ? o.error_code : "";
        if (o.error != table[i].error || o.error_status != table[i].named ||
            strcmp(code, table[i].code != NULL ? table[i].code : "") != 0 ||
            o.complete != table[i].complete)
            fail_msg("%s %s: %s, %d, '%s'", table[i].path, table[i].body,
                     glimpse_error_name(o.error), o.error_status, code);
    }
    gl_decoder_free(decoder);
    assert_int_equal(gl_alloc_live(), live);
}

/* Choices of every kind, in any order, and members of every name, more than once. */
static void a_root_is_read_in_one_walk_as_in_many(void **state)
{
    (void)state;
    static const char *const choices[] = {
        "7",
        "null",
        "{}",
        "[]",
        "{\"finish_reason\":\"stop\",\"message\":{\"content\":\"x\"}}",
        "{\"finish_reason\":\"length\",\"text\":\"x\"}",
        "{\"finish_reason\":\"error\",\"usage\":{}}",
        "{\"finish_reason\":null,\"error\":{\"code\":502}}",
        "{\"error\":\"\",\"finish_reason\":\"stop\",\"finish_reason\":\"abort\"}",
    };
    static const char *const names[] = {
        "error",  "object",      "type",      "detail",     "errors",    "message",
        "msg",    "code",        "error_msg", "error_code", "base_resp", "output",
        "data",   "id",          "model",     "usage",      "status",    "incomplete_details",
        "x_groq", "\\u0065rror", "created",   "choice",     "choices",   "cho\\u0069ces",
    };
    gl_rng rng;
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX);
    gl_rng_seed(&rng, 15);
    for (int turn = 0; turn < 20000; turn++) {
        gl_buf_reset(&text);
        gl_buf_append_str(&text, "{\"choices\":[");
        for (uint32_t i = 0, count = gl_rng_below(&rng, 4); i < count; i++) {
            if (i > 0) gl_buf_append_char(&text, ',');
            gl_buf_append_str(&text, choices[gl_rng_below(&rng, sizeof choices / sizeof *choices)]);
        }
        gl_buf_append_char(&text, ']');
        for (uint32_t i = 0, count = gl_rng_below(&rng, 8); i < count; i++)
            gl_buf_printf(&text, ",\"%s\":%s",
                          names[gl_rng_below(&rng, sizeof names / sizeof *names)],
                          choices[gl_rng_below(&rng, sizeof choices / sizeof *choices)]);
        gl_buf_append_char(&text, '}');
        assert_true(gl_buf_terminate(&text));
        (void)complaint_of(text.data);
    }
    gl_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_is_read_in_one_walk_as_in_many),
        cmocka_unit_test(an_error_is_known_in_each_shape),
        cmocka_unit_test(what_only_looks_like_an_error_is_none),
        cmocka_unit_test(each_path_needs_what_makes_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
