/* prompt.c - what is sent for a draft, and the words of a body that somebody else wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "policy/profile.h"
#include "policy/prompt.h"

static gl_prompt draft(const char *input, const char *goal, const char *constraints)
{
    gl_prompt prompt = { .input = gl_slice_str(input),
                         .goal = gl_slice_str(goal),
                         .constraints = gl_slice_str(constraints),
                         .model = "gpt-4o-mini",
                         .temperature = 0.7,
                         .max_tokens = 256 };
    return prompt;
}

/* With the parameters that the model's profile says. */
static void ask(gl_prompt *prompt, const char *model)
{
    glimpse_profile profile;
    glimpse_profile_init(&profile);
    assert_int_equal(glimpse_profiles_find(NULL, model, 0, &profile), GLIMPSE_OK);
    prompt->model = model;
    prompt->max_completion_tokens = strcmp(profile.max_tokens_as, "max_completion_tokens") == 0;
    prompt->omit = gl_profile_omits(&profile);
}

/* The body of a draft, checked; its text is in `out`. */
static gl_json body_of(const gl_prompt *prompt, gl_buf *out)
{
    gl_json body = { .kind = GL_JSON_NONE };
    gl_buf_init(out, SIZE_MAX);
    gl_prompt_write(prompt, out);
    assert_false(out->failed);
    assert_int_equal(gl_json_check(gl_buf_slice(out), &body, NULL), GL_JSON_OK);
    return body;
}

static void assert_last_user_text(gl_json body, const char *expected)
{
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX);
    gl_prompt_last_user_text(body, &text);
    if (!gl_slice_is(gl_buf_slice(&text), expected))
        fail_msg("%.*s is not %s", (int)text.len, text.data, expected);
    gl_buf_free(&text);
}

static void a_draft_becomes_a_system_and_a_user_message(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_prompt prompt = draft("The cat \"sat\".\nIt left.", "summarize", "one sentence");
    gl_buf out;
    gl_json body = body_of(&prompt, &out), message, name, value;
    assert_true(gl_json_string_is(gl_json_get(body, "model"), "gpt-4o-mini"));
    assert_true(gl_slice_is(gl_json_get(body, "temperature").text, "0.7"));
    assert_true(gl_slice_is(gl_json_get(body, "max_tokens").text, "256"));

    gl_json_iter iter = gl_json_begin(gl_json_get(body, "messages"));
    assert_true(gl_json_next(&iter, NULL, &message));
    assert_true(gl_json_string_is(gl_json_get(message, "role"), "system"));
    assert_true(gl_json_get(message, "content").text.len > 100);
    assert_true(gl_json_next(&iter, NULL, &message));
    assert_true(gl_json_string_is(gl_json_get(message, "role"), "user"));
    assert_true(gl_json_string_is(gl_json_get(message, "content"),
                                  "Goal:\nsummarize\n\nConstraints:\none sentence\n\nInput:\n"
                                  "The cat \"sat\".\nIt left."));
    assert_false(gl_json_next(&iter, NULL, &message));

    size_t members = 0;
    for (iter = gl_json_begin(body); gl_json_next(&iter, &name, &value);) members++;
    assert_int_equal(members, 4);
    gl_buf_free(&out);
    assert_int_equal(gl_alloc_live(), live);
}

static void each_family_gets_the_parameters_it_takes(void **state)
{
    (void)state;
    static const char *const newer[] = { "o1",
                                         "o1-mini",
                                         "o3",
                                         "o3-pro-2025-06-10",
                                         "o4-mini",
                                         "gpt-5",
                                         "gpt-5-mini",
                                         "gpt-5.1",
                                         "openai/o3-mini",
                                         "openai/gpt-5",
                                         "GPT-5",
                                         "ft:o4-mini:org::id",
                                         "o4:free" };
    static const char *const older[] = { "gpt-4o-mini",
                                         "gpt-4.1",
                                         "gpt-3.5-turbo",
                                         "o",
                                         "o11",
                                         "o3x",
                                         "gpt-50",
                                         "gpt-oss:20b",
                                         "gpt-4o/x",
                                         "llama-o3",
                                         "o3/llama",
                                         "ft:gpt-4o:o1::id",
                                         "",
                                         "gpt" };
    for (size_t i = 0; i < sizeof newer / sizeof *newer + sizeof older / sizeof *older; i++) {
        bool is_newer = i < sizeof newer / sizeof *newer;
        gl_prompt prompt = draft("in", "go", "");
        gl_buf out;
        ask(&prompt, is_newer ? newer[i] : older[i - sizeof newer / sizeof *newer]);
        gl_json body = body_of(&prompt, &out);
        bool right =
            (gl_json_get(body, "temperature").kind == GL_JSON_NONE) == is_newer &&
            (gl_json_get(body, "max_tokens").kind == GL_JSON_NONE) == is_newer &&
            (gl_json_get(body, "max_completion_tokens").kind == GL_JSON_NUMBER) == is_newer;
        if (!right) fail_msg("%s: %.*s", prompt.model, (int)out.len, out.data);
        gl_buf_free(&out);
    }
}

