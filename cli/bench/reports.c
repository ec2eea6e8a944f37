/* reports.c - see reports.h. */
#include "bench/reports.h"

#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "files/whole_file.h"
#include "say.h"

typedef void report_writer(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

enum { REPORTS = 5 };

typedef struct report {
    const char *option, *path; /* NULL: not asked for */
    report_writer *writer;     /* NULL: of a search, which writes it (find.c) */
} report;

static void reports_of(const cli_settings *s, report list[REPORTS])
{
    const report all[REPORTS] = { { "json", s->bench.json, load_report_json },
                                  { "html", s->bench.html, load_report_html },
                                  { "csv", s->bench.csv, NULL },
                                  { "junit", s->bench.junit, load_report_junit },
                                  { "markdown", s->bench.markdown, load_report_markdown } };
    memcpy(list, all, sizeof all);
}

int bench_check_reports(const cli_settings *settings)
{
    report list[REPORTS];
    reports_of(settings, list);
    for (int i = 0; i < REPORTS; i++)
        for (int j = 0; j < i; j++)
            if (list[i].path != NULL && list[j].path != NULL &&
                strcmp(list[i].path, list[j].path) == 0) {
                say("--%s and --%s cannot both be written to one file", list[j].option,
                    list[i].option);
                return EXIT_USAGE;
            }
    for (int i = 0; i < REPORTS; i++)
        if (!whole_file_check(list[i].option, list[i].path)) return EXIT_IO;
    return 0;
}

static void print_sla(const bench_result *result)
{
    const load_sla *sla = result->facts.sla;
    for (size_t i = 0; i < sla->count; i++) {
        char seen[64];
        bool met;
        load_term_shown(&sla->term[i], &result->recorder, &met, seen, sizeof seen);
        printf("%-12s %-8s %s: %s\n", i == 0 ? "sla" : "", met ? "met" : "MISSED",
               sla->term[i].text, seen);
    }
}

static int write_report(const report *one, const bench_result *result)
{
    gl_buf out;
    if (one->path == NULL || one->writer == NULL) return 0;
    gl_buf_init(&out, SIZE_MAX / 2);
    one->writer(&result->recorder, &result->facts, &out);
    bool good = whole_file_write(one->option, one->path, &out);
    gl_buf_free(&out);
    return good ? 0 : EXIT_IO;
}

int bench_write_reports(const cli_settings *settings, const bench_result *result)
{
    report list[REPORTS];
    bool table = true;
    int code = 0;
    reports_of(settings, list);
    for (int i = 0; i < REPORTS; i++)
        if (list[i].path != NULL && strcmp(list[i].path, "-") == 0) table = false;
    if (table) load_report_table(&result->recorder, &result->facts, stdout);
    if (table) print_sla(result);
    if (!say_flush_stdout()) return EXIT_IO;
    for (int i = 0; i < REPORTS; i++) {
        int failed = write_report(&list[i], result);
        if (code == 0) code = failed;
    }
    return code;
}
