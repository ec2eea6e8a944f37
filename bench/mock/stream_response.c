/* stream_response.c - the named events of a response that is streamed. See stream.h.
 * Shapes by OpenAI's openapi.yaml 2.3.0. */
#include <stdio.h>

#include "mock/stream_private.h"
#include "mock/write.h"

/* Writes the event's name and number; the caller goes on with a comma. */
static void begin(stream *s, const char *name)
{
    mock_stream_event(s, name);
    gl_buf_append_str(s->out, "{\"type\":\"");
    gl_buf_append_str(s->out, name);
    gl_buf_append_str(s->out, "\",\"sequence_number\":");
    gl_buf_append_u64(s->out, s->sequence++);
}

static void end(stream *s)
{
    gl_buf_append_char(s->out, '}');
    mock_stream_event_end(s);
}

static void write_whole(stream *s, const char *name, bool done)
{
    begin(s, name);
    gl_buf_append_str(s->out, ",\"response\":");
    mock_write_response(s->answer, done, s->out);
    end(s);
}

static void write_item(stream *s, const char *name, size_t item, bool done)
{
    begin(s, name);
    gl_buf_append_str(s->out, ",\"output_index\":");
    gl_buf_append_u64(s->out, item);
    gl_buf_append_str(s->out, ",\"item\":");
    mock_write_item(s->answer, item, done, s->out);
    end(s);
}

/* Writes the event's subject: an item, and unless that is a call, its only part. */
static void begin_within(stream *s, const char *name, size_t item)
{
    begin(s, name);
    gl_buf_append_str(s->out, ",\"item_id\":");
    mock_write_item_id(s->answer, item, s->out);
    gl_buf_append_str(s->out, ",\"output_index\":");
    gl_buf_append_u64(s->out, item);
    if (mock_item_kind(s->answer, item) != MOCK_PIECE_CALL)
        gl_buf_append_str(s->out, ",\"content_index\":0");
}

static void write_part(stream *s, const char *name, size_t item, bool done)
{
    begin_within(s, name, item);
    gl_buf_append_str(s->out, ",\"part\":");
    mock_write_part(s->answer, item, done, s->out);
    end(s);
}

static void open_item(stream *s, size_t item)
{
    write_item(s, "response.output_item.added", item, false);
    if (mock_item_kind(s->answer, item) != MOCK_PIECE_CALL)
        write_part(s, "response.content_part.added", item, false);
}

static void write_text_done(stream *s, size_t item, gl_slice text)
{
    bool thought = mock_item_kind(s->answer, item) == MOCK_PIECE_REASONING;
    begin_within(s, thought ? "response.reasoning_text.done" : "response.output_text.done", item);
    gl_buf_append_str(s->out, ",\"text\":");
    gl_json_write_string(s->out, text);
    if (!thought) {
        gl_buf_append_str(s->out, ",\"logprobs\":");
        if (s->answer->ask.logprobs)
            mock_write_logprobs(s->answer, text, s->out);
        else
            gl_buf_append_str(s->out, "[]");
    }
    end(s);
}

static void write_call_done(stream *s, size_t item, const mock_tool_call *call)
{
    begin_within(s, "response.function_call_arguments.done", item);
    gl_buf_append_str(s->out, ",\"name\":");
    gl_buf_append(s->out, call->name.text.data, call->name.text.len);
    gl_buf_append_str(s->out, ",\"arguments\":");
    gl_json_write_string(s->out, mock_answer_slice(s->answer, call->arguments));
    end(s);
}

static void close_item(stream *s, size_t item)
{
    const mock_choice *choice = &s->answer->choice[0];
    mock_piece_kind kind = mock_item_kind(s->answer, item);
    if (kind == MOCK_PIECE_CALL) {
        size_t at = item - (mock_items(s->answer) - choice->calls);
        write_call_done(s, item, &s->answer->call[choice->first_call + at]);
    } else {
        mock_span text = kind == MOCK_PIECE_TEXT ? choice->text : choice->reasoning;
        write_text_done(s, item, mock_answer_slice(s->answer, text));
        write_part(s, "response.content_part.done", item, true);
    }
    write_item(s, "response.output_item.done", item, true);
}

/* Opens the items up to this one, and closes all but the last. */
static void go_to_item(stream *s, size_t *opened, size_t item)
{
    while (*opened <= item) {
        if (*opened != 0) close_item(s, *opened - 1);
        open_item(s, (*opened)++);
    }
}

static size_t item_of(const stream *s, const mock_piece *piece)
{
    size_t calls = s->answer->choice[0].calls, items = mock_items(s->answer);
    if (piece->kind == MOCK_PIECE_REASONING) return 0;
    return piece->kind == MOCK_PIECE_TEXT ? items - calls - 1 : items - calls + piece->call;
}

static void write_delta(stream *s, size_t item, const mock_piece *piece)
{
    static const char *const names[] = { [MOCK_PIECE_REASONING] = "response.reasoning_text.delta",
                                         [MOCK_PIECE_TEXT] = "response.output_text.delta",
                                         [MOCK_PIECE_ARGUMENTS] =
                                             "response.function_call_arguments.delta" };
    if (piece->kind == MOCK_PIECE_CALL) return; /* its item has announced the call */
    begin_within(s, names[piece->kind], item);
    gl_buf_append_str(s->out, ",\"delta\":");
    gl_json_write_string(s->out, piece->text);
    if (piece->kind == MOCK_PIECE_TEXT) {
        gl_buf_append_str(s->out, ",\"logprobs\":");
        if (s->answer->ask.logprobs)
            mock_write_logprobs(s->answer, piece->text, s->out);
        else
            gl_buf_append_str(s->out, "[]");
    }
    end(s);
}

void mock_stream_response(stream *s)
{
    char last[32];
    size_t opened = 0;
    mock_cursor cursor = mock_cursor_of(s->answer, &s->answer->choice[0]);
    cursor.tokens = s->answer->piece_tokens;
    mock_piece piece = mock_cursor_next(&cursor);
    mock_stream_open(s);
    write_whole(s, "response.created", false);
    write_whole(s, "response.in_progress", false);
    while (piece.kind != MOCK_PIECE_END) {
        size_t item = item_of(s, &piece);
        go_to_item(s, &opened, item);
        write_delta(s, item, &piece);
        if (!mock_stream_step(s)) return;
        mock_stream_open(s);
        piece = mock_cursor_next(&cursor);
    }
    if (s->steps == 0) { /* there is no text */
        go_to_item(s, &opened, mock_items(s->answer) - 1);
        if (!mock_stream_step(s)) return;
        mock_stream_open(s);
    }
    go_to_item(s, &opened, mock_items(s->answer) - 1);
    close_item(s, opened - 1);
    mock_stream_close(s);
    mock_stream_open(s);
    snprintf(last, sizeof last, "response.%s", mock_write_status(s->answer));
    write_whole(s, last, true);
    mock_stream_end(s);
}
