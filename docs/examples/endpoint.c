/* One draft to an endpoint that the program describes itself: `endpoint URL [KEY]`. */
#include <event2/event.h>
#include <glimpse/glimpse.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct app {
    struct event_base *base;
    int exit_code;
} app;

static void done(glimpse_id id, const glimpse_result *result, void *arg)
{
    app *a = arg;
    (void)id;
    if (glimpse_result_error(result) == GLIMPSE_OK) {
        printf("%s\n", glimpse_result_text(result, NULL));
        a->exit_code = EXIT_SUCCESS;
    } else {
        fprintf(stderr, "endpoint: %s\n", glimpse_result_error_message(result));
    }
    event_base_loopbreak(a->base);
}

int main(int argc, char **argv)
{
    static const char *const headers[] = { "X-Example: endpoint" };
    app a = { event_base_new(), EXIT_FAILURE };
    glimpse_engine *engine = NULL;
    glimpse_config config;
    glimpse_problem problem;

    signal(SIGPIPE, SIG_IGN);
    glimpse_config_init(&config);
    config.endpoint.base_url = argc > 1 ? argv[1] : NULL;
    config.endpoint.api_key = argc > 2 ? argv[2] : NULL;
    config.endpoint.headers = headers;
    config.endpoint.header_count = 1;
    config.endpoint.http_version = GLIMPSE_HTTP_1_1;
    config.use_openai = GLIMPSE_USE_OPENAI_ALWAYS; /* no answer of this machine's in its place */
    if (a.base == NULL) return EXIT_FAILURE;
    if (glimpse_engine_new(a.base, &config, &engine, &problem) != GLIMPSE_OK) {
        fprintf(stderr, "endpoint: %s%s%s\n", problem.field, problem.field[0] != '\0' ? ": " : "",
                problem.sentence);
        event_base_free(a.base);
        return EXIT_FAILURE;
    }
    const glimpse_draft draft = { .input_text = "The meeting moved.", .goal = "say it shorter" };
    const glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = done };
    if (glimpse_submit_draft(engine, &draft, NULL, &observer, &a, NULL) == GLIMPSE_OK)
        event_base_dispatch(a.base);
    glimpse_engine_free(engine);
    event_base_free(a.base);
    return a.exit_code;
}
