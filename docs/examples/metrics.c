/*
 * Metrics on a server of the program's own: an engine and an evhttp server on one loop, and at
 * /metrics the page for Prometheus: the engine's families, and one that the program adds itself.
 *
 *   example_metrics [PORT]      9464 unless given, 0 for a free one; until SIGINT or SIGTERM
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <glimpse/glimpse.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

typedef struct app {
    struct event_base *base;
    glimpse_engine *engine;
    struct evhttp *http;
    glimpse_metrics_page *page;
    struct event *interrupt, *terminate;
    int results;
} app;

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    app *a = arg;
    a->results++;
}

/* Appends the program's own metrics, in the same format. */
static void tell_more(struct evbuffer *text, void *arg)
{
    const app *a = arg;
    evbuffer_add_printf(text,
                        "# HELP example_results_total Results this program was told.\n"
                        "# TYPE example_results_total counter\n"
                        "example_results_total %d\n",
                        a->results);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    app *a = arg;
    event_base_loopbreak(a->base);
}

/* Returns the port, which the system chose if it was 0; 0: it cannot listen. */
static unsigned listen_on(app *a, unsigned short port)
{
    struct sockaddr_in at;
    socklen_t length = sizeof at;
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(a->http, "127.0.0.1", port);
    if (bound == NULL ||
        getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&at, &length) != 0)
        return 0;
    return ntohs(at.sin_port);
}

int main(int argc, char **argv)
{
    app a = { 0 };
    int exit_code = EXIT_FAILURE;
    glimpse_config config;
    unsigned port = 0;
    unsigned short wanted = argc > 1 ? (unsigned short)strtoul(argv[1], NULL, 10) : 9464;
    glimpse_problem problem = { "", "cannot be set up" };

    signal(SIGPIPE, SIG_IGN);
    glimpse_config_init(&config);
    a.base = event_base_new();
    if (a.base == NULL || glimpse_config_from_env(&config, &problem) != GLIMPSE_OK ||
        glimpse_engine_new(a.base, &config, &a.engine, &problem) != GLIMPSE_OK)
        goto done;
    a.http = evhttp_new(a.base);
    if (a.http != NULL) port = listen_on(&a, wanted);
    problem = (glimpse_problem){ "", "cannot listen" };
    if (port == 0 ||
        glimpse_metrics_mount(a.http, "/metrics", a.engine, tell_more, &a, &a.page) != GLIMPSE_OK)
        goto done;
    a.interrupt = evsignal_new(a.base, SIGINT, on_signal, &a);
    a.terminate = evsignal_new(a.base, SIGTERM, on_signal, &a);
    if (a.interrupt == NULL || a.terminate == NULL || event_add(a.interrupt, NULL) != 0 ||
        event_add(a.terminate, NULL) != 0)
        goto done;

    const glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = on_result };
    const glimpse_draft draft = { .input_text = "The meeting moved because the room was taken." };
    if (glimpse_submit_draft(a.engine, &draft, NULL, &observer, &a, NULL) != GLIMPSE_OK) goto done;
    printf("http://127.0.0.1:%u/metrics\n", port);
    fflush(stdout);
    event_base_dispatch(a.base);
    exit_code = EXIT_SUCCESS;

done:
    if (exit_code != EXIT_SUCCESS)
        fprintf(stderr, "metrics: %s%s%s\n", problem.field, problem.field[0] != '\0' ? ": " : "",
                problem.sentence);
    if (a.interrupt != NULL) event_free(a.interrupt);
    if (a.terminate != NULL) event_free(a.terminate);
    glimpse_metrics_unmount(a.page); /* before the server and before the engine */
    if (a.http != NULL) evhttp_free(a.http);
    glimpse_engine_free(a.engine);
    if (a.base != NULL) event_base_free(a.base);
    return exit_code;
}
