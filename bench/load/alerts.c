/* alerts.c - see alerts.h. */
#include "load/alerts.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"

static bool is_latency(int kind)
{
    return kind == GLIMPSE_ALERT_LATENCY_P50 || kind == GLIMPSE_ALERT_LATENCY_P95;
}

static const char *severity(int kind)
{
    return glimpse_alert_severity_name(glimpse_alert_severity_of((glimpse_alert_kind)kind));
}

static void number(gl_buf *out, const char *name, double value)
{
    gl_buf_printf(out, ",\"%s\":", name);
    gl_json_write_double(out, value);
}

void load_alerts_json(const glimpse_stats *stats, gl_buf *out)
{
    const char *comma = "";
    gl_buf_append_str(out, ",\"alerts\":[");
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) {
        if (stats->alerts_fired[i] == 0) continue;
        gl_buf_printf(out, "%s{\"name\":\"%s\",\"severity\":\"%s\",\"fired\":%" PRIu64, comma,
                      glimpse_alert_name((glimpse_alert_kind)i), severity(i),
                      stats->alerts_fired[i]);
        number(out, "first_s", (double)stats->alerts_first_ns[i] / 1e9);
        number(out, "firing_s", (double)stats->alerts_firing_ns[i] / 1e9);
        number(out, is_latency(i) ? "worst_ms" : "worst", stats->alerts_worst[i]);
        gl_buf_printf(out, ",\"firing\":%s}", stats->alerts_firing[i] ? "true" : "false");
        comma = ",";
    }
    gl_buf_append_char(out, ']');
}

void load_alerts_print(const glimpse_stats *stats, FILE *out)
{
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) {
        double worst = stats->alerts_worst[i];
        if (stats->alerts_fired[i] == 0) continue;
        fprintf(out,
                "alert        %s (%s) fired %" PRIu64
                " time%s, first after %.1f s, for %.1f s in all",
                glimpse_alert_name((glimpse_alert_kind)i), severity(i), stats->alerts_fired[i],
                stats->alerts_fired[i] == 1 ? "" : "s", (double)stats->alerts_first_ns[i] / 1e9,
                (double)stats->alerts_firing_ns[i] / 1e9);
        fprintf(out, is_latency(i) ? "; at worst %.0f ms" : "; at worst %.1f %%",
                is_latency(i) ? worst : 100 * worst);
        fprintf(out, "%s\n", stats->alerts_firing[i] ? "; it still did at the end" : "");
    }
}

void load_alerts_append(const glimpse_stats *stats, char *line, size_t size)
{
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) {
        size_t len = strlen(line);
        if (stats->alerts_firing[i])
            snprintf(line + len, size - len, ", ALERT %s (%s)",
                     glimpse_alert_name((glimpse_alert_kind)i), severity(i));
    }
}
