/*
 * sim.c - the scripted sampler.
 *
 * Owns its running attempts ("plays"): each is one node in one heap, due at its next event, and
 * one timer stands at the head of the heap. A play that ended goes to a free list, so that a run
 * of any length allocates for its peak only. Called by the engine through the sampler's table, and
 * by the loop. Reads no clock but the loop's; decides nothing: the plan does.
 */
#include "sim/sim.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/list.h"

typedef struct play {
    gl_heap_entry entry; /* due at the next event */
    struct play *next_free;
    glimpse_attempt *attempt;
    gl_sim_plan plan;
    gl_time start, next_bytes;
    size_t handed; /* bytes of the text */
    bool paused;
    gl_time paused_at;
    enum { PLAY_CONNECTING, PLAY_WAITING, PLAY_READING } stage;
} play;

struct gl_sim {
    gl_loop *loop;
    gl_timer *timer;
    gl_heap heap;
    play *free_plays;
    gl_sim_config config;
    gl_sim_counts counts;
};

/* --- one attempt --- */

static void finish(gl_sim *sim, glimpse_attempt *attempt, const gl_sim_plan *plan)
{
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.error = plan->error;
    outcome.error_code = plan->code;
    if (plan->should_not_retry) outcome.should_retry = 0;
    if (plan->retry_after_ms > 0) outcome.retry_after_ms = plan->retry_after_ms;
    if (plan->requests.limit > 0 || plan->requests.reset_ms > 0) outcome.requests = plan->requests;
    if (plan->tokens.limit > 0) outcome.tokens = plan->tokens;
    outcome.error_status = plan->named_status;
    outcome.reused = plan->reused;
    outcome.sample.http_status = plan->http_status;
    if (plan->error == GLIMPSE_OK) {
        outcome.complete = plan->complete;
        if (plan->http_status == 0) outcome.sample.http_status = 200;
        glimpse_words words;
        glimpse_attempt_words(attempt, &words);
        outcome.sample.text = plan->text != NULL ? plan->text : words.input;
        outcome.sample.text_len = plan->text != NULL ? 0 : glimpse_length(words.input_len);
        outcome.sample.finish_reason = plan->complete ? "stop" : "length";
        outcome.sample.model = "sim";
    } else if (plan->error == GLIMPSE_ERR_HTTP && plan->http_status == 0) {
        outcome.sample.http_status = 500;
    }
    sim->counts.done++;
    glimpse_attempt_done(attempt, &outcome);
}

/* Shows a piece of text as an event that is made of nothing else; the last one is a stop. */
static glimpse_error show_event(play *p, const char *text, size_t len, glimpse_event_part part)
{
    const glimpse_event event = { .data = text, .data_len = len, .bytes = text, .len = len };
    if (len == 0 || !glimpse_attempt_wants_events(p->attempt)) return GLIMPSE_OK;
    return glimpse_attempt_event(p->attempt, &event, part);
}

static void hand_last(play *p)
{
    if (!p->plan.in_pieces || p->plan.text == NULL || !glimpse_attempt_is_stream(p->attempt))
        return;
    if (show_event(p, ".", 1, GLIMPSE_EVENT_LAST) != GLIMPSE_OK)
        p->plan = (gl_sim_plan){ .error = GLIMPSE_ERR_OOM };
}

/* Passes on more of a stream's text; without memory for it the sampler has failed. */
static void hand_text(play *p, size_t most)
{
    if (!p->plan.in_pieces || p->plan.text == NULL || !glimpse_attempt_is_stream(p->attempt))
        return;
    size_t left = strlen(p->plan.text) - p->handed;
    if (most > left) most = left;
    const char *text = p->plan.text + p->handed;
    if (glimpse_attempt_text(p->attempt, text, glimpse_length(most)) == GLIMPSE_OK &&
        show_event(p, text, most, GLIMPSE_EVENT_OUTPUT) == GLIMPSE_OK)
        p->handed += most;
    else
        p->plan = (gl_sim_plan){ .error = GLIMPSE_ERR_OOM };
}

/* Returns when the play's next event is due; its end comes before other events of the same time. */
static gl_time next_event(const play *p)
{
    const gl_time times[] = { p->plan.connected, p->plan.first_byte, p->next_bytes };
    gl_time after = gl_time_min(times[p->stage], p->plan.end);
    return after >= GL_TIME_NEVER - p->start ? GL_TIME_NEVER : p->start + after;
}

