/*
 * wire_engine.c - the library driven as by any caller, with its defaults: each request is checked,
 * gets its key, misses the cache, is admitted, sent, read, cached and delivered. Only the
 * concurrency is set, to the number in flight.
 */
#include <event2/event.h>
#include <stdio.h>

#include <glimpse/glimpse.h>

#include "wire_load.h"

typedef struct client {
    const wire_load *load;
    wire_meter *meter;
    struct event_base *base;
    glimpse_engine *engine;
    uint64_t next; /* requests submitted */
    bool failed;
} client;

static void on_result(glimpse_id id, const glimpse_result *result, void *arg);

static void submit_next(client *all)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_result = on_result };
    if (all->next == wire_starts(all->load)) return;
    char body[WIRE_BODY_MAX + 1];
    wire_body(body, all->load->body_size, all->load->first + all->next++);
    const glimpse_chat chat = { .body = body, .body_len = all->load->body_size };
    if (glimpse_submit_chat(all->engine, &chat, NULL, &observer, all, NULL) == GLIMPSE_OK) return;
    all->failed = true;
    event_base_loopbreak(all->base);
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    client *all = arg;
    if (all->meter->answered == all->meter->total) return; /* the engine is being freed */
    size_t text = 0, body = 0;
    (void)glimpse_result_text(result, &text);
    (void)glimpse_result_body(result, &body);
    bool good = glimpse_result_status(result) == GLIMPSE_STATUS_ALIGNED && text != 0 &&
                glimpse_result_attempts(result) == 1;
    if (!good && all->meter->failed == 0)
        fprintf(stderr, "engine: %s: %s\n", glimpse_result_error_code(result),
                glimpse_result_error_message(result));
    all->meter->body_bytes = body;
    if (wire_meter_answer(all->meter, good)) event_base_loopbreak(all->base);
    submit_next(all);
}

bool wire_engine(const wire_load *load, wire_meter *meter)
{
    client all = { .load = load, .meter = meter };
    char url[80];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", load->port);
    glimpse_config config;
    glimpse_config_init(&config);
    config.use_openai = GLIMPSE_USE_OPENAI_ALWAYS;
    config.endpoint.base_url = url;
    config.endpoint.api_key = WIRE_KEY;
    config.concurrency = (int64_t)load->in_flight;
    all.base = event_base_new();
    all.failed =
        all.base == NULL || glimpse_engine_new(all.base, &config, &all.engine, NULL) != GLIMPSE_OK;
    for (unsigned i = 0; i < load->in_flight && !all.failed; i++) submit_next(&all);
    if (!all.failed) event_base_dispatch(all.base);
    glimpse_engine_free(all.engine);
    if (all.base != NULL) event_base_free(all.base);
    if (all.failed) fprintf(stderr, "the engine could not be set up\n");
    return !all.failed;
}
