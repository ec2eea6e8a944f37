/*
 * merge_parts.h - shared by merge*.c: the same member of several reports, and the functions that
 * join each kind of member. A joined object has its members in the first one's order.
 *
 * merge.c              the whole; counts, rates, rows
 * merge_distribution.c histograms
 * merge_members.c      classes, tokens, phases, the client, the server, the SLA
 */
#ifndef LOAD_MERGE_PARTS_H
#define LOAD_MERGE_PARTS_H

#include "load/merge.h"

/* The same member of several objects; NONE where one has none. */
typedef struct same {
    gl_json of[LOAD_MERGE_MAX];
    size_t count;
} same;

void merge_member(const same *objects, const char *name, same *out);

/* Gives the name of a key, without escapes; false: it is too long, or has some. */
bool merge_name(gl_json key, char *name, size_t size);

/* Reads the numbers that are there; false: one of them is none. */
bool merge_numbers(const same *values, double out[LOAD_MERGE_MAX]);

/* Of the whole numbers among them. */
uint64_t merge_sum(const same *values);

/* All of them are the same text. */
bool merge_alike(const same *values);

/* --- merge.c --- */

/* Joins objects of counts, which are added, rates, and further such objects. */
void merge_totals(gl_buf *out, const same *objects);

/* --- merge_distribution.c --- */

typedef struct merge_pair {
    uint64_t us, count;
} merge_pair;

typedef struct merge_pairs {
    merge_pair *at;
    size_t count, room;
    bool failed; /* out of memory */
} merge_pairs;

/* Adds the pairs of a histogram; join puts them in order, each value once. */
void merge_pairs_add(merge_pairs *list, gl_json histogram);
void merge_pairs_join(merge_pairs *list);
void merge_pairs_write(gl_buf *out, const merge_pairs *list);

/* Several distributions: all values, their number, the largest, their mean in us. Free the
 * pairs. */
typedef struct merge_values {
    merge_pairs list;
    uint64_t all, most;
    double mean;
} merge_values;
void merge_values_of(const same *distributions, merge_values *values);
uint64_t merge_quantile(const merge_values *values, double q);

/* "p50_us" is 0.5, "p999_us" 0.999: two digits of percent, the rest behind the point. */
bool merge_quantile_name(const char *name, double *q);

void merge_distribution(gl_buf *out, const same *several);
/* An object of distributions, by name. */
void merge_distributions(gl_buf *out, const same *objects);

/* --- merge_members.c --- each writes its members with a comma before them, or nothing. --- */

/* Adds a name to `left`, the list of left-out members, with commas between. */
void merge_left_out(gl_buf *left, const char *name);

void merge_write_classes(gl_buf *out, const same *roots, gl_buf *left);
void merge_write_phases(gl_buf *out, const same *roots);
void merge_write_client(gl_buf *out, const same *roots, gl_buf *left);
void merge_write_server(gl_buf *out, const same *roots, gl_buf *left);

/* The SLA, judged over all; the number of its terms, and of those that are missed. */
typedef struct merge_verdict {
    size_t terms, missed;
} merge_verdict;
merge_verdict merge_write_sla(gl_buf *out, const same *roots, gl_buf *left);

#endif
