/*
 * idle_latency.c - how much longer one request at idle takes through the engine than by
 * curl_easy_perform, both on a warm connection, one request at a time.
 *
 *   glimpse-micro-idle-latency [REQUESTS]
 *
 * The mock is a child on CPU 1, the client is on CPU 0. The two take turns, request by request, so
 * that other load of the machine meets both; all bodies are distinct. Prints both at p50, p90 and
 * p99 and the difference of the medians. Exit 1: the difference is above REQUIRED_US.
 */
#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "micro/figure.h"
#include "mock/mock.h"
#include "peers/wire_load.h"

#define REQUIRED_US   10
#define REQUESTS      20000
#define REQUESTS_MOST 1000000
#define WARM          500
#define BODY_SIZE     590 /* bytes of a request's JSON */

typedef struct run {
    struct event_base *base;
    glimpse_engine *engine;
    CURL *easy;
    uint64_t number; /* of the next body */
    size_t got;      /* bytes of the answer of curl_easy_perform */
    bool done, failed;
} run;

static void pin_to(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fprintf(stderr, "not pinned to CPU %d: %s\n", cpu, strerror(errno));
}

static pid_t start_mock(int *port)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe(ends) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        char problem[300];
        const mock_options options = { .seed = 1 };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1); /* it ended before that */
        pin_to(1);
        struct event_base *base = event_base_new();
        mock_server *server =
            base != NULL ? mock_server_new(base, &options, problem, sizeof problem) : NULL;
        int bound = server != NULL ? mock_server_port(server) : -1;
        if (write(ends[1], &bound, sizeof bound) != (ssize_t)sizeof bound || server == NULL)
            _exit(1);
        event_base_dispatch(base);
        _exit(0);
    }
    ssize_t got = read(ends[0], port, sizeof *port);
    close(ends[0]);
    close(ends[1]);
    return got == (ssize_t)sizeof *port && *port > 0 ? child : -1;
}

/* --- the two ways --- */

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    run *r = arg;
    size_t len;
    (void)id;
    (void)glimpse_result_text(result, &len);
    r->done = true;
    if (glimpse_result_status(result) != GLIMPSE_STATUS_ALIGNED || len == 0) r->failed = true;
}

static void by_engine(run *r, const char *body)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_result = on_result };
    const glimpse_chat chat = { .body = body, .body_len = BODY_SIZE };
    r->done = false;
    if (glimpse_submit_chat(r->engine, &chat, NULL, &observer, r, NULL) != GLIMPSE_OK)
        r->failed = r->done = true;
    while (!r->done && !r->failed)
        if (event_base_loop(r->base, EVLOOP_ONCE) != 0) r->failed = true;
}

static size_t on_bytes(char *data, size_t size, size_t count, void *arg)
{
    run *r = arg;
    (void)data;
    r->got += size * count;
    return size * count;
}

static void by_curl(run *r, const char *body)
{
    long status = 0;
    r->got = 0;
    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE, (long)BODY_SIZE);
    CURLcode code = curl_easy_perform(r->easy);
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200 || r->got == 0) r->failed = true;
}

static double timed_us(run *r, void (*way)(run *r, const char *body))
{
    char body[WIRE_BODY_MAX + 1];
    wire_body(body, BODY_SIZE, r->number++);
    gl_time start = gl_clock_now();
    way(r, body);
    return (double)gl_time_since(gl_clock_now(), start) / 1e3;
}

/* --- the measurement --- */

static bool set_up(run *r, int port, struct curl_slist **headers)
{
    char url[80];
    glimpse_config config;
    *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (*headers == NULL || curl_slist_append(*headers, "Authorization: Bearer " WIRE_KEY) == NULL)
        return false;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", port);
    glimpse_config_init(&config);
    config.use_openai = GLIMPSE_USE_OPENAI_ALWAYS;
    config.endpoint.base_url = url;
    config.endpoint.api_key = WIRE_KEY;
    r->base = event_base_new();
    if (r->base == NULL || glimpse_engine_new(r->base, &config, &r->engine, NULL) != GLIMPSE_OK)
        return false;
    r->easy = curl_easy_init();
    if (r->easy == NULL) return false;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/chat/completions", port);
    curl_easy_setopt(r->easy, CURLOPT_URL, url);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, *headers);
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double print_one(const char *name, double *us, size_t count)
{
    qsort(us, count, sizeof *us, by_value);
    printf("%-20s p50 %6.1f us, p90 %6.1f us, p99 %6.1f us\n", name, us[count / 2],
           us[count * 9 / 10], us[count * 99 / 100]);
    return us[count / 2];
}

static bool measure(run *r, size_t count)
{
    double *engine = calloc(count, sizeof *engine), *curl = calloc(count, sizeof *curl);
    bool held = false;
    if (engine == NULL || curl == NULL) r->failed = true;
    for (size_t i = 0; i < WARM && !r->failed; i++) {
        timed_us(r, by_engine);
        timed_us(r, by_curl);
    }
    for (size_t i = 0; i < count && !r->failed; i++) {
        engine[i] = timed_us(r, by_engine);
        curl[i] = timed_us(r, by_curl);
    }
    if (!r->failed) {
        double through = print_one("engine", engine, count);
        double without = print_one("curl_easy_perform", curl, count);
        held = figure_at_most("idle_added_latency_us_p50", through - without, REQUIRED_US);
    }
    free(engine);
    free(curl);
    return held;
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : REQUESTS;
    if (count < 1 || count > REQUESTS_MOST) {
        fputs("usage: glimpse-micro-idle-latency [REQUESTS]\n", stderr);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    int port = 0;
    pid_t child = start_mock(&port);
    if (child <= 0) {
        fputs("the mock server could not be started\n", stderr);
        return 71;
    }
    pin_to(0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    run r = { .base = NULL };
    struct curl_slist *headers = NULL;
    bool ready = set_up(&r, port, &headers);
    bool held = ready && measure(&r, count);
    if (!ready || r.failed) fputs("a request failed, or the client could not be set up\n", stderr);
    if (r.easy != NULL) curl_easy_cleanup(r.easy);
    curl_slist_free_all(headers);
    glimpse_engine_free(r.engine);
    if (r.base != NULL) event_base_free(r.base);
    curl_global_cleanup();
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
