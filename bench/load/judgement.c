/* judgement.c - see judgement.h. Pure. */
#include "load/judgement.h"

#include <math.h>
#include <stdio.h>

#include "load/markup.h"

/* Bytes of the sentence on missing figures of the server, with its address. */
#define SENTENCE_MAX 768

static bool nothing_answered(const load_recorder *r)
{
    return r->errors == r->measured;
}

load_judgement load_judge(const load_recorder *recorder, const load_facts *facts)
{
    bool met = facts->sla == NULL || load_sla_met(facts->sla, recorder);
    if (facts->invalid_count > 0) return LOAD_INVALID;
    if (!met || nothing_answered(recorder) || facts->aborted[0] != '\0') return LOAD_FAIL;
    return facts->judged && !facts->interrupted ? LOAD_PASS : LOAD_UNJUDGED;
}

const char *load_judgement_word(load_judgement judgement)
{
    static const char *const words[] = { [LOAD_PASS] = "PASS",
                                         [LOAD_FAIL] = "FAIL",
                                         [LOAD_INVALID] = "INVALID",
                                         [LOAD_UNJUDGED] = "NOT JUDGED" };
    return words[judgement];
}

static size_t missed_of(const load_recorder *r, const load_sla *sla)
{
    size_t missed = 0;
    bool met;
    for (size_t i = 0; sla != NULL && i < sla->count; i++) {
        load_term_look(&sla->term[i], r, &met);
        missed += !met;
    }
    return missed;
}

static void why_failed(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    size_t missed = missed_of(r, facts->sla);
    if (nothing_answered(r)) {
        gl_buf_append_str(out, "Nothing was answered; the times are those of failures.");
    } else if (missed > 0) {
        gl_buf_printf(out, "%zu of %zu terms of the SLA %s missed.", missed, facts->sla->count,
                      missed == 1 ? "is" : "are");
    } else {
        gl_buf_append_str(out, "--abort-on ended the run early.");
    }
}

/* A hit is no load on the endpoint: the rate that was asked is then the client's. */
static void why_less_was_sent(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    double asked = load_recorder_asked_rate(r), sent = load_recorder_sent_rate(r);
    if (r->hits == 0) return;
    gl_buf_printf(out,
                  " %.1f %% of the requests were answered in the client, by its cache or an "
                  "identical request",
                  100 * load_recorder_hit_rate(r));
    if (facts->open && isfinite(asked) && isfinite(sent))
        gl_buf_printf(out, ": the endpoint was sent %.1f/s of the %.1f/s asked", sent, asked);
    gl_buf_append_char(out, '.');
}

static void why(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    size_t terms = facts->sla != NULL ? facts->sla->count : 0;
    switch (load_judge(recorder, facts)) {
    case LOAD_PASS:
        if (terms == 0)
            gl_buf_append_str(out, "The run is valid; no SLA was given.");
        else
            gl_buf_printf(out, "The run is valid and meets %s of its SLA.",
                          terms == 1 ? "the one term" : "all terms");
        if (facts->ceiling_rps <= 0)
            gl_buf_append_str(out, " The client's own ceiling was not measured.");
        return;
    case LOAD_FAIL:
        why_failed(recorder, facts, out);
        return;
    case LOAD_INVALID:
        gl_buf_printf(out, "The figures are not to be trusted: %s.", facts->invalid[0]);
        if (facts->invalid_count > 1)
            gl_buf_printf(out, " (And %zu more.)", facts->invalid_count - 1);
        return;
    case LOAD_UNJUDGED:
        break;
    }
    gl_buf_append_str(out, facts->interrupted ? "The run was interrupted"
                                              : "Whether the client kept up was not looked at");
    if (!facts->interrupted) gl_buf_append_str(out, " (--validity off)");
    gl_buf_append_str(out, terms > 0 ? "; the SLA is met so far." : "; no SLA was given.");
}

void load_judgement_why(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    char lack[SENTENCE_MAX];
    why(recorder, facts, out);
    if (facts->invalid_count == 0) why_less_was_sent(recorder, facts, out);
    if (facts->scrape == NULL || load_scrape_lacks(facts->scrape) == LOAD_SCRAPE_PART) return;
    load_scrape_say(facts->scrape, facts->scrape_url, lack, sizeof lack);
    if (lack[0] == '\0') return;
    lack[0] = 'T'; /* both begin with "the" */
    gl_buf_printf(out, " %s.", lack);
}

