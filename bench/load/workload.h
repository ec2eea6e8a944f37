/*
 * workload.h - requests made of lengths: the text of each has the number of words that gives its
 * drawn number of tokens. Pure.
 *
 * A request is a function of the seed and its number (mix.h), so that the same run sends the same
 * requests. Texts of two numbers differ from their first words on, except in a shared prefix; so a
 * server's cache of prefixes finds only the intended hits. A trace's hash ids are blocks of 512
 * tokens: requests that begin with the same ids begin with the same text.
 *
 * Tokens are counted without a tokenizer: a class's words_per_token for each, less the server's own
 * addition (overhead). The recorder shows the error.
 */
#ifndef LOAD_WORKLOAD_H
#define LOAD_WORKLOAD_H

#include "base/buf.h"
#include "load/class.h"
#include "load/question.h"
#include "load/trace.h"

/* Tokens of the query that documents are ranked by, beside theirs. */
#define LOAD_QUERY_TOKENS 16

typedef struct load_workload {
    load_class kinds[LOAD_CLASSES];
    size_t count;
    uint64_t seed;
    bool ignore_eos;       /* asks for it by this name, where a limit is asked */
    bool min_tokens;       /* and for as many as the limit at least */
    const char *max_name;  /* of the limit, of chats; NULL: none is sent */
    gl_buf body, messages; /* of the last request */
} load_workload;

/* A conversation: the messages so far. All zero at first. */
typedef struct load_talk {
    uint64_t number;
    uint32_t turn, turns; /* turn: turns asked so far; turns 0: it has not begun */
    gl_buf messages;      /* JSON objects with commas between */
} load_talk;

/* One class of chats of 512 tokens, nothing limited. */
void load_workload_init(load_workload *workload);
void load_workload_free(load_workload *workload);

/* Returns true when any class has conversations of more than a turn. */
bool load_workload_talks(const load_workload *workload);

/* Writes the request of a number. row: the lengths of a trace in place of drawn ones; NULL: none.
 * talk: a conversation that it begins or continues; NULL: it is single. The question borrows from
 * the workload until the next one. Without memory its body is empty, and no engine takes it. */
void load_workload_question(load_workload *workload, uint64_t number, const load_trace_row *row,
                            load_talk *talk, load_question *question);

/* Adds the answer to the last turn. The conversation is over without an answer, or after all turns;
 * then the next question begins another. Returns true when it goes on. */
bool load_talk_answered(load_talk *talk, bool good, gl_slice text);
void load_talk_free(load_talk *talk);

#endif
