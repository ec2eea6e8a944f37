/*
 * fuzz_mock_answer.c - any text as what the mock answers: the body of a request, a script, a
 * schema.
 *
 * The first byte chooses which: a body of each form is answered by JSON, and its stream is made of
 * whole events that say as many tokens as its usage; a script is taken or refused in one line, and
 * its answers are JSON; a value that is made of a schema is JSON.
 */
#include "fuzz.h"

#include "base/json.h"
#include "mock/model.h"
#include "mock/schema.h"
#include "mock/stream.h"
#include "mock/write.h"

#define MOST ((size_t)64 << 20)

static const unsigned char digest[MOCK_DIGEST] = { 4, 8, 15, 16, 23, 42 };

static void claim_json(gl_slice text)
{
    gl_json root;
    claim(gl_json_check(text, &root, NULL) == GL_JSON_OK, "no JSON");
}

/* Each line is a name, empty, or data that is JSON but for the last, and for one when it is to be.
 */
static size_t claim_events(gl_slice stream, bool malformed)
{
    size_t events = 0, bad = 0;
    while (stream.len != 0) {
        gl_json root;
        const char *end = memchr(stream.data, '\n', stream.len);
        claim(end != NULL, "an event without an end");
        gl_slice line = gl_slice_of(stream.data, (size_t)(end - stream.data));
        stream = gl_slice_of(end + 1, stream.len - line.len - 1);
        if (line.len == 0 || line.data[0] == 'e') continue;
        events++;
        if (gl_slice_is(line, "data: [DONE]")) continue;
        if (line.len < 6 || memcmp(line.data, "data: ", 6) != 0 ||
            gl_json_check(gl_slice_of(line.data + 6, line.len - 6), &root, NULL) != GL_JSON_OK)
            bad++;
    }
    claim(bad <= malformed, "an event that is none");
    return events;
}

static uint64_t count_pieces(const mock_answer *answer)
{
    uint64_t pieces = 0;
    for (size_t i = 0; i < answer->count; i++) {
        mock_cursor cursor = mock_cursor_of(answer, &answer->choice[i]);
        while (mock_cursor_next(&cursor).kind != MOCK_PIECE_END) pieces++;
    }
    return pieces;
}

static void claim_stream(const mock_answer *answer, bool chunked, mock_fault fault)
{
    gl_buf out, ends;
    gl_buf_init(&out, MOST);
    gl_buf_init(&ends, MOST);
    mock_streamed streamed = mock_stream_write(answer, chunked, fault, &out, &ends);
    if (!out.failed) {
        uint32_t end, before = 0;
        claim(streamed.steps >= 1 && ends.len == streamed.steps * sizeof end, "steps without ends");
        for (size_t i = 0; i < streamed.steps; i++) {
            memcpy(&end, ends.data + i * sizeof end, sizeof end);
            claim(end > before && end <= out.len, "a step that ends nowhere");
            before = end;
        }
        claim(streamed.tail <= out.len, "a tail outside");
        claim((streamed.tail == 0) == (fault == MOCK_FAULT_TRUNCATE), "a cut that is not told");
        if (!chunked)
            claim(claim_events(gl_buf_slice(&out), fault == MOCK_FAULT_MALFORMED) != 0, "no event");
    }
    gl_buf_free(&out);
    gl_buf_free(&ends);
}

/* Answers a body in memory of its own. */
static void ask(mock_model *model, mock_form form, gl_slice body)
{
    static const mock_fault faults[] = { MOCK_FAULT_NONE, MOCK_FAULT_TRUNCATE,
                                         MOCK_FAULT_MALFORMED };
    char *copy = fuzz_string(body);
    mock_answer answer;
    gl_buf out;
    mock_answer_init(&answer, MOST);
    gl_buf_init(&out, MOST);
    int status = mock_model_answer(model, form, gl_slice_of(copy, body.len), digest, &answer, &out);
    claim(status == 200 || status == 400, "another status");
    bool spoken = status == 200 && form <= MOCK_FORM_RESPONSE;
    if (status == 200) mock_write_plain(&answer, &out);
    if (!out.failed) claim_json(gl_buf_slice(&out));
    if (spoken && !answer.words.failed) {
        claim(answer.count >= 1, "no choice");
        claim(count_pieces(&answer) == answer.usage.completion, "other tokens than it says");
        claim(answer.ask.max_tokens < 0 ||
                  answer.usage.completion <= answer.count * (uint64_t)answer.ask.max_tokens,
              "more than max_tokens");
        for (size_t i = 0; i < 3; i++) claim_stream(&answer, i == 1, faults[i]);
    }
    mock_answer_free(&answer);
    gl_buf_free(&out);
    free(copy);
}

static void run_script(gl_slice text)
{
    static const char *const bodies[] = {
        "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"a cat\"}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":"
        "\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"c\"}]}",
    };
    char problem[400] = "";
    char *copy = fuzz_string(text);
    mock_model model = { .reasoning = 1 };
    bool good = mock_script_parse(&model.script, gl_slice_of(copy, text.len), "name", problem,
                                  sizeof problem);
    free(copy); /* it has a copy of its own */
    if (!good) {
        claim(strncmp(problem, "script: name: ", 14) == 0, "refused without a word");
        return;
    }
    for (int i = 0; i < 4; i++) {
        ask(&model, MOCK_FORM_CHAT, gl_slice_str(bodies[i % 2]));
        ask(&model, MOCK_FORM_EMBEDDING, gl_slice_str("{\"model\":\"m\",\"input\":[\"a\"]}"));
    }
    for (size_t i = 0; i < model.script.lines; i++) {
        gl_buf out;
        gl_buf_init(&out, MOST);
        if (model.script.line[i].status != 0) {
            mock_line_error(&model.script.line[i], &out);
            claim_json(gl_buf_slice(&out));
        }
        gl_buf_free(&out);
    }
    mock_script_free(&model.script);
}

static void make_value(uint64_t seed, gl_slice text)
{
    gl_json schema;
    char *copy = fuzz_string(text);
    if (gl_json_check(gl_slice_of(copy, text.len), &schema, NULL) == GL_JSON_OK) {
        gl_buf out;
        gl_buf_init(&out, MOST);
        if (mock_schema_write(schema, seed, &out) == NULL)
            claim_json(gl_buf_slice(&out));
        else
            claim(out.len == 0, "a part of a value");
        gl_buf_free(&out);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    uint8_t first = fuzz_byte(&in);
    gl_slice rest = gl_slice_of((const char *)in.data, in.size);
    mock_model model = { .reasoning = first / 64 };
    switch (first % 8) {
    case 0:
        run_script(rest);
        break;
    case 1:
        make_value(first, rest);
        break;
    case 2:
        ask(&model, MOCK_FORM_COMPLETION, rest);
        break;
    case 3:
        ask(&model, MOCK_FORM_RESPONSE, rest);
        break;
    case 4:
        ask(&model, MOCK_FORM_EMBEDDING, rest);
        break;
    case 5:
        ask(&model, MOCK_FORM_RERANK, rest);
        break;
    default:
        ask(&model, MOCK_FORM_CHAT, rest);
        break;
    }
    return 0;
}
