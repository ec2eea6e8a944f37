/*
 * scrape.h - the server beside the client: the readings of its Prometheus page under load, in rows
 * of the same time axis as the timeline (recorder.h). Pure.
 *
 * Only series that are known, or asked for by name, are kept, each summed over its labels. A name
 * that ends in _total, _sum or _count, or whose # TYPE is counter, is a counter, of which a row has
 * the growth; of others (gauges) a row has the mean. A counter that falls was restarted. Memory
 * does not depend on the page or the run: at most LOAD_SCRAPE_SERIES names and LOAD_SCRAPE_ROWS
 * rows; when these are full, two become one.
 */
#ifndef LOAD_SCRAPE_H
#define LOAD_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/time.h"

#define LOAD_SCRAPE_SERIES 32
#define LOAD_SCRAPE_ROWS   600

typedef struct load_sample {
    gl_slice name;
    double value;
} load_sample;

/* Takes lines off the page up to and with the next sample; false: there is none. A line that is no
 * sample is skipped. type (may be NULL) is called with each "# TYPE name kind" on the way. */
bool load_scrape_next(gl_slice *page, load_sample *sample,
                      void (*type)(void *arg, gl_slice name, gl_slice kind), void *arg);

typedef struct load_series_row {
    double sum;
    uint32_t count; /* of readings; 0: there was none */
} load_series_row;

typedef struct load_series {
    char name[64];
    bool counter, seen;
    double now;  /* of the page that is being read: the sum over labels */
    bool here;   /* the series is on that page */
    double last; /* of the page before; of a counter */
    bool begun;
    double least, most; /* of the readings; of a counter: of a row's growth a second */
    double sum;         /* of the readings; of a counter: the growth */
    uint64_t readings;
    load_series_row rows[LOAD_SCRAPE_ROWS];
} load_series;

typedef struct load_scrape {
    gl_time start, width;
    size_t count, rows; /* series; rows so far */
    load_series series[LOAD_SCRAPE_SERIES];
    uint64_t pages, failed; /* pages read; pages not available, or without a sample */
    gl_time first, last;    /* when the first and the last page was read */
} load_scrape;

/* names: with commas between, in place of the known ones (vLLM's, SGLang's, llama.cpp's, our own);
 * NULL: those. false: problem names the fault in them. */
bool load_scrape_init(load_scrape *scrape, gl_time start, const char *names, char *problem,
                      size_t problem_size);

void load_scrape_page(load_scrape *scrape, gl_slice page, gl_time at);

/* The gap in the server's figures, if there is one. */
typedef enum load_scrape_lack {
    LOAD_SCRAPE_WHOLE,
    LOAD_SCRAPE_UNREAD, /* not one page was read */
    LOAD_SCRAPE_BARE,   /* the pages have none of the series */
    LOAD_SCRAPE_PART    /* some pages were not read */
} load_scrape_lack;

load_scrape_lack load_scrape_lacks(const load_scrape *scrape);

/* The sentence for it, without a period; "" for a whole one. */
void load_scrape_say(const load_scrape *scrape, const char *url, char *text, size_t size);

/* Gives a gauge's mean, or a counter's growth a second; false: it was never seen often enough. */
bool load_series_mean(const load_scrape *scrape, const load_series *series, double *mean);

/* The same of a row. */
bool load_series_row_at(const load_series *series, size_t row, double *value);

#endif
