/* recorder.c - see recorder.h. */
#include "load/recorder.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/count.h"

const char *load_metric_name(load_metric metric)
{
    static const char *const names[] = {
        [LOAD_LATENCY] = "latency",
        [LOAD_SERVICE] = "service",
        [LOAD_WAIT] = "wait",
        [LOAD_LATENESS] = "lateness",
        [LOAD_FIRST_BYTE] = "first_byte",
        [LOAD_FIRST_CHUNK] = "first_chunk",
        [LOAD_TTFT] = "ttft",
        [LOAD_TTFT_SERVICE] = "ttft_service",
        [LOAD_ANSWER] = "first_answer",
        [LOAD_CHUNK_GAP] = "chunk_gap",
        [LOAD_TPOT] = "tpot",
        [LOAD_ERROR] = "measurement_error",
        [LOAD_DNS] = "dns",
        [LOAD_CONNECT] = "connect",
        [LOAD_TLS] = "tls",
    };
    return names[metric];
}

bool load_recorder_init(load_recorder *recorder, gl_time start, gl_time from, gl_time to)
{
    bool good = true;
    memset(recorder, 0, sizeof *recorder);
    recorder->from = from;
    recorder->to = to;
    recorder->over = to;
    recorder->first_intended = recorder->first_issued = recorder->first_left = GL_TIME_NEVER;
    for (size_t i = 0; i < LOAD_METRICS; i++)
        good = (recorder->metrics[i] = gl_histogram_new()) != NULL && good;
    for (size_t i = 0; i < LOAD_SOURCES; i++)
        good = (recorder->by_source[i] = gl_histogram_new()) != NULL && good;
    recorder->timeline = gl_malloc(sizeof *recorder->timeline);
    recorder->activity = gl_malloc(sizeof *recorder->activity);
    recorder->blocks = load_blocks_new(from > start ? from : start);
    if (recorder->timeline == NULL || recorder->activity == NULL || recorder->blocks == NULL)
        return false;
    load_activity_init(recorder->activity, start);
    load_timeline_init(recorder->timeline, start);
    return good;
}

