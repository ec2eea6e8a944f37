/* recorder.c - see recorder.h. */
#include "load/recorder.h"

#include <string.h>

#include "base/alloc.h"
#include "base/count.h"

const char *load_metric_name(load_metric metric)
{
    static const char *const names[] = { "latency",      "service",    "wait",
                                         "lateness",     "first_byte", "ttft",
                                         "ttft_service", "token_gap",  "measurement_error" };
    return names[metric];
}

bool load_recorder_init(load_recorder *recorder, gl_time start, gl_time from, gl_time to)
{
    bool good = true;
    memset(recorder, 0, sizeof *recorder);
    recorder->from = from;
    recorder->to = to;
    recorder->first_sent = GL_TIME_NEVER;
    for (size_t i = 0; i < LOAD_METRICS; i++)
        good = (recorder->metrics[i] = gl_histogram_new()) != NULL && good;
    for (size_t i = 0; i < GLIMPSE_SOURCE_COUNT; i++)
        good = (recorder->by_source[i] = gl_histogram_new()) != NULL && good;
    recorder->timeline = gl_malloc(sizeof *recorder->timeline);
    recorder->blocks = load_blocks_new(from > start ? from : start);
    if (recorder->timeline == NULL || recorder->blocks == NULL) return false;
    load_timeline_init(recorder->timeline, start);
    return good;
}

void load_recorder_free(load_recorder *recorder)
{
    for (size_t i = 0; i < LOAD_METRICS; i++) gl_histogram_free(recorder->metrics[i]);
    for (size_t i = 0; i < GLIMPSE_SOURCE_COUNT; i++) gl_histogram_free(recorder->by_source[i]);
    for (size_t i = 0; i < recorder->class_count; i++) load_figures_free(&recorder->by_class[i]);
    gl_free(recorder->by_class);
    gl_free(recorder->timeline);
    load_blocks_free(recorder->blocks);
    memset(recorder, 0, sizeof *recorder);
}

bool load_recorder_classes(load_recorder *recorder, const load_class *classes, size_t count)
{
    bool good = true;
    recorder->by_class = gl_calloc(count, sizeof *recorder->by_class);
    if (recorder->by_class == NULL) return false;
    recorder->classes = classes;
    recorder->class_count = count;
    for (size_t i = 0; i < count; i++) good = load_figures_init(&recorder->by_class[i]) && good;
    return good;
}

void load_recorder_sent(load_recorder *recorder, gl_time at)
{
    load_row *row = load_timeline_at(recorder->timeline, at);
    if (at >= recorder->from && at < recorder->to) load_blocks_sent(recorder->blocks, at);
    recorder->sent++;
    row->sent++;
    if (++recorder->in_flight > recorder->peak_in_flight)
        recorder->peak_in_flight = recorder->in_flight;
    if (recorder->in_flight > row->in_flight) row->in_flight = recorder->in_flight;
}

/* Up to the next whole microsecond, so that nothing is reported faster than it was. */
static uint64_t us_of(uint64_t ns)
{
    return (ns + GL_US - 1) / GL_US;
}

static bool is_failure(glimpse_status status)
{
    return status != GLIMPSE_STATUS_ALIGNED && status != GLIMPSE_STATUS_NOT_ALIGNED;
}

static bool is_hit(glimpse_source source)
{
    return source == GLIMPSE_SOURCE_CACHE || source == GLIMPSE_SOURCE_COALESCED;
}

static void add_times(load_recorder *r, const load_outcome *o)
{
    uint64_t late = gl_time_since(o->sent, o->intended);
    uint64_t latency = us_of(gl_time_since(o->done, o->intended));
    gl_histogram_add(r->metrics[LOAD_LATENCY], latency);
    /* What found no connection was at no server. */
    bool served = o->source != GLIMPSE_SOURCE_LIVE || o->attempts > 0;
    if (served)
        gl_histogram_add(r->metrics[LOAD_SERVICE],
                         us_of(gl_time_since(o->done, o->sent + o->waited)));
    gl_histogram_add(r->metrics[LOAD_WAIT], us_of(o->waited));
    gl_histogram_add(r->metrics[LOAD_LATENESS], us_of(late));
    if (served) gl_histogram_add(r->by_source[o->source], latency);
    if (o->first_byte_ns >= 0)
        gl_histogram_add(r->metrics[LOAD_FIRST_BYTE], us_of((uint64_t)o->first_byte_ns));
    if (o->first_token_ns >= 0) {
        gl_histogram_add(r->metrics[LOAD_TTFT], us_of((uint64_t)o->first_token_ns + late));
        gl_histogram_add(r->metrics[LOAD_TTFT_SERVICE], us_of((uint64_t)o->first_token_ns));
    }
    if (o->client_ns >= 0 && o->server_ns >= 0) {
        bool below = o->client_ns < o->server_ns;
        r->below_zero += below;
        gl_histogram_add(r->metrics[LOAD_ERROR],
                         below ? 0 : us_of((uint64_t)(o->client_ns - o->server_ns)));
    }
    if (o->token_gap_ns >= 0)
        gl_histogram_add(r->metrics[LOAD_TOKEN_GAP], us_of((uint64_t)o->token_gap_ns));
}

