/*
 * notices.c - how late the notices of t1 to t4 come in real time, with 1,000 requests in flight
 * over real connections, on the caller's default event_base and on a precise one.
 *
 *   glimpse-bench-notices [REQUESTS]
 *
 * The mock runs in a child process. Prints the lateness at p50, p99 and the maximum, and how many
 * notices were early (never: exit 1).
 */
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mock/mock.h"

static const glimpse_thresholds thresholds = { 200, 350, 500, 650 };

typedef struct run {
    struct event_base *base;
    int left, count, early;
    uint64_t *submitted; /* by id */
    uint64_t *late;      /* ns */
} run;

static void on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    const int64_t at[] = { thresholds.t1_ms, thresholds.t2_ms, thresholds.t3_ms, thresholds.t4_ms };
    run *r = arg;
    if (notice->kind > GLIMPSE_NOTICE_DEGRADED) return;
    uint64_t due = r->submitted[id] + (uint64_t)at[notice->kind] * 1000000, now;
    now = glimpse_monotonic_ns();
    if (now < due) r->early++;
    r->late[r->count++] = now > due ? now - due : 0;
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    run *r = arg;
    if (glimpse_result_status(result) != GLIMPSE_STATUS_ALIGNED)
        fprintf(stderr, "%s\n", glimpse_result_error_message(result));
    if (--r->left == 0) event_base_loopbreak(r->base);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int measure(const char *name, int port, int requests, int flags)
{
    struct event_config *how = event_config_new();
    event_config_set_flag(how, flags);
    run r = { .base = event_base_new_with_config(how), .left = requests };
    event_config_free(how);
    r.submitted = calloc((size_t)requests + 1, sizeof *r.submitted);
    r.late = calloc((size_t)requests * 4, sizeof *r.late);
    glimpse_engine *engine = NULL;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", port);
    glimpse_config config;
    glimpse_config_init(&config);
    config.endpoint.base_url = url;
    config.concurrency = requests;
    config.thresholds = thresholds;
    if (r.base == NULL || r.submitted == NULL || r.late == NULL ||
        glimpse_engine_new(r.base, &config, &engine, NULL) != GLIMPSE_OK)
        return 2;
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_notice = on_notice,
                                  .on_result = on_result };
    for (int i = 0; i < requests; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s text number %d", name, i);
        glimpse_draft draft = { .input_text = text, .goal = "summarize in one sentence" };
        r.submitted[i + 1] = glimpse_monotonic_ns();
        if (glimpse_submit_draft(engine, &draft, NULL, &observer, &r, NULL) != GLIMPSE_OK) return 2;
    }
    event_base_dispatch(r.base);
    qsort(r.late, (size_t)r.count, sizeof *r.late, compare);
    printf("%-8s base: %d in flight, %d notices, late p50 %.2f ms, p99 %.2f ms, max %.2f ms, "
           "early %d\n",
           name, requests, r.count, (double)r.late[r.count / 2] / 1e6,
           (double)r.late[r.count * 99 / 100] / 1e6, (double)r.late[r.count - 1] / 1e6, r.early);
    int failed = r.early != 0 || r.count != requests * 4;
    glimpse_engine_free(engine);
    event_base_free(r.base);
    free(r.submitted);
    free(r.late);
    return failed;
}

static pid_t start_mock(int *port)
{
    int ends[2];
    if (pipe(ends) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        char problem[256];
        struct event_base *base = event_base_new();
        mock_options options = { .latency = "1s", .seed = 1 };
        mock_server *server = mock_server_new(base, &options, problem, sizeof problem);
        if (server == NULL) _exit(2);
        int bound = mock_server_port(server);
        if (write(ends[1], &bound, sizeof bound) != sizeof bound) _exit(2);
        event_base_dispatch(base);
        _exit(0);
    }
    ssize_t got = read(ends[0], port, sizeof *port);
    close(ends[0]);
    close(ends[1]);
    return got == sizeof *port ? child : -1;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    int port = 0, requests = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1000;
    if (requests < 1) return 64;
    pid_t child = start_mock(&port);
    if (child <= 0) return 71;
    int failed = measure("default", port, requests, 0);
    failed |= measure("precise", port, requests, EVENT_BASE_FLAG_PRECISE_TIMER);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return failed;
}
