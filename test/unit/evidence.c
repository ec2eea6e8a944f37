/* policy/evidence: the documented table against every combination of what can be known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/evidence.h"

#define DOC TEST_SOURCE_DIR "/../docs/internals/circuit.md"

enum { FAILURE, CONNECTION, CAME, LINE, ENDPOINT, COSTS, CELLS, ROWS = 32 };

typedef struct row {
    char cell[CELLS][400];
    int met;
} row;

static row rows[ROWS];
static int row_count;

/* "| answer | | | | up | an attempt |" */
static bool read_row(const char *line, row *r)
{
    *r = (row){ 0 };
    for (int i = 0; i < CELLS; i++) {
        const char *end = strchr(++line, '|');
        if (end == NULL) return false;
        while (line < end && *line == ' ') line++;
        size_t len = (size_t)(end - line);
        while (len > 0 && line[len - 1] == ' ') len--;
        assert_true(len < sizeof r->cell[i]);
        memcpy(r->cell[i], line, len);
        line = end;
    }
    return true;
}

static int setup(void **state)
{
    (void)state;
    char line[1024];
    bool inside = false;
    FILE *file = fopen(DOC, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "| failure | connection |", 24) == 0) {
            inside = fgets(line, sizeof line, file) != NULL; /* the line of dashes */
            continue;
        }
        if (inside && line[0] != '|') inside = false;
        if (inside) {
            assert_true(row_count < ROWS);
            assert_true(read_row(line, &rows[row_count++]));
        }
    }
    fclose(file);
    return row_count < 8;
}

/* Whether a word of "a, b, c" is this one. */
static bool lists(const char *cell, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = cell; (at = strstr(at, word)) != NULL; at += len)
        if ((at == cell || at[-1] == ' ') && (at[len] == '\0' || at[len] == ',')) return true;
    return false;
}

static bool fits_failure(const char *cell, const gl_evidence *e)
{
    char status[16];
    bool named = e->error == GLIMPSE_ERR_HTTP || e->error == GLIMPSE_ERR_STREAM_ERROR;
    if (cell[0] == '\0') return true;
    if (e->error == GLIMPSE_OK) return lists(cell, "an answer");
    if (!named || e->http_status == 0) return lists(cell, glimpse_error_name(e->error));
    snprintf(status, sizeof status, "%d", e->http_status);
    return lists(cell, status);
}

static bool fits(const row *r, const gl_evidence *e)
{
    const char *came = r->cell[CAME], *line = r->cell[LINE];
    return fits_failure(r->cell[FAILURE], e) &&
           (r->cell[CONNECTION][0] == '\0' || (lists(r->cell[CONNECTION], "kept") && e->reused)) &&
           (!lists(came, "not sent") || !e->sent) &&
           (!lists(came, "nothing") || (e->sent && !e->came)) &&
           (!lists(came, "an answer began") || e->begun) &&
           (!lists(line, "refused before") || e->refused) &&
           (!lists(line, "others answered since") || e->others) &&
           (!lists(line, "not asked again just now") || !e->again);
}

static void check(const row *r, const gl_evidence *e)
{
    gl_verdict v = gl_evidence_judge(e);
    gl_endpoint_is endpoint = strcmp(r->cell[ENDPOINT], "up") == 0     ? GL_ENDPOINT_UP
                              : strcmp(r->cell[ENDPOINT], "down") == 0 ? GL_ENDPOINT_DOWN
                                                                       : GL_ENDPOINT_UNKNOWN;
    bool again = strcmp(r->cell[COSTS], "nothing: again at once") == 0;
    bool probes = strcmp(r->cell[COSTS], "nothing, if a probe") == 0;
    assert_true(again || probes || strcmp(r->cell[COSTS], "an attempt") == 0);
    if (v.endpoint != endpoint || v.again != again || v.spared != (again || (probes && e->probe)))
        fail_msg("row %d: error %s, status %d: endpoint %d, spared %d, again %d", (int)(r - rows),
                 glimpse_error_name(e->error), e->http_status, v.endpoint, v.spared, v.again);
    /* Of a request that was refused as in an outage, and of no other, that is remembered. */
    bool own = endpoint == GL_ENDPOINT_UNKNOWN && lists(r->cell[LINE], "refused before");
    assert_int_equal(v.refused, (endpoint == GL_ENDPOINT_DOWN && e->sent) || own);
}

/* What cannot be. */
static bool is_absurd(const gl_evidence *e)
{
    return (!e->sent && (e->came || e->http_status != 0 || e->error == GLIMPSE_OK || e->reused)) ||
           (e->begun && !e->came) || (e->http_status != 0 && !e->came) ||
           (e->others && !e->refused) || (e->error == GLIMPSE_ERR_HTTP && e->http_status == 0);
}

static void each_row_of_the_documented_table_is_what_is_judged(void **state)
{
    (void)state;
    static const int statuses[] = { 0,   400, 401, 403, 404, 408, 409, 413, 422,
                                    429, 500, 501, 502, 503, 504, 505, 520, 529 };
    for (int error = 0; error < GLIMPSE_ERROR_COUNT; error++)
        for (size_t s = 0; s < sizeof statuses / sizeof *statuses; s++)
            for (unsigned bits = 0; bits < 256; bits++) {
                bool named = error == GLIMPSE_ERR_HTTP || error == GLIMPSE_ERR_STREAM_ERROR;
                if (statuses[s] != 0 && !named) break;
                gl_evidence e = { .error = (glimpse_error)error,
                                  .http_status = statuses[s],
                                  .sent = bits & 1,
                                  .reused = bits & 2,
                                  .came = bits & 4,
                                  .begun = bits & 8,
                                  .probe = bits & 16,
                                  .again = bits & 32,
                                  .refused = bits & 64,
                                  .others = bits & 128 };
                if (is_absurd(&e)) continue;
                int i = 0;
                while (i < row_count && !fits(&rows[i], &e)) i++;
                if (i == row_count) fail_msg("no row for %s", glimpse_error_name(e.error));
                rows[i].met++;
                check(&rows[i], &e);
            }
    for (int i = 0; i < row_count; i++)
        if (rows[i].met == 0) fail_msg("nothing meets the row of %s", rows[i].cell[FAILURE]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_documented_table_is_what_is_judged),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
