/*
 * rows.h - the figures of a row of the timeline, the same in every report. Pure.
 */
#ifndef LOAD_ROWS_H
#define LOAD_ROWS_H

#include "load/recorder.h"

typedef enum load_row_figure {
    LOAD_ROW_SENT,     /* a second, of requests scheduled in it */
    LOAD_ROW_ANSWERS,  /* a second, of answers that came in it */
    LOAD_ROW_FAILURES, /* the same, of failures */
    LOAD_ROW_P50,      /* us, of requests scheduled in it */
    LOAD_ROW_P99,
    LOAD_ROW_FIRST_P50, /* us to the first token, of the same */
    LOAD_ROW_FIRST_P99,
    LOAD_ROW_TOKENS,    /* of output, a second, by their arrival */
    LOAD_ROW_WAITING,   /* requests that waited in the client to be sent, on average */
    LOAD_ROW_IN_FLIGHT, /* requests at most */
    LOAD_ROW_HIT_RATE,  /* a part of 1 */
    LOAD_ROW_MEMORY,    /* the client's, bytes */
    LOAD_ROW_FIGURES
} load_row_figure;

/* Of the row's object in the JSON report: "sent_rps", ... */
const char *load_row_figure_name(load_row_figure figure);

/* NAN: not known, such as a rate of a last row that is shorter than half of one. */
double load_row_value(const load_recorder *recorder, size_t row, load_row_figure figure);

/* Returns the number of rows up to the last answer. */
size_t load_row_count(const load_recorder *recorder);

#endif
