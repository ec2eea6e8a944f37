/*
 * http.c - gl_http alone, without the engine: requests a second and CPU a request with a number of
 * them always in flight, against the mock in a child process.
 *
 *   glimpse-micro-http [IN_FLIGHT [REQUESTS [URL]]]
 *
 * With URL it asks that server instead. Run it under `strace -c` to count system calls.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mock/mock.h"
#include "openai/http.h"

static const char body[] =
    "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Summarize in one "
    "sentence: a library and a program that keep very many requests in flight from one thread, "
    "and that tell the caller honestly what is happening to each of them.\"}]}";

typedef struct run {
    struct event_base *base;
    gl_http *http;
    size_t left, running, failed, bytes;
} run;

static void on_progress(void *arg, glimpse_progress progress)
{
    (void)arg;
    (void)progress;
}

static void on_done(void *arg, const gl_http_response *response);

static void start(run *r)
{
    static const gl_http_observer observer = { .progress = on_progress, .done = on_done };
    gl_slice text = { body, sizeof body - 1 };
    if (gl_http_start(r->http, "/chat/completions", text, &observer, r) == NULL) abort();
    r->left--;
    r->running++;
}

static void on_done(void *arg, const gl_http_response *response)
{
    run *r = arg;
    r->running--;
    r->bytes += response->body.len;
    if (response->error != GLIMPSE_OK || response->status != 200) r->failed++;
    if (r->left != 0)
        start(r);
    else if (r->running == 0)
        event_base_loopbreak(r->base);
}

/* The mock's URL; it ends with this process. */
static pid_t start_mock(char *url, size_t size)
{
    int ends[2], port = 0;
    if (pipe(ends) != 0) abort();
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) {
        char problem[200];
        struct event_base *base = event_base_new();
        mock_options options = { 0 };
        mock_server *mock = mock_server_new(base, &options, problem, sizeof problem);
        if (mock == NULL) _exit(1);
        port = mock_server_port(mock);
        if (write(ends[1], &port, sizeof port) != (ssize_t)sizeof port) _exit(1);
        event_base_dispatch(base);
        _exit(0);
    }
    if (read(ends[0], &port, sizeof port) != (ssize_t)sizeof port) abort();
    snprintf(url, size, "http://127.0.0.1:%d/v1", port);
    return child;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int main(int argc, char **argv)
{
    size_t in_flight = argc > 1 ? strtoul(argv[1], NULL, 10) : 32;
    size_t requests = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
    if (in_flight == 0 || requests < in_flight) return 64;
    signal(SIGPIPE, SIG_IGN);
    char url[200];
    pid_t mock = argc > 3 ? 0 : start_mock(url, sizeof url);
    run r = { .base = event_base_new(), .left = requests };
    gl_loop *loop = gl_loop_new(r.base);
    glimpse_problem problem;
    gl_http_config config = { .base_url = argc > 3 ? argv[3] : url,
                              .version = GLIMPSE_HTTP_1_1,
                              .max_response_bytes = (size_t)1 << 20,
                              .max_connections = in_flight };
    if (gl_http_new(loop, r.base, &config, &r.http, &problem) != GLIMPSE_OK) {
        fprintf(stderr, "%s: %s\n", problem.field, problem.sentence);
        return 64;
    }
    double cpu = cpu_seconds();
    gl_time from = gl_clock_now();
    for (size_t i = 0; i < in_flight; i++) start(&r);
    event_base_dispatch(r.base);
    double seconds = (double)(gl_clock_now() - from) * 1e-9;
    cpu = cpu_seconds() - cpu;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu in flight: %.0f requests/s, %.1f us of CPU a request, %zu failed, %ld MB peak\n",
           in_flight, (double)requests / seconds, cpu * 1e6 / (double)requests, r.failed,
           usage.ru_maxrss / 1024);
    gl_http_free(r.http);
    gl_loop_free(loop);
    event_base_free(r.base);
    if (mock != 0) kill(mock, SIGTERM);
    return r.failed != 0;
}
