/* report_incidents.c - the page's tables of injected faults and of alerts; see report_parts.h. */
#include <stdio.h>

#include "load/markup.h"
#include "load/report_parts.h"

static void figure(gl_buf *out, const char *path, double value, load_shown shown)
{
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, path, value, shown);
    gl_buf_append_str(out, "</td>");
}

static void cell(gl_buf *out, const char *column, const char *fault, uint64_t count)
{
    char path[64];
    snprintf(path, sizeof path, "faults.%s.%s", column, fault);
    load_table_count(out, path, count);
}

static void by_fault(const load_faults *f, gl_buf *out)
{
    gl_buf_append_str(out, "<div><h3>Injected and seen</h3>");
    load_table_begin(out, "", "Faults, injected and seen");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">fault</th><th "
                           "scope=\"col\">injected</th><th scope=\"col\">given up "
                           "before</th><th scope=\"col\">seen</th></tr></thead><tbody>\n");
    for (int i = 0; i < LOAD_FAULTS; i++) {
        const char *name = load_fault_name((load_fault)i);
        if (f->injected[i] == 0 && f->seen[i] == 0) continue;
        gl_buf_printf(out, "<tr><th scope=\"row\">%s</th>", name);
        cell(out, "injected_by_fault", name, f->injected[i]);
        cell(out, "left_by_fault", name, f->left[i]);
        cell(out, "seen_by_fault", name, f->seen[i]);
        gl_buf_append_str(out, "</tr>\n");
    }
    gl_buf_append_str(out, "<tr><th scope=\"row\">in all</th>");
    load_table_count(out, "faults.injected", load_faults_injected(f));
    load_table_count(out, "faults.left", load_faults_left(f));
    load_table_count(out, "faults.seen", load_faults_seen(f));
    gl_buf_append_str(out, "</tr>\n");
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

static void row(gl_buf *out, const char *name, const char *path, double count)
{
    gl_buf_printf(out, "<tr><th scope=\"row\">%s</th>", name);
    figure(out, path, count, load_show_count(count));
    gl_buf_append_str(out, "</tr>\n");
}

static void outcomes(const load_faults *f, gl_buf *out)
{
    load_balance balance = load_faults_balance(f);
    gl_buf_append_str(out, "<div><h3>What became of them</h3>");
    load_table_begin(out, "", "What became of the faults");
    gl_buf_append_str(out, "<tbody>\n");
    row(out, "failed attempts, retried", "faults.retried", (double)f->retried);
    row(out, "failed attempts, surfaced", "faults.surfaced", (double)f->surfaced);
    row(out, "requests that met a failure", "faults.requests_met", (double)f->met);
    row(out, "of them recovered", "faults.requests_recovered", (double)f->met_recovered);
    row(out, "of them surfaced", "faults.requests_surfaced", (double)f->met_surfaced);
    if (f->unlisted == 0) {
        row(out, "balance of faults", "faults.balance.faults", (double)balance.faults);
        row(out, "balance of attempts", "faults.balance.attempts", (double)balance.attempts);
        row(out, "balance of requests", "faults.balance.requests", (double)balance.requests);
    }
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

static void faults(const load_faults *f, gl_buf *out)
{
    if (!f->asked || (load_faults_injected(f) == 0 && f->met == 0)) return;
    gl_buf_append_str(out, "<h2>Injected faults</h2>\n<div class=\"pair\">");
    by_fault(f, out);
    outcomes(f, out);
    gl_buf_append_str(out, "</div>\n");
}

static void alert(gl_buf *out, const glimpse_stats *stats, int kind, size_t index)
{
    bool latency = kind == GLIMPSE_ALERT_LATENCY_P50 || kind == GLIMPSE_ALERT_LATENCY_P95;
    double first = (double)stats->alerts_first_ns[kind] / 1e9;
    double firing = (double)stats->alerts_firing_ns[kind] / 1e9, worst = stats->alerts_worst[kind];
    char path[48];
    gl_buf_printf(out, "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td>",
                  glimpse_alert_name((glimpse_alert_kind)kind),
                  glimpse_alert_severity_name(glimpse_alert_severity_of((glimpse_alert_kind)kind)));
    snprintf(path, sizeof path, "alerts.%zu.fired", index);
    load_table_count(out, path, stats->alerts_fired[kind]);
    snprintf(path, sizeof path, "alerts.%zu.first_s", index);
    figure(out, path, first, load_show_seconds(first));
    snprintf(path, sizeof path, "alerts.%zu.firing_s", index);
    figure(out, path, firing, load_show_seconds(firing));
    snprintf(path, sizeof path, "alerts.%zu.%s", index, latency ? "worst_ms" : "worst");
    figure(out, path, worst, latency ? load_show_ms(worst * 1e3) : load_show_percent(worst));
    gl_buf_printf(out, "<td class=\"text\">%s</td></tr>\n",
                  stats->alerts_firing[kind] ? "still on at the end" : "over");
}

static void alerts(const glimpse_stats *stats, gl_buf *out)
{
    size_t index = 0;
    for (int kind = 0; stats != NULL && kind < GLIMPSE_ALERT_COUNT; kind++) {
        if (stats->alerts_fired[kind] == 0) continue;
        if (index == 0) {
            gl_buf_append_str(out, "<h2>Alerts</h2>\n");
            load_table_begin(out, "", "Alerts that fired");
            gl_buf_append_str(
                out,
                "<thead><tr><th scope=\"col\">alert</th><th "
                "scope=\"col\">severity</th><th scope=\"col\">fired</th><th scope=\"col\">first "
                "after</th><th scope=\"col\">for, in all</th><th "
                "scope=\"col\">at worst</th><th "
                "scope=\"col\">at the end</th></tr></thead><tbody>\n");
        }
        alert(out, stats, kind, index++);
    }
    if (index > 0) load_table_end(out);
}

void load_report_incidents(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    faults(&recorder->faults, out);
    alerts(facts->stats, out);
}
