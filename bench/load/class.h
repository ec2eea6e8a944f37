/*
 * class.h - one kind of request of a load test that is made of lengths: its model and endpoint, the
 * lengths of its texts and conversations, its terms for a good answer, its share. Pure.
 *
 *   NAME:KEY=VALUE,KEY=VALUE...      chat:weight=3,input=normal:512:128,goodput=ttft<500ms
 *
 * Keys: weight, model, endpoint, input, output, turns, texts, prefix, goodput, stream (on or off).
 * A piece without KEY= goes on with the value before it, so that goodput takes several terms.
 */
#ifndef LOAD_CLASS_H
#define LOAD_CLASS_H

#include "load/endpoint.h"
#include "load/lengths.h"
#include "load/slo.h"

#define LOAD_CLASSES 16

typedef struct load_class {
    char name[32]; /* "": the only one */
    char model[128];
    load_endpoint endpoint;
    double weight;
    load_lengths input;  /* of each text */
    load_lengths output; /* when limited: max_tokens */
    load_lengths turns;  /* of a conversation */
    bool limited, stream;
    uint32_t texts;         /* to embed, or documents to rank, in a request */
    uint32_t prefix_tokens; /* 0: none is shared */
    uint32_t prefixes;      /* how many different ones */
    double prefix_part;     /* of the requests that begin with one */
    double words_per_token; /* above 0 */
    double overhead;        /* tokens that the server counts for a request without words */
    load_slo slo;
    char goodput[128]; /* as written; "": the run's own */
} load_class;

/* Reads a class over the members of `kind`, which are the defaults. false: problem names the
 * fault. */
bool load_class_parse(load_class *kind, gl_slice text, char *problem, size_t problem_size);

/* Reads TOKENS:PART or TOKENS:PART:HOW-MANY: 1000:0.5, 1000:50%:8. false: it is none of these. */
bool load_class_prefix(load_class *kind, gl_slice text);

/* Returns NULL when its parts fit each other, else the fault. */
const char *load_class_wrong(const load_class *kind);

#endif