/* --- the sentence ----------------------------------------------------------------------------- */

typedef struct teller {
    gl_buf *out;
    bool html;
} teller;

static void figure(const teller *t, const char *path, double value, load_shown shown)
{
    char text[64];
    if (t->html) {
        load_html_figure(t->out, path, value, shown);
        return;
    }
    load_shown_text(shown, text, sizeof text);
    gl_buf_append_str(t->out, text);
}

static void count(const teller *t, const char *path, uint64_t value)
{
    figure(t, path, (double)value, load_show_count((double)value));
}

static void latency(const teller *t, const load_recorder *r)
{
    const gl_histogram *live = r->by_source[GLIMPSE_SOURCE_LIVE];
    bool any = gl_histogram_count(live) > 0;
    const gl_histogram *h = any ? live : r->metrics[LOAD_LATENCY];
    double p50 = (double)gl_histogram_quantile(h, 0.5),
           p99 = (double)gl_histogram_quantile(h, 0.99);
    if (gl_histogram_count(h) == 0) return;
    gl_buf_append_str(t->out, any ? "; live latency p50 " : "; none of it live, latency p50 ");
    figure(t, any ? "by_source.live.p50_us" : "distributions.latency.p50_us", p50,
           load_show_duration(p50));
    gl_buf_append_str(t->out, ", p99 ");
    figure(t, any ? "by_source.live.p99_us" : "distributions.latency.p99_us", p99,
           load_show_duration(p99));
}

/* Names the kinds, the most frequent first, three at most. */
static void failures(const teller *t, const load_recorder *r)
{
    uint64_t below = UINT64_MAX, listed = 0;
    int last = 0;
    gl_buf_append_str(t->out, "; ");
    count(t, "totals.errors", r->errors);
    gl_buf_append_str(t->out, " failed");
    for (int shown = 0; shown < 3; shown++) {
        char path[64];
        int most = 0;
        uint64_t of_most = 0;
        for (int i = 1; i < GLIMPSE_ERROR_COUNT; i++) {
            uint64_t n = load_recorder_errors_of(r, (glimpse_error)i);
            bool next = n < below || (n == below && i > last);
            if (next && n > of_most) {
                most = i;
                of_most = n;
            }
        }
        if (of_most == 0) break;
        snprintf(path, sizeof path, "totals.by_error.%s", glimpse_error_name((glimpse_error)most));
        gl_buf_append_str(t->out, shown == 0 ? ": " : ", ");
        count(t, path, of_most);
        gl_buf_printf(t->out, " %s", glimpse_error_name((glimpse_error)most));
        below = of_most;
        last = most;
        listed += of_most;
    }
    if (listed < r->errors) gl_buf_append_str(t->out, " and others");
}

void load_judgement_sum_up(const load_recorder *recorder, bool html, gl_buf *out)
{
    const load_recorder *r = recorder;
    const teller t = { out, html };
    double rate = load_recorder_throughput(r);
    count(&t, "totals.measured", r->measured);
    gl_buf_append_str(out, r->measured == 1 ? " request asked, " : " requests asked, ");
    count(&t, "totals.answered", r->measured - r->errors);
    gl_buf_append_str(out, " answered");
    /* A run that is over before its first answer has no meaningful throughput. */
    if (rate > 0 || r->errors == r->measured) {
        gl_buf_append_str(out, " at ");
        figure(&t, "totals.throughput_rps", rate, load_show_rate(rate, "/s"));
    } else {
        gl_buf_append_str(out, ", all after the end of the schedule");
    }
    latency(&t, r);
    if (r->errors > 0) failures(&t, r);
    if (r->sources[LOAD_SOURCE_UNSENT] > 0) {
        gl_buf_append_str(out, "; ");
        count(&t, "totals.unsent", r->sources[LOAD_SOURCE_UNSENT]);
        gl_buf_append_str(out, " never sent");
    }
    gl_buf_append_char(out, '.');
}
