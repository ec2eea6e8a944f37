/* findings_text.c - a search for programs, as JSON and as CSV; see findings.h. */
#include <glimpse/version.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "load/findings.h"

static const char *const seen_names[] = { "met", "missed", "spoilt" };

/* --- JSON ------------------------------------------------------------------------------------- */

static void name_of(gl_buf *out, const char *name)
{
    const char *comma = out->len > 0 && strchr("{[", out->data[out->len - 1]) != NULL ? "" : ",";
    gl_buf_printf(out, "%s\"%s\":", comma, name);
}

/* Writes null for a value that is no number. */
static void number(gl_buf *out, const char *name, double value)
{
    name_of(out, name);
    if (isfinite(value))
        gl_json_write_double(out, value);
    else
        gl_buf_append_str(out, "null");
}

static void text(gl_buf *out, const char *name, const char *value)
{
    name_of(out, name);
    if (value == NULL)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_string(out, gl_slice_str(value));
}

static const char *load_name(const load_findings *f)
{
    return f->rates ? "rate_rps" : "users";
}

static void settings(const load_findings *f, gl_buf *out)
{
    name_of(out, "settings");
    gl_buf_append_char(out, '{');
    text(out, "target", f->target);
    text(out, "model", f->model);
    text(out, "sla", f->sla);
    number(out, "duration_s", f->duration_s);
    number(out, "repeat", f->repeat);
    number(out, "ceiling_rps", f->ceiling_rps < 0 ? NAN : f->ceiling_rps);
    gl_buf_printf(out, ",\"seed\":%" PRIu64 "}", f->seed);
}

static void result(const load_findings *f, gl_buf *out)
{
    name_of(out, "result");
    gl_buf_append_char(out, '{');
    text(out, "word", load_judgement_word(load_findings_judge(f)));
    text(out, "state", f->state);
    text(out, "text", f->result);
    number(out, f->rates ? "met_rps" : "ceiling_rps", f->good > 0 ? f->good : NAN);
    number(out, f->rates ? "missed_rps" : "knee_users", f->bad > 0 ? f->bad : NAN);
    gl_buf_append_char(out, '}');
}

static void point_json(const load_findings *f, const load_point *p, gl_buf *out)
{
    gl_buf_append_char(out, '{');
    number(out, load_name(f), p->load);
    number(out, "runs", (double)p->runs);
    number(out, "met", (double)p->met);
    number(out, "throughput_rps", p->throughput);
    number(out, "throughput_low", p->low);
    number(out, "throughput_high", p->high);
    number(out, "error_rate", p->error_rate);
    number(out, "p50_us", p->p50_us);
    number(out, "p95_us", p->p95_us);
    number(out, "p99_us", p->p99_us);
    number(out, "ttft_p50_us", p->ttft_p50_us);
    number(out, "tokens_rps", p->tokens_rps);
    number(out, "tokens_user_rps", p->tokens_user_rps);
    gl_buf_append_char(out, '}');
}

static void run_json(const load_findings *f, const load_finding *r, gl_buf *out)
{
    gl_buf_append_char(out, '{');
    number(out, load_name(f), r->load);
    text(out, "seen", seen_names[r->seen]);
    text(out, "why", r->why);
    number(out, "throughput_rps", r->throughput);
    number(out, "sent_rps", r->sent);
    number(out, "error_rate", r->error_rate);
    number(out, "hit_rate", r->hit_rate);
    number(out, "p50_us", r->p50_us);
    number(out, "p95_us", r->p95_us);
    number(out, "p99_us", r->p99_us);
    number(out, "ttft_p50_us", r->ttft_p50_us);
    number(out, "ttft_p99_us", r->ttft_p99_us);
    number(out, "tokens_rps", r->tokens_rps);
    number(out, "tokens_user_rps", r->tokens_user_rps);
    number(out, "latency_rise", r->keeping.rise);
    number(out, "unanswered", r->keeping.left);
    gl_buf_append_char(out, '}');
}

void load_findings_json(const load_findings *findings, gl_buf *out)
{
    const load_findings *f = findings;
    load_point point[LOAD_POINTS];
    size_t count = load_findings_points(f, point);
    gl_buf_append_str(out, "{\"glimpse_search\":1");
    text(out, "version", glimpse_version());
    text(out, "kind", f->rates ? "sweep" : "saturate");
    settings(f, out);
    result(f, out);
    gl_buf_append_str(out, ",\"points\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        point_json(f, &point[i], out);
    }
    gl_buf_append_str(out, "],\"runs\":[");
    for (size_t i = 0; i < f->count; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        run_json(f, &f->row[i], out);
    }
    gl_buf_append_str(out, "]}\n");
}

/* --- CSV, as RFC 4180 has it, but for its line ends ------------------------------------------- */

/* Writes an empty field for a value that is no number. */
static void field(gl_buf *out, double value)
{
    if (isfinite(value)) gl_json_write_double(out, value);
    gl_buf_append_char(out, ',');
}

static void quoted(gl_buf *out, const char *words)
{
    gl_buf_append_char(out, '"');
    for (; *words != '\0'; words++) {
        if (*words == '"') gl_buf_append_char(out, '"');
        gl_buf_append_char(out, *words);
    }
    gl_buf_append_char(out, '"');
}

void load_findings_csv(const load_findings *findings, gl_buf *out)
{
    gl_buf_printf(out,
                  "%s,throughput_rps,sent_rps,error_rate,hit_rate,p50_ms,p95_ms,p99_ms,ttft_p50_ms,"
                  "ttft_p99_ms,tokens_rps,tokens_user_rps,latency_rise,unanswered,seen,why\n",
                  load_name(findings));
    for (size_t i = 0; i < findings->count; i++) {
        const load_finding *r = &findings->row[i];
        const double values[] = { r->load,
                                  r->throughput,
                                  r->sent,
                                  r->error_rate,
                                  r->hit_rate,
                                  r->p50_us / 1e3,
                                  r->p95_us / 1e3,
                                  r->p99_us / 1e3,
                                  r->ttft_p50_us / 1e3,
                                  r->ttft_p99_us / 1e3,
                                  r->tokens_rps,
                                  r->tokens_user_rps,
                                  r->keeping.rise,
                                  r->keeping.left };
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) field(out, values[k]);
        gl_buf_printf(out, "%s,", seen_names[r->seen]);
        quoted(out, r->why);
        gl_buf_append_char(out, '\n');
    }
}
