/* stream.c - see stream.h. The framing, and the events of chat and completions; stream_response.c
 * writes those of a response. */
#include "mock/stream.h"

#include <stdio.h>

#include "base/alloc.h"
#include "mock/stream_private.h"
#include "mock/write.h"

#define SIZE_DIGITS 8 /* digits of a chunk's size, whose place is kept free until it is known */
#define FEW         8 /* choices whose cursors need no memory of their own */

/* --- framing ---------------------------------------------------------------------------------- */

void mock_stream_open(stream *s)
{
    s->chunk = s->out->len;
    if (s->chunked) gl_buf_append_str(s->out, "00000000\r\n");
}

void mock_stream_close(stream *s)
{
    char size[SIZE_DIGITS + 1];
    if (!s->chunked) return;
    size_t len = s->out->len - s->chunk - SIZE_DIGITS - 2;
    gl_buf_append_str(s->out, "\r\n");
    if (s->out->failed) return;
    snprintf(size, sizeof size, "%08zx", len);
    memcpy(s->out->data + s->chunk, size, SIZE_DIGITS);
}

void mock_stream_event(stream *s, const char *name)
{
    s->event = s->out->len;
    if (name != NULL) {
        gl_buf_append_str(s->out, "event: ");
        gl_buf_append_str(s->out, name);
        gl_buf_append_char(s->out, '\n');
    }
    gl_buf_append_str(s->out, "data: ");
}

void mock_stream_event_end(stream *s)
{
    gl_buf_append_str(s->out, "\n\n");
}

bool mock_stream_step(stream *s)
{
    bool met = ++s->steps == s->half;
    if (met && s->fault == MOCK_FAULT_MALFORMED && !s->out->failed) {
        s->out->len -= (s->out->len - s->event) / 2;
        s->head_len = 0; /* it may have been within */
        mock_stream_event_end(s);
    }
    mock_stream_close(s);
    uint32_t end = (uint32_t)(s->out->len - s->start);
    gl_buf_append(s->ends, (const char *)&end, sizeof end);
    s->cut = met && s->fault == MOCK_FAULT_TRUNCATE;
    return !s->cut;
}

void mock_stream_end(stream *s)
{
    s->tail = s->chunk - s->start;
    mock_stream_close(s);
    if (s->chunked) gl_buf_append_str(s->out, "0\r\n\r\n");
}

/* --- chat and completions --------------------------------------------------------------------- */

/* The part that all events share is written once and copied. */
static void begin_event(stream *s)
{
    bool chat = s->answer->ask.form == MOCK_FORM_CHAT;
    if (s->head_len != 0) {
        s->event = s->out->len;
        if (gl_buf_reserve(s->out, s->head_len))
            gl_buf_append(s->out, s->out->data + s->head, s->head_len);
        return;
    }
    mock_stream_event(s, NULL);
    mock_write_head(s->answer, chat ? "{\"id\":\"chatcmpl-" : "{\"id\":\"cmpl-",
                    chat ? "\",\"object\":\"chat.completion.chunk\",\"created\":"
                         : "\",\"object\":\"text_completion\",\"created\":",
                    s->out);
    gl_buf_append_str(s->out, ",\"service_tier\":\"default\",");
    mock_write_fingerprint(s->answer, s->out);
    gl_buf_append_str(s->out, ",\"choices\":[");
    s->head = s->event;
    s->head_len = s->out->len - s->event;
}

static void end_event(stream *s)
{
    gl_buf_append_str(s->out, s->answer->ask.usage ? "],\"usage\":null}" : "]}");
    mock_stream_event_end(s);
}

/* `what`: the member of a delta that holds the token; its string is closed by `after`. */
static void write_chat_piece(stream *s, const char *what, gl_slice text, const char *after)
{
    gl_buf_append_str(s->out, what);
    gl_json_write_text(s->out, text);
    gl_buf_append_str(s->out, after);
}

