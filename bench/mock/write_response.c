/* write_response.c - the object of the Responses API. See write.h. Shape by OpenAI's
 * openapi.yaml 2.3.0. The items of its output are a thought, a message and calls, in this order,
 * as far as there are any. */
#include "mock/write.h"

/* --- items ------------------------------------------------------------------------------------ */

/* Of the first choice, the only one; 1 or 0. */
static size_t thoughts(const mock_answer *answer)
{
    return answer->choice[0].reasoning.len != 0;
}

static size_t messages(const mock_answer *answer)
{
    return answer->choice[0].text.len != 0 || answer->choice[0].calls == 0;
}

size_t mock_items(const mock_answer *answer)
{
    return thoughts(answer) + messages(answer) + answer->choice[0].calls;
}

mock_piece_kind mock_item_kind(const mock_answer *answer, size_t item)
{
    if (item < thoughts(answer)) return MOCK_PIECE_REASONING;
    return item < thoughts(answer) + messages(answer) ? MOCK_PIECE_TEXT : MOCK_PIECE_CALL;
}

static size_t call_of(const mock_answer *answer, size_t item)
{
    return item - thoughts(answer) - messages(answer);
}

void mock_write_item_id(const mock_answer *answer, size_t item, gl_buf *out)
{
    static const char *const prefixes[] = {
        [MOCK_PIECE_REASONING] = "rs_", [MOCK_PIECE_TEXT] = "msg_", [MOCK_PIECE_CALL] = "fc_"
    };
    mock_write_id(answer, prefixes[mock_item_kind(answer, item)], item, out);
}

void mock_write_part(const mock_answer *answer, size_t item, bool done, gl_buf *out)
{
    const mock_choice *choice = &answer->choice[0];
    bool thought = mock_item_kind(answer, item) == MOCK_PIECE_REASONING;
    gl_slice text = mock_answer_slice(answer, thought ? choice->reasoning : choice->text);
    gl_buf_append_str(out, thought ? "{\"type\":\"reasoning_text\",\"text\":"
                                   : "{\"type\":\"output_text\",\"annotations\":[],\"text\":");
    gl_json_write_string(out, done ? text : gl_slice_of("", 0));
    if (!thought) {
        gl_buf_append_str(out, ",\"logprobs\":");
        if (answer->ask.logprobs && done)
            mock_write_logprobs(answer, text, out);
        else
            gl_buf_append_str(out, "[]");
    }
    gl_buf_append_char(out, '}');
}

static void write_call(const mock_answer *answer, size_t item, bool done, gl_buf *out)
{
    size_t at = answer->choice[0].first_call + call_of(answer, item);
    const mock_tool_call *call = &answer->call[at];
    gl_buf_append_str(out, "\"function_call\",\"call_id\":");
    mock_write_id(answer, "call_", at, out);
    gl_buf_append_str(out, ",\"name\":");
    gl_buf_append(out, call->name.text.data, call->name.text.len);
    gl_buf_append_str(out, ",\"arguments\":");
    gl_json_write_string(out,
                         done ? mock_answer_slice(answer, call->arguments) : gl_slice_of("", 0));
}

