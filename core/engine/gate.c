/* gate.c - see gate.h. */
#include "engine/gate.h"

#include "base/alloc.h"
#include "base/siphash.h"
#include "sampler.h"

gl_gate *gl_gate_new(const glimpse_config *config, const glimpse_pool_endpoint *endpoint)
{
    gl_gate *gate = gl_malloc(sizeof *gate);
    if (gate == NULL) return NULL;
    *gate = (gl_gate){ .owners = 1,
                       .sampler = glimpse_sampler_ref(endpoint->sampler),
                       .name_hash = gl_hash(0, endpoint->name, strlen(endpoint->name)),
                       .adaptive = config->adaptive,
                       .breaks = config->breaker != GLIMPSE_BREAKER_OFF,
                       .max_park_ms = config->max_retry_after_ms };
    if (endpoint->name[0] != '\0') {
        gate->name = gl_endpoint_name_new(endpoint->name);
        if (gate->name == NULL) {
            gl_gate_unref(gate);
            return NULL;
        }
    }
    gl_breaker_init(&gate->breaker, config->breaker == GLIMPSE_BREAKER_LOCAL);
    gl_gate_set(gate, config, endpoint, 0);
    return gate;
}

static int64_t own(int64_t set, int64_t otherwise)
{
    return set != GLIMPSE_INHERIT ? set : otherwise;
}

void gl_gate_set(gl_gate *gate, const glimpse_config *config, const glimpse_pool_endpoint *endpoint,
                 gl_time now)
{
    int64_t concurrency = own(endpoint->concurrency, config->concurrency);
    int64_t rpm = own(endpoint->rpm, config->rpm), tpm = own(endpoint->tpm, config->tpm);
    bool paced = gate->concurrency != 0 && rpm == gate->rpm && tpm == gate->tpm;
    gate->weight = endpoint->weight;
    if (gate->concurrency == 0)
        gl_limit_init(&gate->limit, concurrency);
    else if (concurrency != gate->concurrency)
        gl_limit_resize(&gate->limit, concurrency, now);
    /* A bucket begins full, so that the time at which it began does not matter. */
    for (size_t i = 0; i < GL_LANES_MAX && !paced; i++) gl_pace_init(&gate->paces[i], rpm, tpm, 0);
    gate->concurrency = concurrency;
    gate->rpm = rpm;
    gate->tpm = tpm;
}

gl_gate *gl_gate_ref(gl_gate *gate)
{
    gate->owners++;
    return gate;
}

void gl_gate_unref(gl_gate *gate)
{
    if (gate == NULL || --gate->owners != 0) return;
    glimpse_sampler_unref(gate->sampler);
    gl_key_stop_end(&gate->stop);
    gl_endpoint_name_unref(gate->name);
    gl_free(gate);
}

void gl_gate_started(gl_gate *gate, gl_request *request, gl_rng *rng, gl_time now)
{
    gl_pace *pace = &gate->paces[request->lane];
    request->attempt.place = gl_limit_started(&gate->limit, now);
    request->attempt.probe = gl_breaker_started(&gate->breaker, now);
    if (gate->stop.on) gl_key_stop_probing(&gate->stop, now);
    gl_pace_sent(pace, request->tokens, now, &request->mark);
    gl_pace_ramp(pace, rng, now);
}

bool gl_gate_others_answered(const gl_gate *gate, const gl_request *request)
{
    return request->refused != 0 && gate->answered > request->refused;
}

bool gl_gate_starved(gl_gate *gate, gl_request *request, gl_time now)
{
    if (!gate->adaptive || !gl_limit_starved(&gate->limit, now)) return false;
    gl_gate_unasked(gate, request, now);
    return true;
}

void gl_gate_unasked(gl_gate *gate, gl_request *request, gl_time now)
{
    static const gl_rate_report silent[GL_BUCKET_COUNT] = { { -1, -1, -1 },
                                                            { -1, -1, -1 },
                                                            { -1, -1, -1 } };
    gl_pace_learn(&gate->paces[request->lane], &request->mark, silent, 0, now);
    if (request->attempt.probe) gl_breaker_probe_lost(&gate->breaker, now);
}

static gl_breaker_change tell_breaker(gl_gate *gate, const gl_request *request,
                                      const gl_gate_report *report, gl_time now)
{
    bool probe = request->attempt.probe, late = report->elapsed >= report->late;
    if (!gate->breaks) return GL_BREAKER_SAME;
    if (report->endpoint != GL_ENDPOINT_UNKNOWN)
        return gl_breaker_ended(&gate->breaker, probe, report->endpoint == GL_ENDPOINT_DOWN, late,
                                now);
    if (probe) gl_breaker_probe_lost(&gate->breaker, now);
    return GL_BREAKER_SAME;
}

static bool is_refusal(int status)
{
    return status == 429 || status == 503 || status == 529;
}

/* Tells the window how an attempt ended. Returns true when a wait that the endpoint asks for holds
 * for all requests, not for this one alone. */
static bool limit_ended(gl_limit *limit, uint64_t place, const gl_gate_report *report, gl_time now)
{
    const gl_failure *failure = report->failure;
    if (failure == NULL) {
        gl_limit_answered(limit, place, report->elapsed, now);
        return false;
    }
    int status = failure->http_status;
    if (!is_refusal(status)) return true;
    gl_refusal kind = status == 429 ? GL_REFUSAL_PACE : GL_REFUSAL_OVERLOAD;
    for (int i = 0; i < GL_BUCKET_COUNT; i++)
        if (report->rates[i].remaining == 0) kind = GL_REFUSAL_LIMIT;
    return gl_limit_refused(limit, place, kind, now);
}

gl_breaker_change gl_gate_ended(gl_gate *gate, gl_request *request, const gl_gate_report *report,
                                gl_time now)
{
    const gl_failure *failure = report->failure;
    gl_pace *pace = &gate->paces[request->lane];
    gate->answers += failure == NULL;
    gate->failures += failure != NULL;
    gl_pace_learn(pace, &request->mark, report->rates, report->tokens_used, now);
    /* A failure for lack of money says nothing about the rate. */
    if (failure != NULL && failure->error == GLIMPSE_ERR_QUOTA)
        return tell_breaker(gate, request, report, now);
    if (failure != NULL && is_refusal(failure->http_status))
        gate->refused_status = failure->http_status;
    if (failure == NULL && request->attempt.order >= gate->answered)
        gate->answered = request->attempt.order + 1;
    if (failure == NULL && gate->name != NULL) gl_pick_saw(&gate->share, report->elapsed);
    bool for_all = gate->adaptive && limit_ended(&gate->limit, request->attempt.place, report, now);
    if (for_all && failure->retry_after_ms > 0) {
        int64_t ms = failure->retry_after_ms;
        if (ms > gate->max_park_ms) ms = gate->max_park_ms;
        gl_pace_park(pace, (uint64_t)ms * GL_MS, report->waiting, now);
    }
    gl_breaker_change change = tell_breaker(gate, request, report, now);
    if (change == GL_BREAKER_CLOSED) gl_limit_restart(&gate->limit, now);
    return change;
}
