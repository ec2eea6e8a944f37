/*
 * metrics.h - the histograms that an engine keeps for its metrics, by a bounded number of label
 * sets, and the functions that write them. Counting a request allocates nothing once its labels
 * have been met.
 *
 * metrics.c counts, metrics_text.c writes, engine/metrics_page.c adds the engine's statistics.
 */
#ifndef GL_METRICS_H
#define GL_METRICS_H

#include <glimpse/result.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/prometheus.h"
#include "base/slice.h"

/* The number of model names that have series of their own, of requests and of answers; all others
 * are "other". An installation asks a handful; names in a stranger's file must not fill the
 * scraper's disk. */
#define GL_METRICS_MODELS 32
/* Bytes of a model's name that are kept. */
#define GL_METRICS_NAME 96
/* Label sets of calls with a series of their own; all others share one. With all of them, the
 * longest names and every histogram filled, the text is below 8 MB. */
#define GL_METRICS_SERIES 128

/* Operations: the last component of the path. */
enum {
    GL_OPERATION_CHAT,
    GL_OPERATION_COMPLETION,
    GL_OPERATION_EMBEDDINGS,
    GL_OPERATION_OTHER,
    GL_OPERATION_COUNT
};

/* In place of a name's index: the name was not kept; there is no name. */
enum { GL_MODEL_OTHER = GL_METRICS_MODELS, GL_MODEL_NONE, GL_MODEL_COUNT };

extern const gl_scale gl_scale_tokens, gl_scale_requests, gl_scale_lag;

typedef struct gl_names {
    size_t count, last; /* last: the series that was found last */
    struct gl_name {
        size_t len;
        char text[GL_METRICS_NAME];
    } names[GL_METRICS_MODELS];
} gl_names;

typedef struct gl_series {
    unsigned operation, asked, answered, failure;
    gl_counts duration, first_chunk, input, output;
} gl_series;

typedef struct gl_metrics {
    gl_names asked, answered;
    gl_map by_labels; /* gl_series */
    gl_series *series[GL_METRICS_SERIES];
    size_t series_count;
    gl_series others[2]; /* for answered and for failed calls, when there is no room or memory for
                            more series */
    gl_counts *chunks[GL_OPERATION_COUNT][GL_MODEL_COUNT]; /* NULL: no chunk came */
    gl_counts requests[GLIMPSE_SOURCE_COUNT][GLIMPSE_STATUS_COUNT];
    uint64_t crossed[4]; /* t1 to t4 */
    gl_counts lag;
    uint64_t last_lag;                           /* ns */
    unsigned char failures[GLIMPSE_ERROR_COUNT]; /* the first kind of the same name */
    char provider[64], address[256], port[8];    /* "": not known */
    gl_buf scratch;
} gl_metrics;

gl_metrics *gl_metrics_new(void); /* NULL: out of memory */
void gl_metrics_free(gl_metrics *metrics);

/* Sets the provider's name and URL (NULL: none). */
void gl_metrics_set_provider(gl_metrics *metrics, const char *provider, const char *base_url);

unsigned gl_metrics_operation(gl_slice path);

/* Returns the index of a request's model, by its value in the body. */
unsigned gl_metrics_model(gl_metrics *metrics, gl_json name);
gl_slice gl_metrics_model_name(const gl_names *names, unsigned model);

/* A call of the sampler that has ended. */
typedef struct gl_metrics_call {
    unsigned operation, model;
    glimpse_error error;
    int http_status;
    const char *answered_by; /* the model that the answer names; NULL or "": none */
    const glimpse_usage *usage;
    uint64_t elapsed;    /* ns */
    int64_t first_chunk; /* ns to the first piece of a stream; -1: none came */
} gl_metrics_call;
void gl_metrics_called(gl_metrics *metrics, const gl_metrics_call *call);

/* Counts a piece of a stream that came so long after the one before. */
void gl_metrics_chunk(gl_metrics *metrics, unsigned operation, unsigned model, uint64_t gap);

/* Counts a delivered result. */
void gl_metrics_delivered(gl_metrics *metrics, glimpse_source source, glimpse_status status,
                          uint64_t elapsed, int crossed);

void gl_metrics_lagged(gl_metrics *metrics, uint64_t late);

/* --- text ------------------------------------------------------------------------------------ */

/* Writes everything that metrics.c counts. */
void gl_metrics_write(const gl_metrics *metrics, gl_buf *out);

/* Returns the name of a failure's number. */
const char *gl_metrics_failure_name(unsigned failure);

#endif
