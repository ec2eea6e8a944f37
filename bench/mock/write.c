/* write.c - see write.h. Shapes by OpenAI's openapi.yaml 2.3.0; a response's object is
 * write_response.c's. */
#include "mock/write.h"

#define CREATED        INT64_C(1700000000) /* a fixed day: an answer depends on no clock */
#define CREATED_SPREAD 0xffffff            /* seconds, about 194 days */

static void append_hex(gl_buf *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    if (!gl_buf_reserve(out, 2 * count)) return;
    char *at = out->data + out->len;
    for (size_t i = 0; i < count; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    out->len += 2 * count;
}

static void append_json(gl_buf *out, gl_json value)
{
    gl_buf_append(out, value.text.data, value.text.len);
}

void mock_write_id(const mock_answer *answer, const char *prefix, size_t number, gl_buf *out)
{
    gl_buf_append_char(out, '"');
    gl_buf_append_str(out, prefix);
    append_hex(out, answer->digest, 12);
    const unsigned char tail[] = { (unsigned char)(number >> 8), (unsigned char)number };
    append_hex(out, tail, sizeof tail);
    gl_buf_append_char(out, '"');
}

void mock_write_created(const mock_answer *answer, gl_buf *out)
{
    const unsigned char *digest = answer->digest;
    uint32_t spread = (uint32_t)digest[0] << 16 | (uint32_t)digest[1] << 8 | digest[2];
    gl_buf_append_i64(out, CREATED + (spread & CREATED_SPREAD));
}

void mock_write_head(const mock_answer *answer, const char *start, const char *middle, gl_buf *out)
{
    gl_buf_append_str(out, start);
    append_hex(out, answer->digest, 16);
    gl_buf_append_str(out, middle);
    mock_write_created(answer, out);
    gl_buf_append_str(out, ",\"model\":");
    append_json(out, answer->ask.model);
}

void mock_write_fingerprint(const mock_answer *answer, gl_buf *out)
{
    gl_buf_append_str(out, "\"system_fingerprint\":\"fp_");
    append_hex(out, answer->digest + 16, 5);
    gl_buf_append_char(out, '"');
}

void mock_write_usage(const mock_answer *answer, gl_buf *out)
{
    const mock_usage *usage = &answer->usage;
    gl_buf_append_str(out, "{\"prompt_tokens\":");
    gl_buf_append_u64(out, usage->prompt);
    gl_buf_append_str(out, ",\"completion_tokens\":");
    gl_buf_append_u64(out, usage->completion);
    gl_buf_append_str(out, ",\"total_tokens\":");
    gl_buf_append_u64(out, usage->prompt + usage->completion);
    gl_buf_append_str(out, ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                           "\"completion_tokens_details\":{\"reasoning_tokens\":");
    if (usage->reasoning != 0)
        gl_buf_append_u64(out, usage->reasoning);
    else
        gl_buf_append_char(out, '0');
    gl_buf_append_str(out, ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                           "\"rejected_prediction_tokens\":0}}");
}

/* --- chat ------------------------------------------------------------------------------------- */

static void write_calls(const mock_answer *answer, const mock_choice *choice, gl_buf *out)
{
    gl_buf_append_str(out, ",\"tool_calls\":[");
    for (size_t i = 0; i < choice->calls; i++) {
        const mock_tool_call *call = &answer->call[choice->first_call + i];
        gl_buf_append_str(out, i != 0 ? ",{\"id\":" : "{\"id\":");
        mock_write_id(answer, "call_", choice->first_call + i, out);
        gl_buf_append_str(out, ",\"type\":\"function\",\"function\":{\"name\":");
        append_json(out, call->name);
        gl_buf_append_str(out, ",\"arguments\":");
        gl_json_write_string(out, mock_answer_slice(answer, call->arguments));
        gl_buf_append_str(out, "}}");
    }
    gl_buf_append_char(out, ']');
}

/* With its name. */
static void write_message(const mock_answer *answer, const mock_choice *choice, gl_buf *out)
{
    gl_buf_append_str(out, ",\"message\":{\"role\":\"assistant\",\"content\":");
    if (choice->calls != 0 && choice->text.len == 0)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_string(out, mock_answer_slice(answer, choice->text));
    if (choice->reasoning.len != 0) {
        gl_buf_append_str(out, ",\"reasoning_content\":");
        gl_json_write_string(out, mock_answer_slice(answer, choice->reasoning));
    }
    if (choice->calls != 0) write_calls(answer, choice, out);
    gl_buf_append_str(out, ",\"refusal\":null,\"annotations\":[]}");
}

static void write_end(const mock_answer *answer, gl_buf *out)
{
    gl_buf_append_str(out, "],\"usage\":");
    mock_write_usage(answer, out);
    gl_buf_append_str(out, ",\"service_tier\":\"default\",");
    mock_write_fingerprint(answer, out);
    gl_buf_append_str(out, "}\n");
}

static void write_finish(const mock_choice *choice, gl_buf *out)
{
    gl_buf_append_str(out, ",\"finish_reason\":\"");
    gl_buf_append_str(out, mock_finish_name(choice->finish));
    gl_buf_append_str(out, "\"}");
}

static void write_chat(const mock_answer *answer, gl_buf *out)
{
    mock_write_head(answer, "{\"id\":\"chatcmpl-",
                    "\",\"object\":\"chat.completion\",\"created\":", out);
    gl_buf_append_str(out, ",\"choices\":[");
    for (size_t i = 0; i < answer->count; i++) {
        const mock_choice *choice = &answer->choice[i];
        gl_buf_append_str(out, i != 0 ? ",{\"index\":" : "{\"index\":");
        gl_buf_append_u64(out, i);
        write_message(answer, choice, out);
        if (answer->ask.logprobs) {
            gl_buf_append_str(out, ",\"logprobs\":{\"content\":");
            mock_write_logprobs(answer, mock_answer_slice(answer, choice->text), out);
            gl_buf_append_str(out, ",\"refusal\":null}");
        } else {
            gl_buf_append_str(out, ",\"logprobs\":null");
        }
        write_finish(choice, out);
    }
    write_end(answer, out);
}

/* --- the others ------------------------------------------------------------------------------- */

static void write_completion(const mock_answer *answer, gl_buf *out)
{
    mock_write_head(answer, "{\"id\":\"cmpl-",
                    "\",\"object\":\"text_completion\",\"created\":", out);
    gl_buf_append_str(out, ",\"choices\":[");
    for (size_t i = 0; i < answer->count; i++) {
        const mock_choice *choice = &answer->choice[i];
        gl_slice text = mock_answer_slice(answer, choice->text);
        gl_buf_append_str(out, i != 0 ? ",{\"text\":\"" : "{\"text\":\"");
        gl_json_write_text(out, mock_answer_slice(answer, choice->echo));
        gl_json_write_text(out, text);
        gl_buf_append_str(out, "\",\"index\":");
        gl_buf_append_u64(out, i);
        gl_buf_append_str(out, ",\"logprobs\":");
        if (answer->ask.logprobs)
            mock_write_old_logprobs(answer, text, choice->echo.len, out);
        else
            gl_buf_append_str(out, "null");
        write_finish(choice, out);
    }
    write_end(answer, out);
}

/* Writes the list that is made already, and its usage. */
static void write_list(const mock_answer *answer, gl_buf *out)
{
    bool ranked = answer->ask.form == MOCK_FORM_RERANK;
    gl_slice data = mock_answer_slice(answer, answer->data);
    if (ranked) {
        gl_buf_append_str(out, "{\"id\":");
        mock_write_id(answer, "rerank-", 0, out);
        gl_buf_append_str(out, ",\"results\":[");
    } else {
        gl_buf_append_str(out, "{\"object\":\"list\",\"data\":[");
    }
    gl_buf_append(out, data.data, data.len);
    gl_buf_append_str(out, "],\"model\":");
    append_json(out, answer->ask.model);
    gl_buf_append_str(out, ",\"usage\":{\"prompt_tokens\":");
    gl_buf_append_u64(out, answer->usage.prompt);
    gl_buf_append_str(out, ",\"total_tokens\":");
    gl_buf_append_u64(out, answer->usage.prompt);
    gl_buf_append_str(out, "}}\n");
}

void mock_write_plain(const mock_answer *answer, gl_buf *out)
{
    switch (answer->ask.form) {
    case MOCK_FORM_CHAT:
        write_chat(answer, out);
        break;
    case MOCK_FORM_COMPLETION:
        write_completion(answer, out);
        break;
    case MOCK_FORM_RESPONSE:
        mock_write_response(answer, true, out);
        gl_buf_append_char(out, '\n');
        break;
    case MOCK_FORM_EMBEDDING:
    case MOCK_FORM_RERANK:
        write_list(answer, out);
        break;
    }
    if (answer->failed || answer->words.failed) out->failed = true;
}
