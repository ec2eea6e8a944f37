/*
 * endpoint.h - the calls of OpenAI's API, and of similar ones, that a load test can make: the path
 * of each, and the rule by which an answer with status 200 is one. Pure.
 *
 *   chat, completions, responses   the engine reads them; here: the answer is not empty
 *   embeddings                     a vector for each text, all of one size (floats, or base64)
 *   rerank                         a score for each document, each document once (Jina's, Cohere's
 *                                  and vLLM's form)
 */
#ifndef LOAD_ENDPOINT_H
#define LOAD_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Texts to embed, or documents to rank, in one request at most. */
#define LOAD_TEXTS_MAX 1024

typedef enum load_endpoint {
    LOAD_CHAT,
    LOAD_COMPLETIONS,
    LOAD_RESPONSES,
    LOAD_EMBEDDINGS,
    LOAD_RERANK,
    LOAD_ENDPOINTS
} load_endpoint;

/* "chat", ...; and below the base URL, "/chat/completions", ... */
const char *load_endpoint_name(load_endpoint endpoint);
const char *load_endpoint_path(load_endpoint endpoint);

/* false: no such name. */
bool load_endpoint_find(gl_slice name, load_endpoint *endpoint);

/* Returns true for an endpoint that writes text: its length can be limited, and it can be a
 * stream. */
bool load_endpoint_writes(load_endpoint endpoint);

/* Returns why the body of a 200 is no answer to a request of so many texts; NULL: it is one. empty:
 * the engine found no text, call or image in it. */
const char *load_endpoint_wrong(load_endpoint endpoint, uint32_t texts, gl_slice body, bool empty);

#endif