/* Reports all progress made by now. true: it has ended. */
static bool advance(play *p, gl_time now)
{
    gl_time age = gl_time_since(now, p->start);
    if (p->stage == PLAY_CONNECTING && p->plan.connected <= gl_time_min(age, p->plan.end) &&
        p->plan.connected != GL_TIME_NEVER) {
        glimpse_attempt_progress(p->attempt, GLIMPSE_PROGRESS_CONNECTED);
        glimpse_attempt_progress(p->attempt, GLIMPSE_PROGRESS_SENT);
        p->stage = PLAY_WAITING;
    }
    if (p->stage == PLAY_WAITING && p->plan.first_byte <= gl_time_min(age, p->plan.end) &&
        p->plan.first_byte != GL_TIME_NEVER) {
        glimpse_attempt_progress(p->attempt, GLIMPSE_PROGRESS_FIRST_BYTE);
        p->stage = PLAY_READING;
        p->next_bytes = p->plan.bytes_every != 0 ? age + p->plan.bytes_every : GL_TIME_NEVER;
    }
    if (p->stage == PLAY_READING && p->next_bytes <= age) {
        glimpse_attempt_progress(p->attempt, GLIMPSE_PROGRESS_BYTES);
        p->next_bytes = age + p->plan.bytes_every;
        hand_text(p, 1 + p->handed % 3);
    }
    if (p->plan.end == GL_TIME_NEVER || p->plan.end > age) return false;
    if (p->plan.error == GLIMPSE_OK) hand_text(p, SIZE_MAX);
    if (p->plan.error == GLIMPSE_OK) hand_last(p);
    return true;
}

/* --- the plays --- */

static void release(gl_sim *sim, play *p)
{
    gl_heap_remove(&sim->heap, &p->entry);
    p->next_free = sim->free_plays;
    sim->free_plays = p;
    sim->counts.running--;
}

/* NULL: out of memory. On success the heap has room for it. */
static play *acquire(gl_sim *sim)
{
    if (!gl_heap_reserve(&sim->heap, sim->heap.count + 1)) return NULL;
    play *p = sim->free_plays;
    if (p != NULL)
        sim->free_plays = p->next_free;
    else if ((p = gl_malloc(sizeof *p)) == NULL)
        return NULL;
    gl_heap_entry_init(&p->entry);
    sim->counts.running++;
    if (sim->counts.running > sim->counts.peak) sim->counts.peak = sim->counts.running;
    return p;
}

static void fired(void *arg)
{
    gl_sim *sim = arg;
    gl_time now = gl_loop_now(sim->loop);
    gl_heap_entry *top;
    while ((top = gl_heap_top(&sim->heap)) != NULL && top->when <= now) {
        play *p = GL_CONTAINER(top, play, entry);
        if (advance(p, now)) {
            glimpse_attempt *attempt = p->attempt;
            gl_sim_plan plan = p->plan;
            release(sim, p);
            finish(sim, attempt, &plan);
        } else {
            gl_heap_set(&sim->heap, &p->entry, next_event(p));
            if (p->entry.index == GL_HEAP_NONE) continue; /* it hangs */
        }
    }
    gl_timer_set(sim->timer, gl_heap_next(&sim->heap));
}

/* --- the sampler's table --- */

static void start(void *self, glimpse_attempt *attempt)
{
    gl_sim *sim = self;
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    gl_sim_plan plan =
        sim->config.plan(sim->config.arg, glimpse_attempt_number(attempt), body, len);
    sim->counts.started++;

    play *p = acquire(sim);
    if (p == NULL) {
        gl_sim_plan oom = { .error = GLIMPSE_ERR_OOM };
        finish(sim, attempt, &oom);
        return;
    }
    p->attempt = attempt;
    p->plan = plan;
    p->start = gl_loop_now(sim->loop);
    p->next_bytes = GL_TIME_NEVER;
    p->handed = 0;
    p->stage = PLAY_CONNECTING;
    p->paused = false;
    glimpse_attempt_set_data(attempt, p);
    if (advance(p, p->start)) {
        plan = p->plan;
        release(sim, p);
        finish(sim, attempt, &plan);
        return;
    }
    gl_heap_set(&sim->heap, &p->entry, next_event(p));
    gl_timer_set(sim->timer, gl_heap_next(&sim->heap));
}

static void cancel(void *self, glimpse_attempt *attempt)
{
    gl_sim *sim = self;
    play *p = glimpse_attempt_data(attempt);
    if (p->handed != 0) glimpse_attempt_came(attempt, 200, NULL);
    release(sim, p);
    sim->counts.cancelled++;
    gl_timer_set(sim->timer, gl_heap_next(&sim->heap));
}

