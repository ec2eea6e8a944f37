/*
 * merge.h - the reports of several machines that loaded a server together, as one report. Pure.
 *
 * Histograms are joined exactly: the counts of each value are added, so that every percentile is
 * that of all samples and no average of percentiles. Counts, books of faults and rates a second are
 * added; a part of the requests is weighed by them; the longest time stays. Classes are joined by
 * name. Terms of an SLA are judged over all. Rows of the timeline and blocks are added by their
 * number, which is right for machines that began together. Of the clients CPU time and ceilings are
 * added, the loop's lag is joined, and memory is that of the largest. Members that cannot be summed
 * are left out, and named.
 */
#ifndef LOAD_MERGE_H
#define LOAD_MERGE_H

#include "base/buf.h"
#include "base/json.h"
#include "load/judgement.h"

#define LOAD_MERGE_MAX 64

typedef struct load_merge {
    gl_json root[LOAD_MERGE_MAX];
    size_t count;
} load_merge;

/* Adds a text, which stays the caller's and must outlive the merge. Returns the fault, or NULL. */
const char *load_merge_add(load_merge *merge, gl_slice text);

/* Returns the first report whose client had other policies (settings.client) than the first's, by
 * its number; 0: there is none. A retry or a cache in one makes the joined figures those of
 * neither. *first and *other are the policies as JSON. */
size_t load_merge_other_client(const load_merge *merge, gl_slice *first, gl_slice *other);

/* Writes one object, a line, in the form of a report of --json, with "merged": how many. At least
 * one must have been added. The names of settings in which they differ go to `differ`, the names of
 * left-out members to `left` and into the object, with commas between. */
load_judgement load_merge_write(const load_merge *merge, gl_buf *out, gl_buf *differ, gl_buf *left);

#endif