static void add_to_block(load_recorder *r, const load_outcome *o, bool failed)
{
    uint64_t late = gl_time_since(o->sent, o->intended);
    bool token = o->first_token_ns >= 0;
    const load_block_sample sample = {
        .intended = o->intended,
        .done = o->done,
        .failed = failed,
        .latency_us = us_of(gl_time_since(o->done, o->intended)),
        .ttft_us = token ? (int64_t)us_of((uint64_t)o->first_token_ns + late) : -1
    };
    load_blocks_add(r->blocks, &sample);
}

/* What a request has to meet: its class's terms, else the run's. */
static bool is_good(const load_recorder *r, const load_outcome *o)
{
    const load_slo *slo = r->slo;
    if (o->kind < r->class_count && r->classes[o->kind].slo.count > 0)
        slo = &r->classes[o->kind].slo;
    return slo != NULL && load_slo_met(slo, o);
}

static void add_class(load_recorder *r, const load_outcome *o, bool failed, bool good)
{
    uint64_t late = gl_time_since(o->sent, o->intended);
    load_tokens_add(&r->input, o->input_tokens, o->prompt_tokens);
    load_tokens_add(&r->output, o->output_tokens, o->completion_tokens);
    if (o->kind >= r->class_count) return;
    load_figures_add(&r->by_class[o->kind], o, failed, good,
                     us_of(gl_time_since(o->done, o->intended)),
                     o->first_token_ns >= 0 ? us_of((uint64_t)o->first_token_ns + late) : 0);
}

/* A server may say any number. */
void load_recorder_ended(load_recorder *recorder, const load_outcome *outcome)
{
    load_recorder *r = recorder;
    const load_outcome *o = outcome;
    bool failed = is_failure(o->status), hit = is_hit(o->source);
    load_row *row = load_timeline_at(r->timeline, o->done);
    r->in_flight--;
    r->ended++;
    if (o->done > r->end) r->end = o->done;
    row->done++;
    row->errors += failed;
    row->hits += hit;
    load_row_add_latency(row, us_of(gl_time_since(o->done, o->intended)));
    if (o->intended < r->from || o->intended >= r->to) {
        r->cut++;
        return;
    }
    r->measured++;
    add_times(r, o);
    add_to_block(r, o, failed);
    r->by_status[o->status]++;
    r->by_error[o->error]++;
    r->sources[o->source]++;
    for (int i = 0; i < o->thresholds && i < 4; i++) r->thresholds[i]++;
    r->errors += failed;
    r->hits += hit;
    bool good = is_good(r, o);
    r->good += good;
    add_class(r, o, failed, good);
    r->repeated += o->repeated;
    r->attempts += (uint64_t)o->attempts;
    if (o->attempts > 1) r->retried += (uint64_t)o->attempts - 1;
    r->prompt_tokens = gl_sum_add(r->prompt_tokens, o->prompt_tokens);
    r->completion_tokens = gl_sum_add(r->completion_tokens, o->completion_tokens);
    r->first_sent = gl_time_min(r->first_sent, o->sent);
    if (o->sent > r->last_sent) r->last_sent = o->sent;
    if (o->done > r->last_done) r->last_done = o->done;
}

static double part(uint64_t of, uint64_t all)
{
    return all != 0 ? (double)of / (double)all : 0;
}

double load_recorder_throughput(const load_recorder *recorder)
{
    return load_recorder_ended_rate(recorder) * (1 - load_recorder_error_rate(recorder));
}

double load_recorder_ended_rate(const load_recorder *recorder)
{
    if (recorder->measured == 0 || recorder->last_done <= recorder->first_sent) return 0;
    return (double)recorder->measured * 1e9 / (double)(recorder->last_done - recorder->first_sent);
}

/* n sends span n - 1 gaps. */
double load_recorder_sent_rate(const load_recorder *recorder)
{
    if (recorder->measured < 2 || recorder->last_sent <= recorder->first_sent) return 0;
    return (double)(recorder->measured - 1) * 1e9 /
           (double)(recorder->last_sent - recorder->first_sent);
}

double load_recorder_error_rate(const load_recorder *recorder)
{
    return part(recorder->errors, recorder->measured);
}

double load_recorder_hit_rate(const load_recorder *recorder)
{
    return part(recorder->hits, recorder->measured);
}

double load_recorder_goodput(const load_recorder *recorder)
{
    return load_recorder_ended_rate(recorder) * load_recorder_good_rate(recorder);
}

double load_recorder_good_rate(const load_recorder *recorder)
{
    return part(recorder->good, recorder->measured);
}

uint64_t load_recorder_errors_of(const load_recorder *recorder, glimpse_error error)
{
    if (error == GLIMPSE_ERR_DNS_UNKNOWN) return 0;
    return recorder->by_error[error] +
           (error == GLIMPSE_ERR_DNS ? recorder->by_error[GLIMPSE_ERR_DNS_UNKNOWN] : 0);
}

double load_recorder_span(const load_recorder *recorder)
{
    return (double)gl_time_since(recorder->end, recorder->timeline->start) / 1e9;
}