void mock_write_item(const mock_answer *answer, size_t item, bool done, gl_buf *out)
{
    mock_piece_kind kind = mock_item_kind(answer, item);
    gl_buf_append_str(out, "{\"id\":");
    mock_write_item_id(answer, item, out);
    gl_buf_append_str(out, ",\"type\":");
    if (kind == MOCK_PIECE_CALL) {
        write_call(answer, item, done, out);
    } else {
        gl_buf_append_str(out, kind == MOCK_PIECE_TEXT
                                   ? "\"message\",\"role\":\"assistant\",\"content\":["
                                   : "\"reasoning\",\"summary\":[],\"content\":[");
        if (done) mock_write_part(answer, item, true, out);
        gl_buf_append_char(out, ']');
    }
    gl_buf_append_str(out, ",\"status\":\"");
    gl_buf_append_str(out, done ? mock_write_status(answer) : "in_progress");
    gl_buf_append_str(out, "\"}");
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool is_cut(const mock_answer *answer)
{
    return answer->choice[0].finish == MOCK_FINISH_LENGTH ||
           answer->choice[0].finish == MOCK_FINISH_FILTER;
}

const char *mock_write_status(const mock_answer *answer)
{
    return is_cut(answer) ? "incomplete" : "completed";
}

static void write_usage(const mock_answer *answer, gl_buf *out)
{
    const mock_usage *usage = &answer->usage;
    gl_buf_append_str(out, "{\"input_tokens\":");
    gl_buf_append_u64(out, usage->prompt);
    gl_buf_append_str(out, ",\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":");
    gl_buf_append_u64(out, usage->completion);
    gl_buf_append_str(out, ",\"output_tokens_details\":{\"reasoning_tokens\":");
    gl_buf_append_u64(out, usage->reasoning);
    gl_buf_append_str(out, "},\"total_tokens\":");
    gl_buf_append_u64(out, usage->prompt + usage->completion);
    gl_buf_append_char(out, '}');
}

static void write_echo(gl_buf *out, const char *name, gl_json value, const char *otherwise)
{
    gl_buf_append_str(out, name);
    if (value.kind == GL_JSON_NONE)
        gl_buf_append_str(out, otherwise);
    else
        gl_buf_append(out, value.text.data, value.text.len);
}

/* The request's settings, as a response has them. */
static void write_settings(const mock_answer *answer, gl_buf *out)
{
    const mock_ask *ask = &answer->ask;
    write_echo(out, ",\"instructions\":", ask->instructions, "null");
    write_echo(out, ",\"metadata\":", ask->metadata, "{}");
    write_echo(out, ",\"previous_response_id\":", ask->previous, "null");
    write_echo(out, ",\"tools\":", ask->tools, "[]");
    write_echo(out, ",\"tool_choice\":", ask->tool_choice, "\"auto\"");
    gl_buf_append_str(out, ",\"parallel_tool_calls\":");
    gl_buf_append_str(out, ask->one_call ? "false" : "true");
    write_echo(out, ",\"text\":{\"format\":", ask->text_format, "{\"type\":\"text\"}");
    gl_buf_append_str(out, "},\"max_output_tokens\":");
    if (ask->max_tokens >= 0)
        gl_buf_append_i64(out, ask->max_tokens);
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"temperature\":");
    gl_json_write_double(out, ask->temperature);
    gl_buf_append_str(out, ",\"top_p\":");
    gl_json_write_double(out, ask->top_p);
    gl_buf_append_str(out, ",\"reasoning\":{\"effort\":null,\"summary\":null},\"background\":false,"
                           "\"store\":false,\"truncation\":\"disabled\","
                           "\"service_tier\":\"default\",\"user\":null");
}

void mock_write_response(const mock_answer *answer, bool done, gl_buf *out)
{
    gl_buf_append_str(out, "{\"id\":");
    mock_write_id(answer, "resp_", 0, out);
    gl_buf_append_str(out, ",\"object\":\"response\",\"created_at\":");
    mock_write_created(answer, out);
    gl_buf_append_str(out, ",\"status\":\"");
    gl_buf_append_str(out, done ? mock_write_status(answer) : "in_progress");
    gl_buf_append_str(out, "\",\"error\":null,\"incomplete_details\":");
    if (done && is_cut(answer))
        gl_buf_append_str(out, answer->choice[0].finish == MOCK_FINISH_LENGTH
                                   ? "{\"reason\":\"max_output_tokens\"}"
                                   : "{\"reason\":\"content_filter\"}");
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"model\":");
    gl_buf_append(out, answer->ask.model.text.data, answer->ask.model.text.len);
    gl_buf_append_str(out, ",\"output\":[");
    for (size_t i = 0; done && i < mock_items(answer); i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        mock_write_item(answer, i, true, out);
    }
    gl_buf_append_char(out, ']');
    write_settings(answer, out);
    gl_buf_append_str(out, ",\"usage\":");
    if (done)
        write_usage(answer, out);
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_char(out, '}');
}
