/* reports.c - see reports.h. */
#include "bench/reports.h"

#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "files/same_place.h"
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

/* --- one file written over another ------------------------------------------------------------ */

typedef struct place {
    const char *option, *path; /* NULL: not asked for */
} place;

/* NULL, or the first of the places that is at the path. */
static const place *place_at(const place *places, size_t count, const char *path)
{
    for (size_t i = 0; path != NULL && i < count; i++)
        if (places[i].path != NULL &&
            (strcmp(places[i].path, path) == 0 || same_place(places[i].path, path)))
            return &places[i];
    return NULL;
}

int bench_check_reports(const cli_settings *settings, const char *requests)
{
    enum { WRITTEN = REPORTS + 2 };
    const cli_settings *s = settings;
    report list[REPORTS];
    place written[WRITTEN] = { { "requests", requests }, { "log-file", s->log_file } };
    const place read[] = { { "input", s->bench.input },
                           { "trace", s->bench.trace },
                           { "script", s->script },
                           { "replay", s->replay },
                           { "profiles", s->profiles },
                           { "config", s->config_file },
                           { "api-key-file", s->api_key_file },
                           { "ca-file", s->engine.endpoint.ca_file },
                           { "cache-store", s->cache_store } };
    reports_of(s, list);
    for (int i = 0; i < REPORTS; i++) written[i + 2] = (place){ list[i].option, list[i].path };
    for (int i = 0; i < WRITTEN; i++) {
        const place *other = place_at(written, (size_t)i, written[i].path);
        const place *source = place_at(read, sizeof read / sizeof *read, written[i].path);
        if (other != NULL)
            say("--%s and --%s cannot both be written to one file", other->option,
                written[i].option);
        else if (source != NULL)
            say("--%s would write over --%s", written[i].option, source->option);
        if (other != NULL || source != NULL) return EXIT_USAGE;
    }
    for (int i = 0; i < REPORTS; i++)
        if (!whole_file_check(list[i].option, list[i].path)) return EXIT_IO;
    return 0;
}

/* A word is a file, or several with commas between. */
static bool is_among(const char *path, const char *word)
{
    char name[1024];
    if (same_place(path, word)) return true;
    for (const char *at = word;; at++) {
        size_t len = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : 0), at);
        if (same_place(path, name)) return true;
        at += len;
        if (*at == '\0') return false;
    }
}

int bench_check_sources(const char *option, const char *path, const char *const *words,
                        size_t count)
{
    for (size_t i = 0; path != NULL && i < count; i++)
        if (is_among(path, words[i])) {
            say("--%s would write over %s, which it is made of", option, path);
            return EXIT_USAGE;
        }
    return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

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