static void write_call(stream *s, const mock_choice *choice, size_t at)
{
    gl_buf_append_str(s->out, "\"tool_calls\":[{\"index\":");
    gl_buf_append_u64(s->out, at);
    gl_buf_append_str(s->out, ",\"id\":");
    mock_write_id(s->answer, "call_", choice->first_call + at, s->out);
    gl_buf_append_str(s->out, ",\"type\":\"function\",\"function\":{\"name\":");
    gl_slice name = s->answer->call[choice->first_call + at].name.text;
    gl_buf_append(s->out, name.data, name.len);
    gl_buf_append_str(s->out, ",\"arguments\":\"\"}}]");
}

static void write_delta(stream *s, const mock_choice *choice, const mock_piece *piece)
{
    switch (piece->kind) {
    case MOCK_PIECE_REASONING:
        write_chat_piece(s, "\"reasoning_content\":\"", piece->text, "\"");
        break;
    case MOCK_PIECE_TEXT:
        write_chat_piece(s, "\"content\":\"", piece->text, "\"");
        break;
    case MOCK_PIECE_CALL:
        write_call(s, choice, piece->call);
        break;
    case MOCK_PIECE_ARGUMENTS:
        gl_buf_append_str(s->out, "\"tool_calls\":[{\"index\":");
        gl_buf_append_u64(s->out, piece->call);
        write_chat_piece(s, ",\"function\":{\"arguments\":\"", piece->text, "\"}}]");
        break;
    case MOCK_PIECE_END:
        break;
    }
}

static void write_chat_end(stream *s, const char *finish, const mock_piece *piece)
{
    gl_buf_append_str(s->out, "},\"logprobs\":");
    if (s->answer->ask.logprobs && piece != NULL && piece->kind == MOCK_PIECE_TEXT) {
        gl_buf_append_str(s->out, "{\"content\":");
        mock_write_logprobs(s->answer, piece->text, s->out);
        gl_buf_append_str(s->out, ",\"refusal\":null}");
    } else {
        gl_buf_append_str(s->out, "null");
    }
    gl_buf_append_str(s->out, ",\"finish_reason\":");
    gl_buf_append_str(s->out, finish);
    gl_buf_append_char(s->out, '}');
}

static void write_chat_event(stream *s, size_t index, const mock_piece *piece, const char *before,
                             const char *finish)
{
    begin_event(s);
    gl_buf_append_str(s->out, "{\"index\":");
    gl_buf_append_u64(s->out, index);
    gl_buf_append_str(s->out, ",\"delta\":{");
    gl_buf_append_str(s->out, before);
    if (piece != NULL) write_delta(s, &s->answer->choice[index], piece);
    write_chat_end(s, finish, piece);
    end_event(s);
}

static void write_completion_event(stream *s, size_t index, gl_slice text, bool is_token,
                                   const char *finish)
{
    begin_event(s);
    gl_buf_append_str(s->out, "{\"text\":");
    gl_json_write_string(s->out, text);
    gl_buf_append_str(s->out, ",\"index\":");
    gl_buf_append_u64(s->out, index);
    gl_buf_append_str(s->out, ",\"logprobs\":");
    if (s->answer->ask.logprobs && is_token)
        mock_write_old_logprobs(s->answer, text, 0, s->out);
    else
        gl_buf_append_str(s->out, "null");
    gl_buf_append_str(s->out, ",\"finish_reason\":");
    gl_buf_append_str(s->out, finish);
    gl_buf_append_char(s->out, '}');
    end_event(s);
}

static void write_piece(stream *s, size_t index, const mock_piece *piece)
{
    if (s->answer->ask.form == MOCK_FORM_CHAT)
        write_chat_event(s, index, piece, "", "null");
    else
        write_completion_event(s, index, piece->text, true, "null");
}

