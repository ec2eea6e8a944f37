/* merge.c - `glimpse bench merge A.json B.json ...`; see more.h. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "bench/more.h"
#include "exits.h"
#include "files/whole_file.h"
#include "load/merge.h"
#include "say.h"

/* As for a compared report: all histograms full. */
#define REPORT_MAX ((size_t)32 << 20)

static int read_report(load_merge *merge, const char *path, char **text)
{
    const char *problem = NULL;
    size_t len;
    *text = whole_file_read(path, REPORT_MAX, &len, &problem);
    if (*text != NULL) problem = load_merge_add(merge, gl_slice_of(*text, len));
    if (problem != NULL) say("merge: %s: %s", path, problem);
    return problem != NULL ? EXIT_VALUE : 0;
}

/* 0, or 78 after an error message: reports of clients with different policies are not joined. */
static int check_clients(const load_merge *merge, const char *const *paths)
{
    gl_slice first, other;
    size_t i = load_merge_other_client(merge, &first, &other);
    if (i == 0) return 0;
    say("merge: %s is of a client that was %.*s, %s of one that was %.*s: the figures of both "
        "together are of neither; --compare holds them against each other",
        paths[0], (int)first.len, first.data, paths[i], (int)other.len, other.data);
    return EXIT_VALUE;
}

int bench_merge(const char *const *paths, size_t count, const char *to)
{
    load_merge merge = { .count = 0 };
    char *texts[LOAD_MERGE_MAX] = { NULL };
    int code = 0;
    if (count < 2 || count > LOAD_MERGE_MAX) {
        say("merge joins 2 to %d reports of --json: merge A.json B.json ...", LOAD_MERGE_MAX);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(paths[i], paths[j]) == 0) {
                say("merge: %s is there twice, and would count twice", paths[i]);
                return EXIT_USAGE;
            }
    for (size_t i = 0; i < count && code == 0; i++) code = read_report(&merge, paths[i], &texts[i]);
    if (code == 0) code = check_clients(&merge, paths);
    if (code == 0) {
        gl_buf out, differ, left;
        gl_buf_init(&out, SIZE_MAX / 2);
        gl_buf_init(&differ, 4096);
        gl_buf_init(&left, 4096);
        load_judgement judgement = load_merge_write(&merge, &out, &differ, &left);
        say("merge: left out, since no sum makes it: %.*s", (int)left.len, left.data);
        if (differ.len > 0)
            say("merge: the runs differ in %.*s; the first's settings are kept", (int)differ.len,
                differ.data);
        if (!whole_file_write("json", to != NULL ? to : "-", &out)) code = EXIT_IO;
        gl_buf_free(&out);
        if (code == 0 && judgement == LOAD_INVALID) code = EXIT_INTERNAL;
        if (code == 0 && judgement == LOAD_FAIL) code = EXIT_SOME_FAILED;
        gl_buf_free(&differ);
        gl_buf_free(&left);
    }
    for (size_t i = 0; i < count; i++) gl_free(texts[i]);
    return code;
}
