/* bench_compare.c - `glimpse bench --compare`; see bench_more.h. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "bench_more.h"
#include "config_file.h"
#include "exits.h"
#include "load/compare.h"
#include "say.h"

/* A report has at most 17 histograms of 12,800 buckets, 30 bytes each. */
#define REPORT_MAX ((size_t)16 << 20)

static char *read_report(const char *path)
{
    const char *problem;
    size_t len;
    char *text = file_read_all(path, REPORT_MAX, &len, &problem);
    if (text == NULL) say("--compare: %s: %s", path, problem);
    return text;
}

static void print_change(const load_change *change)
{
    static const char *const words[] = { "no difference", "better", "WORSE" };
    printf("%-16s %12.3f %12.3f %12.3f .. %-12.3f %s\n", change->name, change->before,
           change->after, change->low, change->high, words[change->verdict]);
}

int bench_compare(const char *before, const char *after)
{
    load_change change[LOAD_COMPARED];
    char problem[256];
    gl_buf notes;
    int code = EXIT_VALUE;
    gl_buf_init(&notes, REPORT_MAX);
    char *a = read_report(before), *b = a != NULL ? read_report(after) : NULL;
    if (a != NULL && b != NULL) {
        if (load_compare(a, b, change, &notes, problem, sizeof problem)) {
            code = EXIT_DONE;
            printf("%-16s %12s %12s %s\n", "", "before", "after", "    change, 99 % interval");
            for (size_t i = 0; i < LOAD_COMPARED; i++) {
                print_change(&change[i]);
                if (change[i].verdict == LOAD_WORSE) code = EXIT_SOME_FAILED;
            }
            say_text(stdout, notes.data, notes.len);
            const struct {
                const char *path, *text;
            } reports[] = { { before, a }, { after, b } };
            for (size_t i = 0; i < 2; i++)
                if (load_report_is_invalid(reports[i].text)) {
                    say("--compare: %s: the run was INVALID: its figures say nothing",
                        reports[i].path);
                    code = EXIT_INTERNAL;
                }
        } else {
            say("--compare: %s", problem);
        }
    }
    gl_buf_free(&notes);
    gl_free(a);
    gl_free(b);
    return code != EXIT_VALUE && !say_flush_stdout() ? EXIT_IO : code;
}
