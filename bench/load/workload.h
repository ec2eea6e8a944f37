/*
 * workload.h - requests made of lengths: the text of each is as many words as make the tokens that
 * were drawn for it. Pure.
 *
 * A request is a function of the seed and its number (mix.h), so that the same run asks the same.
 * Texts of two numbers differ from their first words on, but where a prefix is shared; so a
 * server's cache of prefixes finds what is meant to be found. A trace's hash ids are blocks of 512
 * tokens: requests that begin with the same ids begin with the same text.
 *
 * Tokens are counted without a tokenizer: a class's words_per_token for each, less what the server
 * adds itself (overhead). The recorder says how far that was off.
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
    bool ignore_eos;       /* ask for it by this name, where a limit is asked */
    bool min_tokens;       /* and for as many as the limit at least */
    const char *max_name;  /* of the limit, of chats; NULL: none is sent */
    gl_buf body, messages; /* of the last request */
} load_workload;

/* A conversation: what has been said so far. All zero at first. */
typedef struct load_talk {
    uint64_t number;
    uint32_t turn, turns; /* turn: how many have been asked; turns 0: it has not begun */
    gl_buf messages;      /* JSON objects with commas between */
} load_talk;

/* One class of chats of 512 tokens, nothing limited. */
void load_workload_init(load_workload *workload);
void load_workload_free(load_workload *workload);

/* Any of the classes has conversations of more than a turn. */
bool load_workload_talks(const load_workload *workload);

/* Writes the request of a number. row: the lengths of a trace in place of those drawn; NULL: none.
 * talk: a conversation that it begins or goes on with; NULL: it stands alone. The question borrows
 * from the workload until the next one. Out of memory makes one with an empty body, which no engine
 * takes. */
void load_workload_question(load_workload *workload, uint64_t number, const load_trace_row *row,
                            load_talk *talk, load_question *question);

/* What came back for its last turn. It is over when nothing did, or all turns have been asked; then
 * the next question begins another. Returns whether it goes on. */
bool load_talk_answered(load_talk *talk, bool good, gl_slice text);
void load_talk_free(load_talk *talk);

#endif
