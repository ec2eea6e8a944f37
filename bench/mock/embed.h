/* embed.h - embeddings and rankings: answers that are computed from texts. Pure. */
#ifndef MOCK_EMBED_H
#define MOCK_EMBED_H

#include "mock/answer.h"

/* Writes the list of vectors, or of documents in the order of their scores, into answer->words and
 * counts the tokens. answer->ask has been read. Returns 200, or 400 with an error appended. */
int mock_embed_answer(mock_answer *answer, gl_buf *error);
int mock_rerank_answer(mock_answer *answer, gl_buf *error);

#endif
