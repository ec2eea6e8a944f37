/* compare.c - `glimpse bench --compare`; see more.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "bench/more.h"
#include "exits.h"
#include "files/whole_file.h"
#include "load/compare.h"
#include "say.h"

/* A report has at most 17 histograms of 12,800 buckets, 30 bytes each, and 128 blocks of two of
 * 1,728 slots, 20 bytes each. */
#define REPORT_MAX ((size_t)32 << 20)
#define SIDES_MAX  64
#define NAME_MAX_  1024

typedef struct comparison {
    const char *const *words;
    size_t count; /* sides; the others are compared with the first */
    load_reports *side[SIDES_MAX];
    load_change change[SIDES_MAX * LOAD_COMPARED];
    size_t from[SIDES_MAX + 1]; /* index of each side's first change */
    bool invalid;
} comparison;

/* --- reading ---------------------------------------------------------------------------------- */

/* 0, or 78 after an error message. */
static int read_file(comparison *c, load_reports *side, const char *path)
{
    const char *problem;
    size_t len;
    char *text = whole_file_read(path, REPORT_MAX, &len, &problem);
    if (text == NULL) {
        say("--compare: %s: %s", path, problem);
        return EXIT_VALUE;
    }
    const char *wrong = load_reports_add(side, text);
    if (wrong != NULL) say("--compare: %s %s", path, wrong);
    if (wrong == NULL && load_report_is_invalid(text)) {
        say("--compare: %s: the run was INVALID: its figures say nothing", path);
        c->invalid = true;
    }
    gl_free(text);
    return wrong != NULL ? EXIT_VALUE : 0;
}

/* Reads a side: a file, or several with commas between, as the runs of one side. */
static int read_side(comparison *c, load_reports *side, const char *word)
{
    if (access(word, F_OK) == 0) return read_file(c, side, word);
    for (const char *at = word;; at++) {
        char path[NAME_MAX_];
        size_t len = strcspn(at, ",");
        if (len == 0 || len >= sizeof path) {
            say("--compare: '%.60s': a side is a file, or several with commas between", word);
            return EXIT_VALUE;
        }
        memcpy(path, at, len);
        path[len] = '\0';
        int code = read_file(c, side, path);
        if (code != 0) return code;
        at += len;
        if (*at == '\0') return 0;
    }
}

static int read_all(comparison *c)
{
    for (size_t i = 0; i < c->count; i++) {
        c->side[i] = load_reports_new();
        if (c->side[i] == NULL) {
            say("out of memory");
            return EXIT_OS_LIMIT;
        }
        int code = read_side(c, c->side[i], c->words[i]);
        if (code != 0) return code;
    }
    return 0;
}

/* --- reports ---------------------------------------------------------------------------------- */

/* Writes the line where no difference is found. That is no equality: the interval holds the
 * difference that may exist all the same. */
static const char *none_found(const load_change *change, char *text, size_t size)
{
    bool part;
    double most = load_change_hides(change, &part);
    snprintf(text, size, "no difference found; one of up to +-%.*f%s may hide", part ? 1 : 3,
             part ? 100 * most : most, part ? " %" : "");
    return text;
}

static const char *verdict_of(const load_change *change, char *text, size_t size)
{
    switch (change->verdict) {
    case LOAD_BETTER:
        return "better";
    case LOAD_WORSE:
        return "WORSE";
    case LOAD_TOO_FEW:
        return "too few samples above it that do not depend on each other";
    case LOAD_TOO_SHORT:
        return "too short to tell how much it varies by itself";
    case LOAD_SAME:
        break;
    }
    return none_found(change, text, size);
}

static void print_change(const load_change *change)
{
    char text[96];
    bool judged = change->verdict != LOAD_TOO_FEW && change->verdict != LOAD_TOO_SHORT;
    printf("%-20s %12.3f %12.3f ", load_compared_name(change->metric), change->before,
           change->after);
    if (judged)
        printf("%12.3f .. %-12.3f", change->low, change->high);
    else
        printf("%12s    %-12s", "", "");
    printf(" %s\n", verdict_of(change, text, sizeof text));
}

static void print_side(const comparison *c, size_t side)
{
    gl_buf notes;
    bool many = c->count > 2;
    gl_buf_init(&notes, REPORT_MAX);
    if (many) {
        printf("%s%s against %s\n", side > 1 ? "\n" : "", c->words[side], c->words[0]);
    }
    printf("%-20s %12s %12s %12s\n", "", "before", "after", "change");
    for (size_t i = c->from[side]; i < c->from[side + 1]; i++) print_change(&c->change[i]);
    load_reports_note(c->side[0], c->side[side], "before", "after", &notes);
    say_text(stdout, notes.data, notes.len);
    gl_buf_free(&notes);
}

static int exit_of(const comparison *c)
{
    bool worse = false;
    for (size_t i = 0; i < c->from[c->count]; i++)
        worse = worse || c->change[i].verdict == LOAD_WORSE;
    if (c->invalid) return EXIT_INTERNAL;
    return worse ? EXIT_SOME_FAILED : EXIT_DONE;
}

static int tell(const comparison *c)
{
    for (size_t i = 1; i < c->count; i++) print_side(c, i);
    printf("intervals are of the change; of comparisons of a thing with itself, at most 1 in 100 "
           "tells any of these %zu metrics different\n",
           c->from[c->count]);
    return say_flush_stdout() ? exit_of(c) : EXIT_IO;
}

static int write_page(const comparison *c, const char *path)
{
    load_compared_side side[SIDES_MAX];
    gl_buf out;
    for (size_t i = 0; i < c->count; i++)
        side[i] = (load_compared_side){ .name = c->words[i],
                                        .reports = c->side[i],
                                        .change = &c->change[c->from[i]],
                                        .changes = i > 0 ? c->from[i + 1] - c->from[i] : 0 };
    gl_buf_init(&out, SIZE_MAX / 2);
    load_compare_html(side, c->count, c->invalid, &out);
    bool good = whole_file_write("html", path, &out);
    gl_buf_free(&out);
    return good ? 0 : EXIT_IO;
}

int bench_compare(const char *const *words, size_t count, const char *page)
{
    if (count < 2 || count > SIDES_MAX) {
        say("--compare needs 2 to %d sides: BEFORE.json AFTER.json; commas join the runs of one",
            SIDES_MAX);
        return EXIT_USAGE;
    }
    if (!whole_file_check("html", page)) return EXIT_IO;
    comparison *c = gl_calloc(1, sizeof *c);
    if (c == NULL) {
        say("out of memory");
        return EXIT_OS_LIMIT;
    }
    c->words = words;
    c->count = count;
    int code = read_all(c);
    for (size_t i = 1; code == 0 && i < count; i++)
        c->from[i + 1] =
            c->from[i] + load_difference(load_reports_side(c->side[0]),
                                         load_reports_side(c->side[i]), &c->change[c->from[i]]);
    if (code == 0) {
        load_difference_judge(c->change, c->from[count]);
        bool alone = page != NULL && strcmp(page, "-") == 0;
        if (page != NULL) code = write_page(c, page);
        if (code == 0) code = alone ? exit_of(c) : tell(c);
    }
    for (size_t i = 0; i < count; i++) load_reports_free(c->side[i]);
    gl_free(c);
    return code;
}
