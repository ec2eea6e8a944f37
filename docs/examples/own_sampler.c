/* A sampler of the program's own, which answers with the words in capitals a moment later. */
#include <ctype.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <stdio.h>

static struct event_base *base;

static void answer(evutil_socket_t fd, short what, void *attempt)
{
    char text[256];
    size_t len = 0;
    glimpse_words words;
    glimpse_outcome outcome;
    glimpse_attempt_words(attempt, &words);
    for (; len < words.input_len && len < sizeof text; len++)
        text[len] = (char)toupper((unsigned char)words.input[len]);
    event_free(glimpse_attempt_data(attempt));
    glimpse_outcome_init(&outcome);
    outcome.sample.text = text;
    outcome.sample.text_len = glimpse_length(len);
    outcome.complete = true; /* may be cached */
    glimpse_attempt_done(attempt, &outcome);
}
static void start(void *self, glimpse_attempt *attempt)
{
    const struct timeval moment = { .tv_usec = 1000 };
    glimpse_attempt_set_data(attempt, evtimer_new(self, answer, attempt));
    evtimer_add((struct event *)glimpse_attempt_data(attempt), &moment);
}
static void cancel(void *self, glimpse_attempt *attempt)
{
    event_free(glimpse_attempt_data(attempt));
}
static void done(glimpse_id id, const glimpse_result *result, void *arg)
{
    puts(glimpse_result_text(result, NULL));
    event_base_loopbreak(base);
}
int main(void)
{
    static const glimpse_sampler_vtable table = {
        .size = sizeof table, .name = "capitals", .start = start, .cancel = cancel
    };
    glimpse_engine *engine = NULL;
    glimpse_config config;
    glimpse_config_init(&config);
    base = event_base_new();
    if (glimpse_sampler_new(&table, base, &config.sampler, NULL) != GLIMPSE_OK ||
        glimpse_engine_new(base, &config, &engine, NULL) != GLIMPSE_OK)
        return 1;
    const glimpse_draft draft = { .input_text = "the meeting moved" };
    const glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = done };
    if (glimpse_submit_draft(engine, &draft, NULL, &observer, NULL, NULL) == GLIMPSE_OK)
        event_base_dispatch(base);
    glimpse_engine_free(engine);
    glimpse_sampler_unref(config.sampler);
    event_base_free(base);
}
