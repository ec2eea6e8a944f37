/* The program that glimpse.h opens with: one draft, one answer, on the program's own loop. */
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <stdio.h>

static void done(glimpse_id id, const glimpse_result *r, void *base)
{
    printf("%s: %s\n", glimpse_status_name(glimpse_result_status(r)), glimpse_result_text(r, NULL));
    event_base_loopbreak(base);
}
int main(void)
{
    struct event_base *base = event_base_new();
    glimpse_engine *engine;
    glimpse_config config;
    glimpse_config_init(&config);
    glimpse_config_from_env(&config, NULL);
    if (glimpse_engine_new(base, &config, &engine, NULL) != GLIMPSE_OK) return 1;
    glimpse_draft draft = { .input_text = "...", .goal = "summarize in one sentence" };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = done };
    if (glimpse_submit_draft(engine, &draft, NULL, &observer, base, NULL) == GLIMPSE_OK)
        event_base_dispatch(base);
    glimpse_engine_free(engine);
    event_base_free(base);
}
