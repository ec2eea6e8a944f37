/* answer.c - see answer.h. */
#include "mock/answer.h"

#include "base/alloc.h"
#include "base/array.h"
#include "mock/words.h"

#define KEPT ((size_t)1024 * 1024) /* bytes of words; a larger buffer is given back */

void mock_answer_init(mock_answer *answer, size_t max)
{
    *answer = (mock_answer){ 0 };
    gl_buf_init(&answer->words, max);
}

void mock_answer_free(mock_answer *answer)
{
    gl_buf_free(&answer->words);
    gl_free(answer->choice);
    gl_free(answer->call);
    *answer = (mock_answer){ 0 };
}

void mock_answer_reset(mock_answer *answer)
{
    gl_buf_recycle(&answer->words, KEPT);
    answer->count = answer->calls = 0;
    answer->usage = (mock_usage){ 0 };
    answer->data = (mock_span){ 0 };
    answer->line = NULL;
    answer->failed = false;
}

mock_choice *mock_answer_add(mock_answer *answer)
{
    mock_choice *choice = gl_array_room(answer->choice, &answer->capacity, answer->count + 1, 4,
                                        sizeof *answer->choice);
    if (choice == NULL) {
        answer->failed = true;
        return NULL;
    }
    answer->choice = choice;
    choice += answer->count++;
    *choice = (mock_choice){ .first_call = answer->calls };
    return choice;
}

void mock_answer_add_call(mock_answer *answer, gl_json name, mock_span arguments)
{
    mock_tool_call *call = gl_array_room(answer->call, &answer->call_capacity, answer->calls + 1, 4,
                                         sizeof *answer->call);
    if (call == NULL) {
        answer->failed = true;
        return;
    }
    answer->call = call;
    call[answer->calls++] = (mock_tool_call){ name, arguments };
    answer->choice[answer->count - 1].calls++;
}

void mock_answer_count(mock_answer *answer)
{
    answer->usage.completion = answer->usage.reasoning = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const mock_choice *choice = &answer->choice[i];
        uint64_t thought = mock_words_count(mock_answer_slice(answer, choice->reasoning));
        answer->usage.reasoning += thought;
        answer->usage.completion +=
            thought + mock_words_count(mock_answer_slice(answer, choice->text));
        for (size_t k = 0; k < choice->calls; k++) {
            const mock_tool_call *call = &answer->call[choice->first_call + k];
            answer->usage.completion +=
                1 + mock_words_count(mock_answer_slice(answer, call->arguments));
        }
    }
}

const char *mock_finish_name(mock_finish finish)
{
    static const char *const names[] = { [MOCK_FINISH_STOP] = "stop",
                                         [MOCK_FINISH_LENGTH] = "length",
                                         [MOCK_FINISH_TOOL_CALLS] = "tool_calls",
                                         [MOCK_FINISH_FILTER] = "content_filter" };
    return names[finish];
}

/* --- token by token --------------------------------------------------------------------------- */

mock_cursor mock_cursor_of(const mock_answer *answer, const mock_choice *choice)
{
    mock_cursor cursor = { .answer = answer,
                           .choice = choice,
                           .kind = MOCK_PIECE_REASONING,
                           .rest = mock_answer_slice(answer, choice->reasoning) };
    return cursor;
}

/* Goes to the part behind the one that has ended. */
static void next_part(mock_cursor *c)
{
    const mock_choice *choice = c->choice;
    if (c->kind == MOCK_PIECE_REASONING) {
        c->kind = MOCK_PIECE_TEXT;
        c->rest = mock_answer_slice(c->answer, choice->text);
        return;
    }
    if (c->kind == MOCK_PIECE_ARGUMENTS) c->call++;
    c->kind = c->call < choice->calls ? MOCK_PIECE_CALL : MOCK_PIECE_END;
}

mock_piece mock_cursor_next(mock_cursor *c)
{
    mock_piece piece = { .kind = MOCK_PIECE_END };
    while (c->rest.len == 0 && c->kind != MOCK_PIECE_CALL && c->kind != MOCK_PIECE_END)
        next_part(c);
    piece.kind = c->kind;
    piece.call = c->call;
    if (c->kind == MOCK_PIECE_CALL) {
        const mock_tool_call *call = &c->answer->call[c->choice->first_call + c->call];
        c->kind = MOCK_PIECE_ARGUMENTS;
        c->rest = mock_answer_slice(c->answer, call->arguments);
    } else if (c->kind != MOCK_PIECE_END) {
        piece.text = mock_words_next(&c->rest);
        for (size_t i = 1; i < c->tokens && c->rest.len != 0; i++)
            piece.text.len += mock_words_next(&c->rest).len; /* it stands right behind */
    }
    return piece;
}