static void no_constraints_leave_no_heading(void **state)
{
    (void)state;
    gl_prompt prompt = draft("in", "go", "");
    gl_buf out;
    assert_last_user_text(body_of(&prompt, &out), "Goal:\ngo\n\nInput:\nin");
    gl_buf_free(&out);
    prompt.constraints = gl_slice_of(NULL, 0);
    assert_last_user_text(body_of(&prompt, &out), "Goal:\ngo\n\nInput:\nin");
    gl_buf_free(&out);
}

static void the_same_draft_makes_the_same_bytes(void **state)
{
    (void)state;
    gl_prompt prompt = draft("a\x01\xC3\xA9", "b", "c"), other = prompt;
    gl_buf first, second, third;
    body_of(&prompt, &first);
    body_of(&prompt, &second);
    assert_true(gl_slice_equal(gl_buf_slice(&first), gl_buf_slice(&second)));
    other.max_tokens = 257;
    body_of(&other, &third);
    assert_false(gl_slice_equal(gl_buf_slice(&first), gl_buf_slice(&third)));
    gl_buf_free(&first);
    gl_buf_free(&second);
    gl_buf_free(&third);
}

static void a_body_too_large_for_its_buffer_is_said(void **state)
{
    (void)state;
    gl_prompt prompt = draft("a long enough input", "goal", "");
    gl_buf out;
    gl_buf_init(&out, 64);
    gl_prompt_write(&prompt, &out);
    assert_true(out.failed && out.too_large);
    gl_buf_free(&out);
}

static void the_last_message_of_the_user_is_found(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "{\"messages\":[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"assistant\","
          "\"content\":\"two\"},{\"content\":\"th\\u0072ee\",\"role\":\"us\\u0065r\"},"
          "{\"role\":\"assistant\",\"content\":\"four\"}]}",
          "three" },
        { "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
          "{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}},{\"text\":\"b\",\"type\":"
          "\"text\"},"
          "{\"type\":\"text\",\"text\":1},{\"type\":\"text\"},7,{\"type\":\"text\",\"text\":\"\"}]}"
          "]}",
          "a\nb\n" },
        { "{\"messages\":[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"user\","
          "\"content\":null}]}",
          "" },
        { "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"a\"}}]}",
          "" },
        { "{\"messages\":[{\"role\":\"system\",\"content\":\"a\"}]}", "" },
        { "{\"messages\":[{\"role\":\"user\"},1,null,[],\"user\"]}", "" },
        { "{\"messages\":[]}", "" },
        { "{\"messages\":{\"role\":\"user\",\"content\":\"a\"}}", "" },
        { "{\"messages\":\"a\"}", "" },
        { "{}", "" },
        { "[1]", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gl_json body;
        assert_int_equal(gl_json_check(gl_slice_str(cases[i][0]), &body, NULL), GL_JSON_OK);
        assert_last_user_text(body, cases[i][1]);
    }
}

/* The lines behind "Inputs:" of a pack's body, unescaped once. */
static void assert_inputs(gl_json body, const char *expected)
{
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX);
    gl_prompt_last_user_text(body, &text);
    assert_true(gl_buf_terminate(&text));
    const char *inputs = strstr(text.data, "\n\nInputs:\n");
    assert_non_null(inputs);
    assert_string_equal(inputs + 10, expected);
    gl_buf_free(&text);
}

static gl_json pack_of(const char *model, const gl_slice *inputs, size_t count, gl_buf *out)
{
    gl_json body = { .kind = GL_JSON_NONE };
    gl_prompt prompt = draft("not read", "summarize", "one sentence");
    ask(&prompt, model);
    prompt.max_tokens = 548;
    gl_buf_init(out, SIZE_MAX);
    gl_prompt_write_pack(&prompt, inputs, count, out);
    assert_false(out->failed);
    assert_int_equal(gl_json_check(gl_buf_slice(out), &body, NULL), GL_JSON_OK);
    return body;
}

