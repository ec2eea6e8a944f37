/*
 * mock_answer.h - the bodies of the answers, in OpenAI's form. Pure but for scratch memory: the
 * same request makes the same bytes.
 */
#ifndef MOCK_ANSWER_H
#define MOCK_ANSWER_H

#include "base/buf.h"
#include "base/slice.h"

/* Whether a chat request asks for a stream, and for the usage in it. */
typedef enum mock_stream_wish { MOCK_PLAIN, MOCK_STREAM, MOCK_STREAM_USAGE } mock_stream_wish;

/* Answers one request: body is the request's, digest 32 bytes over it. Appends to out and returns
 * the HTTP status. text is scratch. A streamed answer is made from the plain one, which is what
 * mock_answer_chat writes in any case. */
int mock_answer_chat(gl_slice body, const unsigned char *digest, gl_buf *text, gl_buf *out,
                     mock_stream_wish *wish);
int mock_answer_embeddings(gl_slice body, gl_buf *text, gl_buf *out);
int mock_answer_models(gl_buf *out);

/* {"error":{...}}. param and code may be NULL. Returns status. */
int mock_answer_error(int status, const char *param, const char *code, const char *message,
                      gl_buf *out);

/* A 429 of this type ("requests", "tokens", "insufficient_quota") and code. Returns 429. */
int mock_answer_limit(const char *type, const char *code, const char *message, gl_buf *out);

/* What a chat answer says to a user message: the first sentence, or heading, of what is to be
 * summarized, at most 200 bytes of it. A slice of text. */
gl_slice mock_answer_gist(gl_slice text);

/* Appends what is said about a text that is to be summarized, all of it: its gist, with blanks of
 * any kind made single spaces, or words that there is nothing. */
void mock_answer_say(gl_slice subject, gl_buf *out);

#endif
