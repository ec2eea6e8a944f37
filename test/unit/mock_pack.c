/* mock_pack.c - what the mock server answers to a pack, and how its faults spoil that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "mock/model.h"
#include "mock/pack.h"
#include "mock/write.h"
#include "policy/pack.h"
#include "policy/prompt.h"

enum { COUNT = 5 };
static const char *const inputs[COUNT] = { "One cat. It sat.", "Two \"dogs\"\n ran. Far.",
                                           "Three\tbirds", "  ", "Five \xC3\xA9 fish. Swim." };

static gl_prompt prompt_of(const char *input)
{
    gl_prompt prompt = { .input = gl_slice_str(input),
                         .goal = gl_slice_str("sum up"),
                         .model = "gpt-4o-mini",
                         .temperature = 0.7,
                         .max_tokens = 256 };
    return prompt;
}

/* The content of an answer to a body, appended to out; the answer stays in `answer`. */
static void ask(const gl_buf *body, mock_fault fault, gl_buf *answer, gl_buf *out)
{
    static const unsigned char digest[32] = { 0 };
    gl_json root, choice;
    mock_model model = { .reasoning = 0 };
    mock_answer spoken;
    mock_answer_init(&spoken, SIZE_MAX / 2);
    assert_int_equal(
        mock_model_answer(&model, MOCK_FORM_CHAT, gl_buf_slice(body), digest, &spoken, answer),
        200);
    if (fault != MOCK_FAULT_NONE) mock_pack_spoil(fault, &spoken);
    mock_write_plain(&spoken, answer);
    mock_answer_free(&spoken);
    assert_int_equal(gl_json_check(gl_buf_slice(answer), &root, NULL), GL_JSON_OK);
    gl_json_iter iter = gl_json_begin(gl_json_get(root, "choices"));
    assert_true(gl_json_next(&iter, NULL, &choice));
    gl_json_string_append(gl_json_get(gl_json_get(choice, "message"), "content"), out, NULL);
    bool cut = gl_json_string_is(gl_json_get(choice, "finish_reason"), "length");
    assert_int_equal(cut, fault == MOCK_FAULT_PACK_CUT);
}

/* Asks for all inputs at once and reads the answer. */
static gl_pack_split ask_pack(mock_fault fault, gl_pack_item *items, gl_buf *content,
                              gl_buf *scratch)
{
    gl_slice list[COUNT];
    gl_buf body, answer;
    gl_buf_init(&body, SIZE_MAX / 2);
    gl_buf_init(&answer, SIZE_MAX / 2);
    gl_buf_reset(content);
    for (size_t i = 0; i < COUNT; i++) list[i] = gl_slice_str(inputs[i]);
    gl_prompt prompt = prompt_of("");
    gl_prompt_write_pack(&prompt, list, COUNT, &body);
    ask(&body, fault, &answer, content);
    assert_int_equal(mock_pack_is(gl_buf_slice(content)),
                     fault != MOCK_FAULT_PACK_NOTJSON && fault != MOCK_FAULT_PACK_CUT);
    gl_buf_free(&body);
    gl_buf_free(&answer);
    return gl_pack_read(gl_buf_slice(content), fault == MOCK_FAULT_PACK_CUT, scratch, items, COUNT);
}

static void each_input_of_a_pack_is_answered_as_if_it_were_alone(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_pack_item items[COUNT];
    gl_buf content, scratch, body, answer, alone;
    gl_buf *bufs[] = { &content, &scratch, &body, &answer, &alone };
    for (size_t i = 0; i < 5; i++) gl_buf_init(bufs[i], SIZE_MAX / 2);
    gl_pack_split split = ask_pack(MOCK_FAULT_NONE, items, &content, &scratch);
    assert_int_equal(split.ok, COUNT);
    assert_int_equal(split.ignored, 0);
    for (size_t i = 0; i < COUNT; i++) {
        gl_prompt prompt = prompt_of(inputs[i]);
        gl_buf_reset(&body);
        gl_buf_reset(&answer);
        gl_buf_reset(&alone);
        gl_prompt_write(&prompt, &body);
        ask(&body, MOCK_FAULT_NONE, &answer, &alone);
        assert_false(mock_pack_is(gl_buf_slice(&alone)));
        assert_true(gl_buf_terminate(&alone));
        assert_true(gl_json_string_is(items[i].text, alone.data));
    }
    for (size_t i = 0; i < 5; i++) gl_buf_free(bufs[i]);
    assert_int_equal(gl_alloc_live(), live);
}

static void each_fault_spoils_what_it_says(void **state)
{
    (void)state;
    static const struct {
        mock_fault fault;
        size_t ok, duplicates, ignored;
        bool is_list;
    } cases[] = {
        { MOCK_FAULT_PACK_SHORT, COUNT - 1, 0, 0, true },
        { MOCK_FAULT_PACK_ORDER, COUNT, 0, 0, true },
        { MOCK_FAULT_PACK_DUPLICATE, COUNT - 1, 1, 0, true },
        { MOCK_FAULT_PACK_OVERLONG, COUNT, 0, 1, true },
        { MOCK_FAULT_PACK_NOTJSON, 0, 0, 0, false },
    };
    gl_pack_item items[COUNT];
    gl_buf content, scratch;
    gl_buf_init(&content, SIZE_MAX / 2);
    gl_buf_init(&scratch, SIZE_MAX / 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gl_pack_split split = ask_pack(cases[i].fault, items, &content, &scratch);
        size_t duplicates = 0;
        for (size_t k = 0; k < COUNT; k++) duplicates += items[k].verdict == GL_PACK_DUPLICATE;
        assert_int_equal(split.ok, cases[i].ok);
        assert_int_equal(duplicates, cases[i].duplicates);
        assert_int_equal(split.ignored, cases[i].ignored);
        assert_int_equal(split.is_list, cases[i].is_list);
    }
    gl_pack_split split = ask_pack(MOCK_FAULT_PACK_CUT, items, &content, &scratch);
    assert_in_range(split.ok, 1, COUNT - 1);
    gl_buf_free(&content);
    gl_buf_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_input_of_a_pack_is_answered_as_if_it_were_alone),
        cmocka_unit_test(each_fault_spoils_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
