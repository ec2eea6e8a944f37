/* report_junit.c - the verdict of a load test as JUnit's XML, which CI systems show; see report.h.
 */
#include <inttypes.h>

#include "load/markup.h"
#include "load/report.h"

/* Characters that XML does not have become U+FFFD; HTML's escapes are XML's. */
static void attribute(gl_buf *out, const char *name, const char *text)
{
    gl_buf_printf(out, " %s=\"", name);
    load_html_text(out, text);
    gl_buf_append_char(out, '"');
}

static void seconds(gl_buf *out, double s)
{
    gl_buf_printf(out, " time=\"%.3f\"", s > 0 ? s : 0);
}

static void property(gl_buf *out, const char *name, const char *value)
{
    if (value == NULL) return;
    gl_buf_append_str(out, "<property");
    attribute(out, "name", name);
    attribute(out, "value", value);
    gl_buf_append_str(out, "/>\n");
}

static void open_case(gl_buf *out, const char *name, const load_facts *facts)
{
    gl_buf_append_str(out, "<testcase classname=\"glimpse.bench\"");
    attribute(out, "name", name);
    seconds(out, facts->elapsed_s);
    gl_buf_append_char(out, '>');
}

static void close_case(gl_buf *out)
{
    gl_buf_append_str(out, "</testcase>\n");
}

static void validity(gl_buf *out, const load_facts *facts)
{
    open_case(out, "the run is valid", facts);
    if (!facts->judged && facts->invalid_count == 0)
        gl_buf_append_str(out, "<skipped message=\"--validity off\"/>");
    for (size_t i = 0; i < facts->invalid_count; i++) {
        if (i == 0) gl_buf_append_str(out, "<error type=\"INVALID\"");
        if (i == 0) attribute(out, "message", facts->invalid[0]);
        gl_buf_append_char(out, i == 0 ? '>' : '\n');
        load_html_text(out, facts->invalid[i]);
    }
    if (facts->invalid_count > 0) gl_buf_append_str(out, "</error>");
    close_case(out);
}

static void answered(gl_buf *out, const load_recorder *r, const load_facts *facts)
{
    open_case(out, "requests are answered", facts);
    if (r->errors == r->measured)
        gl_buf_printf(out,
                      "<failure type=\"NothingAnswered\" message=\"%" PRIu64 " of %" PRIu64
                      " requests failed\"/>",
                      r->errors, r->measured);
    close_case(out);
}

static void term(gl_buf *out, const load_term *term, const load_recorder *r,
                 const load_facts *facts)
{
    char seen[64];
    bool met;
    load_term_shown(term, r, &met, seen, sizeof seen);
    open_case(out, term->text, facts);
    if (!met) {
        gl_buf_append_str(out, "<failure type=\"SLA\" message=\"seen ");
        load_html_text(out, seen);
        gl_buf_append_str(out, "\"/>");
    }
    close_case(out);
}

void load_report_junit(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    size_t terms = facts->sla != NULL ? facts->sla->count : 0, missed = 0;
    bool met, aborted = facts->aborted[0] != '\0';
    for (size_t i = 0; i < terms; i++) {
        load_term_look(&facts->sla->term[i], recorder, &met);
        missed += !met;
    }
    gl_buf_printf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                  "<testsuite name=\"glimpse bench\" tests=\"%zu\" failures=\"%zu\" "
                  "errors=\"%d\" skipped=\"%d\"",
                  2 + terms + aborted, missed + (recorder->errors == recorder->measured) + aborted,
                  facts->invalid_count > 0, !facts->judged && facts->invalid_count == 0);
    seconds(out, facts->elapsed_s);
    gl_buf_append_str(out, ">\n<properties>\n");
    property(out, "target", facts->target);
    property(out, "model", facts->model);
    property(out, "loop", facts->open ? "open" : "closed");
    property(out, "rate", facts->rate);
    gl_buf_append_str(out, "</properties>\n");
    validity(out, facts);
    answered(out, recorder, facts);
    if (aborted) {
        open_case(out, "the run is not aborted", facts);
        gl_buf_append_str(out, "<failure type=\"Aborted\"");
        attribute(out, "message", facts->aborted);
        gl_buf_append_str(out, "/>");
        close_case(out);
    }
    for (size_t i = 0; i < terms; i++) term(out, &facts->sla->term[i], recorder, facts);
    gl_buf_append_str(out, "</testsuite>\n</testsuites>\n");
}
