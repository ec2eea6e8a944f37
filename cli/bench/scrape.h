/* scrape.h - reads a server's Prometheus page each second while a load test runs, on its
 * loop. Used by run.c. */
#ifndef CLI_BENCH_SCRAPE_H
#define CLI_BENCH_SCRAPE_H

#include "load/scrape.h"

struct event_base;

typedef struct bench_scrape bench_scrape;

/* NULL, or the fault in a value of --scrape: auto, or http://HOST[:PORT][/PATH]. */
const char *bench_scrape_wrong(const char *url);

/* The same for --scrape-series. */
const char *bench_scrape_series_wrong(const char *names);

/* auto: /metrics on the host of the base URL. false: that is no http URL, or too long. */
bool bench_scrape_url(const char *asked, const char *base_url, char *url, size_t size);

/* Looks the address up once, here. Readings go to data, the caller's, which outlives it. A page
 * that cannot be had is counted there, and the first is reported. NULL after an error message. */
bench_scrape *bench_scrape_new(struct event_base *base, const char *url, load_scrape *data);
void bench_scrape_free(bench_scrape *scrape); /* NULL is fine */

#endif
