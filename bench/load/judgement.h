/*
 * judgement.h - judges a run in one word, PASS, FAIL or INVALID, and in one sentence: the same in
 * every report.
 */
#ifndef LOAD_JUDGEMENT_H
#define LOAD_JUDGEMENT_H

#include "load/report.h"

typedef enum load_judgement {
    LOAD_PASS,    /* valid, and the SLA is met or there is none */
    LOAD_FAIL,    /* a term was missed, nothing was answered, or --abort-on ended it */
    LOAD_INVALID, /* its figures cannot be trusted */
    LOAD_UNJUDGED /* nothing failed, but nobody looked (--validity off), or a signal ended it */
} load_judgement;

load_judgement load_judge(const load_recorder *recorder, const load_facts *facts);

/* "PASS", "FAIL", "INVALID", "NOT JUDGED" */
const char *load_judgement_word(load_judgement judgement);

/* Writes the reason for the word, a sentence: "The run is valid; no SLA was given." */
void load_judgement_why(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* Sums the run up: how many were asked and answered, at which rate, the live latency, the failures.
 * html: with each figure's place in the JSON report. */
void load_judgement_sum_up(const load_recorder *recorder, bool html, gl_buf *out);

#endif
