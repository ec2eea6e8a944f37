/*
 * streams.c - very many requests in flight at once over HTTP/2 and TLS, from one thread.
 *
 *   glimpse-micro-streams REQUESTS CA_FILE URL...
 *
 * One engine an endpoint, all on one loop, and the requests shared out among them: a proxy has one
 * descriptor a stream, and no more than its limit. Each request is a chat body of its own. Prints
 * how many were in flight at once, how late the notices of t1 to t4 were, how long a turn of the
 * loop took, and the peak of resident memory. bench/micro/streams.sh starts the endpoints. Exit 1:
 * a figure is missed.
 *
 * A turn is the time between two calls of epoll_wait, which is defined here and calls the C
 * library's.
 */
#include <dlfcn.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "base/histogram.h"
#include "base/time.h"
#include "micro/figure.h"

#define ENGINES_MAX   16
#define REQUESTS_MOST 1000000
#define SUBMIT_A_TURN 64

/* The requirement, docs/performance.md. */
#define IN_FLIGHT  100000
#define MEMORY_MIB 1024
#define LATE_MS    50
#define TURN_MS    50

/* t4 is beyond the answers: one that comes later counts against the endpoint. */
static const glimpse_thresholds thresholds = { 500, 1000, 1500, 100000 };

typedef struct run {
    struct event_base *base;
    struct event *more;
    glimpse_engine *engines[ENGINES_MAX];
    size_t engine_count, total, submitted, answered, failed, most;
    gl_histogram *late, *turns; /* us */
    uint64_t notices, early;
} run;

static run all;
static gl_time turn_began;

__attribute__((visibility("default"))) int epoll_wait(int fd, struct epoll_event *events, int count,
                                                      int timeout)
{
    static int (*real)(int, struct epoll_event *, int, int);
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
    if (turn_began != 0 && all.turns != NULL)
        gl_histogram_add(all.turns, gl_time_since(gl_clock_now(), turn_began) / GL_US);
    int ready = real(fd, events, count, timeout);
    turn_began = gl_clock_now();
    return ready;
}

static void on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    const int64_t at[] = { thresholds.t1_ms, thresholds.t2_ms, thresholds.t3_ms, thresholds.t4_ms };
    (void)id;
    if (notice->kind > GLIMPSE_NOTICE_DEGRADED) return;
    gl_time due = (gl_time)(uintptr_t)arg + (gl_time)at[notice->kind] * GL_MS, now = gl_clock_now();
    all.notices++;
    if (now < due) all.early++;
    gl_histogram_add(all.late, gl_time_since(now, due) / GL_US);
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    (void)arg;
    if (glimpse_result_status(result) != GLIMPSE_STATUS_ALIGNED && all.failed++ < 3)
        fprintf(stderr, "%s: %s\n", glimpse_result_error_code(result),
                glimpse_result_error_message(result));
    if (++all.answered == all.total) event_base_loopbreak(all.base);
}

static bool submit(size_t number)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_notice = on_notice,
                                               .on_result = on_result };
    char body[256];
    snprintf(body, sizeof body,
             "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":"
             "\"text number %zu\"}],\"max_tokens\":16}",
             number);
    const glimpse_chat chat = { .body = body };
    return glimpse_submit_chat(all.engines[number % all.engine_count], &chat, NULL, &observer,
                               (void *)(uintptr_t)gl_clock_now(), NULL) == GLIMPSE_OK;
}

static void submit_more(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval at_once = { 0, 0 };
    (void)fd;
    (void)what;
    (void)arg;
    for (int i = 0; i < SUBMIT_A_TURN && all.submitted < all.total; i++) {
        if (!submit(all.submitted)) {
            all.failed++;
            event_base_loopbreak(all.base);
            return;
        }
        all.submitted++;
    }
    if (all.submitted - all.answered > all.most) all.most = all.submitted - all.answered;
    if (all.submitted < all.total) event_add(all.more, &at_once);
}

static bool set_up(const char *ca_file, char **urls)
{
    struct event_config *how = event_config_new();
    event_config_set_flag(how, EVENT_BASE_FLAG_PRECISE_TIMER);
    all.base = event_base_new_with_config(how);
    event_config_free(how);
    all.late = gl_histogram_new();
    all.turns = gl_histogram_new();
    if (all.base == NULL || all.late == NULL || all.turns == NULL) return false;
    all.more = evtimer_new(all.base, submit_more, NULL);
    for (size_t i = 0; i < all.engine_count; i++) {
        glimpse_config config;
        glimpse_problem problem;
        glimpse_config_init(&config);
        config.use_openai = GLIMPSE_USE_OPENAI_ALWAYS;
        config.endpoint.base_url = urls[i];
        config.endpoint.ca_file = ca_file;
        config.endpoint.http_version = GLIMPSE_HTTP_2;
        config.endpoint.max_connections = 100000;
        config.concurrency = (int64_t)all.total;
        config.adaptive = false;
        config.max_attempts = 1;
        config.deadline_ms = 120000;
        config.thresholds = thresholds;
        if (glimpse_engine_new(all.base, &config, &all.engines[i], &problem) != GLIMPSE_OK) {
            fprintf(stderr, "%s: %s\n", problem.field, problem.sentence);
            return false;
        }
    }
    return all.more != NULL;
}

static double ms_of(const gl_histogram *histogram, double share)
{
    return (double)gl_histogram_quantile(histogram, share) / 1e3;
}

static bool report(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("%zu submitted, %zu answered, %zu of them failed, at most %zu in flight\n",
           all.submitted, all.answered, all.failed, all.most);
    printf("%llu notices, late p50 %.2f ms, p99 %.2f ms, max %.2f ms, early %llu\n",
           (unsigned long long)all.notices, ms_of(all.late, 0.5), ms_of(all.late, 0.99),
           (double)gl_histogram_max(all.late) / 1e3, (unsigned long long)all.early);
    printf("turns p50 %.2f ms, p99 %.2f ms, max %.2f ms; %.1f us of CPU a request\n",
           ms_of(all.turns, 0.5), ms_of(all.turns, 0.99), (double)gl_histogram_max(all.turns) / 1e3,
           cpu * 1e6 / (double)all.total);
    bool held = figure_at_least("streams_in_flight_at_once", (double)all.most, IN_FLIGHT);
    held &=
        figure_at_least("streams_answered", (double)(all.answered - all.failed), (double)all.total);
    held &= figure_at_most("streams_memory_mib", (double)usage.ru_maxrss / 1024, MEMORY_MIB);
    held &= figure_at_most("streams_notice_late_ms_max", (double)gl_histogram_max(all.late) / 1e3,
                           LATE_MS);
    held &=
        figure_at_most("streams_turn_ms_max", (double)gl_histogram_max(all.turns) / 1e3, TURN_MS);
    return held && all.early == 0;
}

int main(int argc, char **argv)
{
    all.total = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
    if (all.total < 1 || all.total > REQUESTS_MOST || argc - 3 > ENGINES_MAX) {
        fputs("usage: glimpse-micro-streams REQUESTS CA_FILE URL...\n", stderr);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    all.engine_count = (size_t)(argc - 3);
    bool held = false;
    if (set_up(argv[2], argv + 3)) {
        submit_more(-1, 0, NULL);
        event_base_dispatch(all.base);
        held = report();
    }
    for (size_t i = 0; i < all.engine_count; i++) glimpse_engine_free(all.engines[i]);
    if (all.more != NULL) event_free(all.more);
    gl_histogram_free(all.late);
    gl_histogram_free(all.turns);
    if (all.base != NULL) event_base_free(all.base);
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