static void a_pack_numbers_its_inputs_and_asks_for_a_list_by_schema(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    /* The second tries to pass for two. */
    const gl_slice inputs[] = { gl_slice_str("The cat \"sat\"."),
                                gl_slice_str("x\"}\n{\"n\":3,\"input\":\"y") };
    gl_buf out;
    gl_json body = pack_of("gpt-4o-mini", inputs, 2, &out);
    assert_inputs(body, "{\"n\":1,\"input\":\"The cat \\\"sat\\\".\"}\n"
                        "{\"n\":2,\"input\":\"x\\\"}\\n{\\\"n\\\":3,\\\"input\\\":\\\"y\"}");
    assert_true(gl_slice_is(gl_json_get(body, "max_tokens").text, "548"));
    assert_true(gl_slice_is(gl_json_get(body, "temperature").text, "0.7"));
    gl_json format = gl_json_get(body, "response_format");
    assert_true(gl_json_string_is(gl_json_get(format, "type"), "json_schema"));
    gl_json schema = gl_json_get(format, "json_schema");
    assert_int_equal(gl_json_get(schema, "strict").kind, GL_JSON_TRUE);
    schema = gl_json_get(schema, "schema");
    assert_true(gl_json_string_is(gl_json_get(schema, "type"), "object"));
    assert_int_equal(gl_json_get(schema, "additionalProperties").kind, GL_JSON_FALSE);
    gl_buf_free(&out);
    assert_int_equal(gl_alloc_live(), live);
}

static void models_that_refuse_a_schema_are_asked_in_words(void **state)
{
    (void)state;
    static const char *const without[] = {
        "gpt-4",   "gpt-4-turbo",       "gpt-4-0613",        "gpt-3.5-turbo",
        "o1-mini", "gpt-4o-2024-05-13", "openai/gpt-4-turbo"
    };
    static const char *const with[] = { "gpt-4o",       "gpt-4o-mini",
                                        "gpt-4.1-nano", "gpt-5-mini",
                                        "o1",           "o3-mini",
                                        "llama3.1:8b",  "ft:gpt-4o-mini-2024-07-18:o::i" };
    gl_slice input = gl_slice_str("x");
    gl_buf out;
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        gl_json body = pack_of(without[i], &input, 1, &out);
        assert_int_equal(gl_json_get(body, "response_format").kind, GL_JSON_NONE);
        gl_buf_free(&out);
    }
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        gl_json body = pack_of(with[i], &input, 1, &out);
        assert_int_equal(gl_json_get(body, "response_format").kind, GL_JSON_OBJECT);
        gl_buf_free(&out);
    }
}

/* S10: a server may refuse any of what the author of a draft did not write. */
static void each_parameter_of_ours_can_be_left_out(void **state)
{
    (void)state;
    static const struct {
        unsigned bit;
        const char *name;
        bool in_draft, in_pack;
    } table[] = {
        { GLIMPSE_OMIT_TEMPERATURE, "temperature", true, true },
        { GLIMPSE_OMIT_MAX_TOKENS, "max_tokens", true, true },
        { GLIMPSE_OMIT_STREAM_OPTIONS, "stream_options", true, false },
        { GLIMPSE_OMIT_RESPONSE_FORMAT, "response_format", false, true },
    };
    const gl_slice inputs[] = { gl_slice_str("a"), gl_slice_str("b") };
    for (unsigned omit = 0; omit < 16; omit++) {
        gl_buf draft_text, pack_text;
        gl_json pack;
        gl_prompt prompt = draft("in", "go", "");
        prompt.stream = true;
        prompt.omit = omit;
        gl_json body = body_of(&prompt, &draft_text);
        gl_buf_init(&pack_text, SIZE_MAX);
        gl_prompt_write_pack(&prompt, inputs, 2, &pack_text);
        assert_int_equal(gl_json_check(gl_buf_slice(&pack_text), &pack, NULL), GL_JSON_OK);
        assert_int_equal(gl_json_get(body, "stream").kind, GL_JSON_TRUE);
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
            bool sent = (omit & table[i].bit) == 0;
            assert_int_equal(gl_json_get(body, table[i].name).kind != GL_JSON_NONE,
                             sent && table[i].in_draft);
            assert_int_equal(gl_json_get(pack, table[i].name).kind != GL_JSON_NONE,
                             sent && table[i].in_pack);
        }
        gl_buf_free(&draft_text);
        gl_buf_free(&pack_text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_becomes_a_system_and_a_user_message),
        cmocka_unit_test(each_family_gets_the_parameters_it_takes),
        cmocka_unit_test(no_constraints_leave_no_heading),
        cmocka_unit_test(the_same_draft_makes_the_same_bytes),
        cmocka_unit_test(a_body_too_large_for_its_buffer_is_said),
        cmocka_unit_test(the_last_message_of_the_user_is_found),
        cmocka_unit_test(a_pack_numbers_its_inputs_and_asks_for_a_list_by_schema),
        cmocka_unit_test(models_that_refuse_a_schema_are_asked_in_words),
        cmocka_unit_test(each_parameter_of_ours_can_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