/* Writes the events before a choice's first token. */
static void write_beginning(stream *s, size_t index)
{
    const mock_choice *choice = &s->answer->choice[index];
    bool silent = choice->text.len == 0 && choice->calls != 0;
    if (s->answer->ask.form == MOCK_FORM_CHAT)
        write_chat_event(s, index, NULL,
                         silent ? "\"role\":\"assistant\",\"refusal\":null,\"content\":null"
                                : "\"role\":\"assistant\",\"refusal\":null,\"content\":\"\"",
                         "null");
    else if (choice->echo.len != 0)
        write_completion_event(s, index, mock_answer_slice(s->answer, choice->echo), false, "null");
}

static void write_ending(stream *s)
{
    char reason[32];
    for (size_t i = 0; i < s->answer->count; i++) {
        snprintf(reason, sizeof reason, "\"%s\"", mock_finish_name(s->answer->choice[i].finish));
        if (s->answer->ask.form == MOCK_FORM_CHAT)
            write_chat_event(s, i, NULL, "", reason);
        else
            write_completion_event(s, i, gl_slice_of("", 0), false, reason);
    }
    if (s->answer->ask.usage) {
        begin_event(s);
        gl_buf_append_str(s->out, "],\"usage\":");
        mock_write_usage(s->answer, s->out);
        gl_buf_append_char(s->out, '}');
        mock_stream_event_end(s);
    }
}

/* Writes one token of each choice that has one left. false: none has. */
static bool write_step(stream *s, mock_cursor *cursors)
{
    bool any = false;
    for (size_t i = 0; i < s->answer->count; i++) {
        mock_piece piece = mock_cursor_next(&cursors[i]);
        if (piece.kind == MOCK_PIECE_END) continue;
        write_piece(s, i, &piece);
        any = true;
    }
    return any;
}

static void write_choices(stream *s, mock_cursor *cursors)
{
    for (size_t i = 0; i < s->answer->count; i++) {
        cursors[i] = mock_cursor_of(s->answer, &s->answer->choice[i]);
        cursors[i].tokens = s->answer->piece_tokens;
    }
    mock_stream_open(s);
    for (size_t i = 0; i < s->answer->count; i++) write_beginning(s, i);
    bool more = write_step(s, cursors);
    if (!mock_stream_step(s)) return;
    for (;;) {
        mock_stream_open(s);
        more = more && write_step(s, cursors);
        if (!more) break;
        if (!mock_stream_step(s)) return;
    }
    write_ending(s);
    mock_stream_close(s);
    mock_stream_open(s);
    mock_stream_event(s, NULL);
    gl_buf_append_str(s->out, "[DONE]");
    mock_stream_event_end(s);
    mock_stream_end(s);
}

/* Returns the number of pieces of the longest choice. */
static size_t count_steps(const mock_answer *answer)
{
    size_t most = 1;
    for (size_t i = 0; i < answer->count; i++) {
        mock_cursor cursor = mock_cursor_of(answer, &answer->choice[i]);
        size_t pieces = 0;
        cursor.tokens = answer->piece_tokens;
        while (mock_cursor_next(&cursor).kind != MOCK_PIECE_END) pieces++;
        if (pieces > most) most = pieces;
    }
    return most;
}

mock_streamed mock_stream_write(const mock_answer *answer, bool chunked, mock_fault fault,
                                gl_buf *out, gl_buf *ends)
{
    stream s = { .answer = answer,
                 .chunked = chunked,
                 .fault = fault,
                 .out = out,
                 .ends = ends,
                 .start = out->len };
    mock_cursor few[FEW], *cursors = few;
    if (fault == MOCK_FAULT_TRUNCATE || fault == MOCK_FAULT_MALFORMED)
        s.half = (count_steps(answer) + 1) / 2;
    if (answer->ask.form == MOCK_FORM_RESPONSE) {
        mock_stream_response(&s);
    } else {
        if (answer->count > FEW) cursors = gl_malloc(answer->count * sizeof *cursors);
        if (cursors != NULL)
            write_choices(&s, cursors);
        else
            out->failed = true;
        if (cursors != few) gl_free(cursors);
    }
    if (answer->failed || answer->words.failed || ends->failed) out->failed = true;
    return (mock_streamed){ s.steps != 0 ? s.steps : 1, s.cut ? 0 : s.tail };
}
