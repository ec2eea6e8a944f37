/* SPDX-License-Identifier: MIT */
/*
 * sample.h - a sample: the answer of a sampler to one request.
 *
 * A sample is immutable and counted; the cache, the result and the caller share one. Strings are
 * NUL terminated and live as long as the sample.
 */
#ifndef GLIMPSE_SAMPLE_H
#define GLIMPSE_SAMPLE_H

#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct glimpse_sample glimpse_sample;

/*
 * The fields of a sample. Strings are copied by glimpse_sample_new. NULL means absent, and is the
 * default. A length of 0, the default, means strlen; GLIMPSE_EMPTY means none (glimpse_length makes
 * it of a slice). In the fields of glimpse_sample_get, lengths are bytes, from 0.
 */
typedef struct glimpse_sample_fields {
    size_t size;      /* set by glimpse_sample_fields_init */
    int http_status;  /* 0 (default) where HTTP was not involved */
    const char *text; /* the answer; UTF-8, which may hold NUL bytes where its length is given */
    size_t text_len;
    const char *essence; /* NULL: made from the text when the sample is made. UTF-8 */
    const char *delta;   /* not NULL: the sample does not serve the draft, for this reason. UTF-8 */
    const char *body;    /* the answer as the endpoint sent it, any bytes */
    size_t body_len;
    bool body_is_json; /* body is one valid JSON text; false by default */
    const char *model;
    const char *finish_reason;
    const char *request_id;
    glimpse_usage usage; /* -1, -1, -1: not known */
    bool usage_unasked;  /* of a stream that did not ask for its usage and did not get it: it does
                          * not serve a request that asks for usage; false by default */
    glimpse_bill bill;   /* -1, 0, 0 (default): not known, as of an answer from a store */
    const char *headers; /* of the answer, those that were to be kept: lines "name: value\r\n" */
} glimpse_sample_fields;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   fields: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_sample_fields_defaults(glimpse_sample_fields *fields);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   fields: not NULL
 *   Since: 0.1
 */
static inline void glimpse_sample_fields_init(glimpse_sample_fields *fields)
{
    fields->size = sizeof *fields;
    glimpse_sample_fields_defaults(fields);
}

/*
 * Makes a sample: one allocation with copies of all fields.
 *
 *   fields: set up by glimpse_sample_fields_init; borrowed. glimpse_attempt_done checks that texts
 *     are UTF-8, and this function does not
 *   sample: gets the sample; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; OOM, INVALID
 *   Owner: the caller's, one reference: glimpse_sample_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_sample_new(const glimpse_sample_fields *fields,
                                             glimpse_sample **sample, glimpse_problem *problem);

/*
 * Returns the fields of a sample.
 *
 *   sample: not NULL
 *   Returns: borrowed from the sample; of its strings only delta may be NULL
 *   Since: 0.1
 */
GLIMPSE_API const glimpse_sample_fields *glimpse_sample_get(const glimpse_sample *sample);

/*
 * Returns the memory of a sample, its own book-keeping included, as a cache's byte bound counts it.
 *
 *   sample: not NULL
 *   Returns: bytes
 *   Since: 0.1
 */
GLIMPSE_API size_t glimpse_sample_size(const glimpse_sample *sample);

/*
 * Adds an owner.
 *
 *   sample: not NULL
 *   Returns: the sample itself
 *   Owner: the caller's, one reference: glimpse_sample_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_sample *glimpse_sample_ref(const glimpse_sample *sample);

/*
 * Removes an owner; the last one frees it.
 *
 *   sample: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_sample_unref(const glimpse_sample *sample);

#ifdef __cplusplus
}
#endif
#endif
