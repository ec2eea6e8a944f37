/*
 * puppet.h - an engine whose sampler does what the test tells it to, piece by piece of a stream;
 * and who hears of it.
 */
#ifndef TEST_ENGINE_PUPPET_H
#define TEST_ENGINE_PUPPET_H

#include "rig.h"

/* It asks for its usage, so it has all that a plain one has. */
#define STREAM_BODY                                                                                \
    "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"stream\":true,\"stream_options\":{"   \
    "\"include_usage\":true}}"

/* A sampler that does what the test tells it to, from outside any of its functions. */
typedef struct puppet {
    rig rig;
    glimpse_sampler *sampler;
    glimpse_attempt *attempt; /* out now */
    int starts, cancels;
    bool pauses; /* it can pause; else it refuses to */
    bool paused;
    int wishes; /* how often it was asked to pause or to go on */
} puppet;

/* Who hears: what on_text and on_result said. */
typedef struct hearer {
    puppet *p;
    glimpse_id id;
    char text[256], partial[256], result_text[256];
    int pieces, results, text_after_result;
    glimpse_status status;
    glimpse_error error;
    glimpse_source source;
    int attempts;
    bool no_done, cancel_in_text, free_in_text;
    glimpse_timings timings;
} hearer;

static inline void puppet_start(void *self, glimpse_attempt *attempt)
{
    puppet *p = self;
    p->attempt = attempt;
    p->starts++;
    glimpse_attempt_progress(attempt, GLIMPSE_PROGRESS_CONNECTED);
    glimpse_attempt_progress(attempt, GLIMPSE_PROGRESS_SENT);
}

static inline void puppet_cancel(void *self, glimpse_attempt *attempt)
{
    puppet *p = self;
    assert_ptr_equal(p->attempt, attempt);
    p->attempt = NULL;
    p->cancels++;
}

static inline bool puppet_pause(void *self, glimpse_attempt *attempt, bool paused)
{
    puppet *p = self;
    assert_ptr_equal(p->attempt, attempt);
    p->wishes++;
    if (p->pauses) p->paused = paused;
    return p->pauses;
}

static inline void puppet_open(puppet *p)
{
    static const glimpse_sampler_vtable vtable = { .size = sizeof(glimpse_sampler_vtable),
                                                   .name = "puppet",
                                                   .progress = true,
                                                   .start = puppet_start,
                                                   .cancel = puppet_cancel,
                                                   .pause = puppet_pause };
    *p = (puppet){ .pauses = true };
    rig_init(&p->rig);
    p->rig.config.fallback_on = false;
    assert_int_equal(glimpse_sampler_new(&vtable, p, &p->sampler, NULL), GLIMPSE_OK);
}

static inline void puppet_engine(puppet *p)
{
    rig_open(&p->rig);
    glimpse_engine_free(p->rig.engine); /* the rig's samples from its script: another one */
    p->rig.config.sampler = p->sampler;
    assert_int_equal(gl_engine_new(gl_sim_base(), &p->rig.config, &p->rig.engine), GLIMPSE_OK);
}

static inline void puppet_close(puppet *p)
{
    glimpse_engine_free(p->rig.engine);
    p->rig.engine = NULL;
    glimpse_sampler_unref(p->sampler);
    rig_close(&p->rig);
}

static inline void on_text(glimpse_id id, const char *text, size_t len, void *arg)
{
    hearer *h = arg;
    assert_int_equal(id, h->id);
    assert_true(len > 0);
    size_t used = strlen(h->text);
    snprintf(h->text + used, sizeof h->text - used, "%.*s|", (int)len, text);
    h->pieces++;
    if (h->results != 0) h->text_after_result++;
    if (h->cancel_in_text) glimpse_cancel(h->p->rig.engine, id);
    if (h->free_in_text) {
        glimpse_engine_free(h->p->rig.engine);
        h->p->rig.engine = NULL;
    }
}

static inline void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    hearer *h = arg;
    size_t len;
    assert_int_equal(id, h->id);
    h->results++;
    h->status = glimpse_result_status(result);
    h->error = glimpse_result_error(result);
    h->source = glimpse_result_source(result);
    h->attempts = glimpse_result_attempts(result);
    h->no_done = glimpse_result_no_done(result);
    h->timings = *glimpse_result_timings(result);
    snprintf(h->partial, sizeof h->partial, "%s", glimpse_result_partial(result, &len));
    assert_int_equal(len, strlen(h->partial));
    snprintf(h->result_text, sizeof h->result_text, "%s", glimpse_result_text(result, NULL));
}

static inline void ask(puppet *p, hearer *h, const char *body, bool listens)
{
    *h = (hearer){ .p = p };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_text = listens ? on_text : NULL,
                                  .on_result = on_result };
    glimpse_chat chat = { .body = body };
    assert_int_equal(glimpse_submit_chat(p->rig.engine, &chat, NULL, &observer, h, &h->id),
                     GLIMPSE_OK);
    gl_sim_run_for_ms(0);
}

static inline void say(puppet *p, const char *piece)
{
    assert_int_equal(glimpse_attempt_text(p->attempt, piece, strlen(piece)), GLIMPSE_OK);
}

static inline void answer(puppet *p, const char *text)
{
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.complete = true;
    outcome.sample.text = text;
    outcome.sample.text_len = strlen(text);
    outcome.sample.http_status = 200;
    glimpse_attempt *attempt = p->attempt;
    p->attempt = NULL;
    glimpse_attempt_done(attempt, &outcome);
}

static inline void breaks(puppet *p, glimpse_error error)
{
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.error = error;
    outcome.sample.http_status = 200;
    glimpse_attempt *attempt = p->attempt;
    p->attempt = NULL;
    glimpse_attempt_done(attempt, &outcome);
}

#endif
