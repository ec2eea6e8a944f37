/*
 * write.h - writes an answer as a complete body, in the form of its endpoint; and the parts that a
 * stream has too. Pure: the same answer makes the same bytes.
 */
#ifndef MOCK_WRITE_H
#define MOCK_WRITE_H

#include "mock/answer.h"

void mock_write_plain(const mock_answer *answer, gl_buf *out);

/* Writes an object's beginning up to its model; `start` ends with the prefix of its id, `middle` is
 * the text between the id and the time of creation. */
void mock_write_head(const mock_answer *answer, const char *start, const char *middle, gl_buf *out);
void mock_write_created(const mock_answer *answer, gl_buf *out);
void mock_write_fingerprint(const mock_answer *answer, gl_buf *out); /* with its name */
void mock_write_usage(const mock_answer *answer, gl_buf *out);       /* the object alone */

/* Writes an id of this answer, quoted; number separates those of one prefix. */
void mock_write_id(const mock_answer *answer, const char *prefix, size_t number, gl_buf *out);

/* write_response.c: writes the object of a response, as it is at the beginning and at the end; its
 * status, "completed" or "incomplete"; the items of its output, of which there are `mock_items`. */
void mock_write_response(const mock_answer *answer, bool done, gl_buf *out);
const char *mock_write_status(const mock_answer *answer);
size_t mock_items(const mock_answer *answer);
void mock_write_item(const mock_answer *answer, size_t item, bool done, gl_buf *out);

/* The id of an item, quoted; the part that holds a message's text, or a thought's. */
void mock_write_item_id(const mock_answer *answer, size_t item, gl_buf *out);
void mock_write_part(const mock_answer *answer, size_t item, bool done, gl_buf *out);

/* Returns the kind of an item: MOCK_PIECE_REASONING, _TEXT or _CALL. */
mock_piece_kind mock_item_kind(const mock_answer *answer, size_t item);

/* logprobs.c: writes the probability of one token, and alternatives, as in chat; a list of them for
 * a text; and the object of a legacy completion. */
void mock_write_logprob(const mock_answer *answer, gl_slice token, gl_buf *out);
void mock_write_logprobs(const mock_answer *answer, gl_slice text, gl_buf *out);
void mock_write_old_logprobs(const mock_answer *answer, gl_slice text, size_t offset, gl_buf *out);

#endif