/* What had come to the client when it paused is handed on before; the rest comes so much later. */
static bool pause_play(void *self, glimpse_attempt *attempt, bool paused)
{
    gl_sim *sim = self;
    play *p = glimpse_attempt_data(attempt);
    gl_time now = gl_loop_now(sim->loop);
    if (paused == p->paused) return true;
    p->paused = paused;
    if (paused) {
        p->paused_at = now;
        gl_heap_remove(&sim->heap, &p->entry);
    } else {
        p->start += gl_time_since(now, p->paused_at);
        gl_heap_set(&sim->heap, &p->entry, next_event(p));
    }
    gl_timer_set(sim->timer, gl_heap_next(&sim->heap));
    return true;
}

static const char *scope(void *self)
{
    const gl_sim *sim = self;
    return sim->config.scope;
}

static void destroy(void *self)
{
    gl_sim *sim = self;
    for (play *p = sim->free_plays, *next; p != NULL; p = next) {
        next = p->next_free;
        gl_free(p);
    }
    gl_heap_free(&sim->heap);
    gl_timer_free(sim->timer);
    gl_free(sim);
}

glimpse_error gl_sim_sampler_new(gl_loop *loop, const gl_sim_config *config,
                                 glimpse_sampler **sampler, gl_sim **sim_out)
{
    static const glimpse_sampler_vtable vtable = {
        .size = sizeof(glimpse_sampler_vtable),
        .name = "sim",
        .progress = true,
        .start = start,
        .cancel = cancel,
        .pause = pause_play,
        .scope = scope,
        .destroy = destroy,
    };
    gl_sim *sim = gl_calloc(1, sizeof *sim);
    if (sim == NULL) return GLIMPSE_ERR_OOM;
    sim->loop = loop;
    sim->config = *config;
    gl_heap_init(&sim->heap);
    sim->timer = gl_timer_new(loop, fired, sim);
    glimpse_error error = GLIMPSE_ERR_OOM;
    if (sim->timer != NULL) error = glimpse_sampler_new(&vtable, sim, sampler, NULL);
    if (error != GLIMPSE_OK)
        destroy(sim);
    else if (sim_out != NULL)
        *sim_out = sim;
    return error;
}

const gl_sim_counts *gl_sim_counts_of(const gl_sim *sim)
{
    return &sim->counts;
}

/* --- plans --- */

gl_sim_plan gl_sim_answer(gl_time end, const char *text)
{
    gl_sim_plan plan = { .first_byte = end, .end = end, .text = text, .complete = true };
    return plan;
}

gl_sim_plan gl_sim_failure(gl_time end, glimpse_error error, int http_status)
{
    bool sent = error != GLIMPSE_ERR_CONNECT && error != GLIMPSE_ERR_DNS &&
                error != GLIMPSE_ERR_DNS_UNKNOWN && error != GLIMPSE_ERR_TLS;
    gl_sim_plan plan = {
        .connected = sent ? 0 : GL_TIME_NEVER,
        .first_byte = http_status != 0 ? end : GL_TIME_NEVER,
        .end = end,
        .error = error,
        .http_status = http_status,
    };
    return plan;
}

gl_sim_plan gl_sim_random_plan(void *arg, int number, const char *body, size_t len)
{
    (void)number;
    (void)body;
    (void)len;
    gl_sim_random *random = arg;
    gl_time latency = random->median;
    /* Both numbers are drawn in every case, so that changing a share does not shift the rest. */
    double deviate = gl_rng_normal(&random->rng);
    uint32_t lot = gl_rng_below(&random->rng, 1000000);
    if (random->median != 0 && random->p95 > random->median) {
        /* 1.645 standard deviations lie between the median and the 95th percentile of a normal. */
        double sigma = log((double)random->p95 / (double)random->median) / 1.6448536;
        latency = (gl_time)((double)random->median * exp(sigma * deviate));
    }
    if (lot < random->http_429) return gl_sim_failure(latency, GLIMPSE_ERR_HTTP, 429);
    lot -= random->http_429;
    if (lot < random->http_500) return gl_sim_failure(latency, GLIMPSE_ERR_HTTP, 500);
    lot -= random->http_500;
    if (lot < random->reset) return gl_sim_failure(latency, GLIMPSE_ERR_RESET, 0);
    lot -= random->reset;
    if (lot < random->hang) return gl_sim_failure(GL_TIME_NEVER, GLIMPSE_ERR_RESET, 0);
    return gl_sim_answer(latency, NULL);
}
