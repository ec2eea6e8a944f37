/* report_phases.c - the page's bar of the phases of live answers; see report_parts.h. */
#include <stdio.h>

#include "load/markup.h"
#include "load/report_parts.h"

/* Smaller parts are not visible as a stripe. */
#define LEAST 0.15 /* percent */

static const char *name_of(const load_phases *p, load_phase phase)
{
    bool streams = p->streamed == p->count, mixed = p->streamed > 0 && !streams;
    switch (phase) {
    case LOAD_PHASE_CLIENT:
        return "waiting in the client";
    case LOAD_PHASE_EARLIER:
        return "attempts that failed before";
    case LOAD_PHASE_FIRST:
        return streams ? "server to first token"
               : mixed ? "server to first token, or first byte"
                       : "server to first byte";
    case LOAD_PHASE_REST:
    case LOAD_PHASES:
        break;
    }
    return streams ? "stream" : mixed ? "stream, or rest of the answer" : "rest of the answer";
}

/* Requests without a retry have no row. */
static bool has_row(const load_phases *p, load_phase phase)
{
    return phase != LOAD_PHASE_EARLIER || p->ns[phase] > 0;
}

static void bar(gl_buf *out, const load_phases *p, double all)
{
    double at = 0;
    gl_buf_append_str(out, "<svg class=\"phases\" width=\"100%\" height=\"30\" role=\"img\" "
                           "aria-label=\"Parts of the mean live latency; the table has them\">");
    for (int i = 0; i < LOAD_PHASES; i++) {
        double wide = 100 * load_phases_mean(p, (load_phase)i) / all;
        if (wide >= LEAST)
            gl_buf_printf(out,
                          "<rect class=\"p%d\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/>",
                          i + 1, at, wide);
        at += wide;
    }
    gl_buf_append_str(out, "</svg>");
}

static void phase_row(gl_buf *out, const load_phases *p, load_phase phase, double all)
{
    double us = load_phases_mean(p, phase);
    char path[40];
    snprintf(path, sizeof path, "phases.%s", load_phase_name(phase));
    gl_buf_printf(out,
                  "<tr><th scope=\"row\"><svg class=\"swatch\" width=\"14\" height=\"14\" "
                  "aria-hidden=\"true\"><rect class=\"p%d\" width=\"14\" height=\"14\"/></svg>%s"
                  "</th><td>",
                  (int)phase + 1, name_of(p, phase));
    load_html_figure(out, path, us, load_show_duration(us));
    gl_buf_printf(out, "</td><td>%.1f<small> %%</small></td></tr>\n", 100 * us / all);
}

void load_report_phases(const load_recorder *recorder, gl_buf *out)
{
    const load_phases *p = &recorder->phases;
    double all = load_phases_sum(p);
    if (p->count == 0 || all <= 0) return;
    gl_buf_append_str(out, "<figure class=\"chart\"><figcaption><h3>Where the time went</h3><span>"
                           "the mean of ");
    load_html_figure(out, "phases.count", (double)p->count, load_show_count((double)p->count));
    gl_buf_append_str(out, " live answers, ");
    load_html_figure(out, "phases.mean_us", all, load_show_duration(all));
    gl_buf_append_str(out, "</span></figcaption>\n");
    bar(out, p, all);
    load_table_begin(out, " plain", "Where the time went");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">part</th><th scope=\"col\">mean</th><th "
                           "scope=\"col\">of all</th></tr></thead><tbody>\n");
    for (int i = 0; i < LOAD_PHASES; i++)
        if (has_row(p, (load_phase)i)) phase_row(out, p, (load_phase)i, all);
    load_table_end(out);
    gl_buf_append_str(out, "</figure>\n");
}