void load_recorder_free(load_recorder *recorder)
{
    for (size_t i = 0; i < LOAD_METRICS; i++) gl_histogram_free(recorder->metrics[i]);
    for (size_t i = 0; i < LOAD_SOURCES; i++) gl_histogram_free(recorder->by_source[i]);
    for (size_t i = 0; i < recorder->class_count; i++) load_figures_free(&recorder->by_class[i]);
    gl_free(recorder->by_class);
    gl_free(recorder->timeline);
    gl_free(recorder->activity);
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

void load_recorder_over(load_recorder *recorder, gl_time at)
{
    recorder->over = gl_time_min(recorder->over, at);
}

void load_recorder_issued(load_recorder *recorder, gl_time at)
{
    load_row *row = load_timeline_at(recorder->timeline, at);
    if (at >= recorder->from && at < recorder->to) load_blocks_sent(recorder->blocks, at);
    recorder->issued++;
    row->sent++;
    if (++recorder->in_flight > recorder->peak_in_flight)
        recorder->peak_in_flight = recorder->in_flight;
    load_row_look(row, recorder->in_flight);
}

/* Rounds up to the next whole microsecond, so that nothing is reported faster than it was. */
static uint64_t us_of(uint64_t ns)
{
    return (ns + GL_US - 1) / GL_US;
}

/* Below 0: there is none. */
static void add_from(gl_histogram *h, int64_t ns, uint64_t late)
{
    if (ns >= 0) gl_histogram_add(h, us_of((uint64_t)ns + late));
}

static void add_times(load_recorder *r, const load_outcome *o)
{
    uint64_t late = gl_time_since(o->sent, o->intended);
    uint64_t latency = us_of(gl_time_since(o->done, o->intended));
    uint64_t before = gl_time_since(o->started, o->intended);
    gl_histogram_add(r->metrics[LOAD_LATENCY], latency);
    int source = load_outcome_source(o);
    if (source == GLIMPSE_SOURCE_LIVE || source == GLIMPSE_SOURCE_PACKED)
        gl_histogram_add(r->metrics[LOAD_SERVICE],
                         us_of(gl_time_since(o->done, o->sent + o->waited)));
    gl_histogram_add(r->metrics[LOAD_WAIT], us_of(o->waited));
    gl_histogram_add(r->metrics[LOAD_LATENESS], us_of(late));
    gl_histogram_add(r->by_source[source], latency);
    add_from(r->metrics[LOAD_FIRST_BYTE], o->first_byte_ns, 0);
    add_from(r->metrics[LOAD_FIRST_CHUNK], o->first_chunk_ns, 0);
    add_from(r->metrics[LOAD_TTFT], o->first_token_ns, before);
    add_from(r->metrics[LOAD_TTFT_SERVICE], o->first_token_ns, 0);
    add_from(r->metrics[LOAD_ANSWER], o->first_answer_ns, before);
    add_from(r->metrics[LOAD_TPOT], load_outcome_tpot(o), 0);
    for (size_t i = 1; i < o->arrival_count; i++)
        add_from(r->metrics[LOAD_CHUNK_GAP], o->arrivals[i] - o->arrivals[i - 1], 0);
    if (o->client_ns >= 0 && o->server_ns >= 0) {
        bool below = o->client_ns < o->server_ns;
        r->below_zero += below;
        gl_histogram_add(r->metrics[LOAD_ERROR],
                         below ? 0 : us_of((uint64_t)(o->client_ns - o->server_ns)));
    }
}

static void add_to_block(load_recorder *r, const load_outcome *o, bool failed)
{
    uint64_t before = gl_time_since(o->started, o->intended);
    bool token = o->first_token_ns >= 0;
    const load_block_sample sample = {
        .intended = o->intended,
        .done = o->done,
        .failed = failed,
        .latency_us = us_of(gl_time_since(o->done, o->intended)),
        .ttft_us = token ? (int64_t)us_of((uint64_t)o->first_token_ns + before) : -1
    };
    load_blocks_add(r->blocks, &sample);
}

/* Judges a request by its class's terms, else the run's. */
static bool is_good(const load_recorder *r, const load_outcome *o)
{
    const load_slo *slo = r->slo;
    if (o->kind < r->class_count && r->classes[o->kind].slo.count > 0)
        slo = &r->classes[o->kind].slo;
    return slo != NULL && load_slo_met(slo, o);
}

static void add_class(load_recorder *r, const load_outcome *o, bool failed, bool good)
{
    uint64_t before = gl_time_since(o->started, o->intended);
    load_tokens_add(&r->input, o->input_tokens, o->prompt_tokens);
    load_tokens_add(&r->output, o->output_tokens, o->completion_tokens);
    if (o->kind >= r->class_count) return;
    load_figures_add(&r->by_class[o->kind], o, failed, good,
                     us_of(gl_time_since(o->done, o->intended)),
                     o->first_token_ns >= 0 ? us_of((uint64_t)o->first_token_ns + before) : 0);
}

/* The rates count answers that came while the schedule lasted, whenever they were scheduled. */
static void add_to_window(load_recorder *r, const load_outcome *o, bool failed)
{
    if (o->done < r->from || o->done >= r->over) return;
    r->window.answers += !failed;
    r->window.failures += failed;
    r->window.prompt_tokens = gl_sum_add(r->window.prompt_tokens, o->prompt_tokens);
    r->window.completion_tokens = gl_sum_add(r->window.completion_tokens, o->completion_tokens);
    r->window.good += is_good(r, o);
}

static void add_sending(load_recorder *r, const load_outcome *o)
{
    r->first_intended = gl_time_min(r->first_intended, o->intended);
    if (o->intended > r->last_intended) r->last_intended = o->intended;
    r->first_issued = gl_time_min(r->first_issued, o->sent);
    if (o->done > r->last_done) r->last_done = o->done;
    if (o->left == GL_TIME_NEVER) return;
    r->first_left = gl_time_min(r->first_left, o->left);
    if (o->left > r->last_left) r->last_left = o->left;
    double at = (double)gl_time_since(o->intended, r->from) / 1e9;
    double delay = (double)gl_time_since(o->left, o->intended) / 1e9;
    load_slope_add(&r->delay, at, delay);
    r->left++;
}

/* A server may report any number. */
void load_recorder_ended(load_recorder *recorder, const load_outcome *outcome)
{
    load_recorder *r = recorder;
    const load_outcome *o = outcome;
    bool failed = load_outcome_failed(o), hit = load_outcome_hit(o);
    load_timeline_ended(r->timeline, o);
    load_activity_add(r->activity, o);
    r->in_flight--;
    r->ended++;
    r->sent += o->left != GL_TIME_NEVER;
    if (o->done > r->end) r->end = o->done;
    add_to_window(r, o, failed);
    if (o->intended < r->from || o->intended >= r->to) {
        r->cut++;
        return;
    }
    r->measured++;
    add_times(r, o);
    load_phases_add(&r->phases, o);
    add_to_block(r, o, failed);
    add_sending(r, o);
    r->by_status[o->status]++;
    r->by_error[o->error]++;
    r->sources[load_outcome_source(o)]++;
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
}

void load_recorder_opened(load_recorder *recorder, const glimpse_result *result)
{
    for (size_t i = 0; i < glimpse_result_attempt_count(result); i++) {
        const glimpse_opening *opening = &glimpse_result_attempt(result, i)->opening;
        add_from(recorder->metrics[LOAD_DNS], opening->dns_ns, 0);
        add_from(recorder->metrics[LOAD_CONNECT], opening->connect_ns, 0);
        add_from(recorder->metrics[LOAD_TLS], opening->tls_ns, 0);
    }
}

static double part(uint64_t of, uint64_t all)
{
    return all != 0 ? (double)of / (double)all : 0;
}

double load_recorder_window(const load_recorder *recorder)
{
    gl_time end = recorder->over != GL_TIME_NEVER ? recorder->over : recorder->end;
    return (double)gl_time_since(end, recorder->from) / 1e9;
}

double load_recorder_drain(const load_recorder *recorder)
{
    if (recorder->over == GL_TIME_NEVER) return 0;
    return (double)gl_time_since(recorder->end, recorder->over) / 1e9;
}

static double in_window(const load_recorder *recorder, uint64_t count)
{
    double seconds = load_recorder_window(recorder);
    return seconds > 0 ? (double)count / seconds : 0;
}

double load_recorder_throughput(const load_recorder *recorder)
{
    return in_window(recorder, recorder->window.answers);
}

double load_recorder_failed_rate(const load_recorder *recorder)
{
    return in_window(recorder, recorder->window.failures);
}

double load_recorder_goodput(const load_recorder *recorder)
{
    return in_window(recorder, recorder->window.good);
}

/* Whether any answer reported usage. */
static bool has_usage(const load_recorder *r)
{
    return r->prompt_tokens > 0 || r->completion_tokens > 0;
}

double load_recorder_tokens_in(const load_recorder *recorder)
{
    if (!has_usage(recorder)) return -1;
    return in_window(recorder, recorder->window.prompt_tokens);
}

double load_recorder_tokens_out(const load_recorder *recorder)
{
    if (!has_usage(recorder)) return -1;
    return in_window(recorder, recorder->window.completion_tokens);
}

double load_recorder_tokens_a_user(const load_recorder *recorder)
{
    uint64_t us = gl_histogram_quantile(recorder->metrics[LOAD_TPOT], 0.5);
    return us > 0 ? 1e6 / (double)us : -1;
}

/* n requests span n - 1 gaps; one alone has no rate. */
static double rate_of(uint64_t n, gl_time first, gl_time last)
{
    if (n == 0) return 0;
    return last > first ? (double)(n - 1) * 1e9 / (double)(last - first) : NAN;
}

double load_recorder_asked_rate(const load_recorder *recorder)
{
    return rate_of(recorder->measured, recorder->first_intended, recorder->last_intended);
}

double load_recorder_sent_rate(const load_recorder *recorder)
{
    const load_recorder *r = recorder;
    /* The schedule goes on where nothing is sent any more: the last unsent request is its end, and
     * does not count as sent. */
    if (r->left > 0 && r->sources[LOAD_SOURCE_UNSENT] > 0 && r->last_intended > r->last_left)
        return rate_of(r->left + 1, r->first_left, r->last_intended);
    return rate_of(r->left, r->first_left, r->last_left);
}

double load_recorder_shortfall(const load_recorder *recorder)
{
    const load_recorder *r = recorder;
    uint64_t needed = r->left + r->sources[LOAD_SOURCE_UNSENT];
    if (needed == 0) return 0;
    double kept = (double)r->left / (double)needed;
    double asked = (double)gl_time_since(r->last_intended, r->first_intended);
    double took = (double)gl_time_since(r->last_left, r->first_left);
    /* One straggler at the end stretches the time and not the trend; a wait of all requests, such
     * as a slow connect, does neither for long. The rate is below only where both agree. */
    double stretched = asked > 0 && took > asked ? asked / took : 1;
    double trend = 1 / (1 + fmax(load_slope_of(&r->delay), 0));
    return 1 - kept * fmax(stretched, trend);
}

double load_recorder_error_rate(const load_recorder *recorder)
{
    return part(recorder->errors, recorder->measured);
}

double load_recorder_hit_rate(const load_recorder *recorder)
{
    return part(recorder->hits, recorder->measured);
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
