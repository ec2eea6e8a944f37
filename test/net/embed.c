/*
 * embed.c - the engine as a guest: in one default event_base beside the caller's own timers and
 * sockets, with a real server (the mock, in the same base too) over a real connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "mock/mock.h"

enum { REQUESTS = 200 };

typedef struct host {
    struct event_base *base;
    mock_server *server;
    glimpse_engine *engine;
    struct event *ticker, *reader;
    int pair[2];
    int ticks, bytes, results, aligned, early, notices;
    gl_time submitted[REQUESTS + 1];
} host;

/* The host's own timer: it also writes into the host's own socket. */
static void tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    host *h = arg;
    h->ticks++;
    assert_int_equal(write(h->pair[0], "x", 1), 1);
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    host *h = arg;
    char some[64];
    ssize_t n = read(fd, some, sizeof some);
    assert_true(n > 0);
    h->bytes += (int)n;
}

static void on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    static const int64_t at[] = { 30, 60, 90, 120 };
    host *h = arg;
    if (notice->kind > GLIMPSE_NOTICE_DEGRADED) return;
    h->notices++;
    if (gl_clock_now() - h->submitted[id] < (uint64_t)at[notice->kind] * GL_MS) h->early++;
    assert_true(notice->elapsed_ms >= at[notice->kind]);
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    host *h = arg;
    if (glimpse_result_status(result) == GLIMPSE_STATUS_ALIGNED) h->aligned++;
    if (++h->results == REQUESTS) event_base_loopbreak(h->base);
}

static int threads(void)
{
    char line[128];
    int count = 0;
    FILE *status = fopen("/proc/self/status", "re");
    assert_non_null(status);
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "Threads: %d", &count) == 1) break;
    fclose(status);
    return count;
}

static void set_up(host *h, const char *latency)
{
    *h = (host){ .base = event_base_new() };
    assert_non_null(h->base);
    char problem[256] = "";
    mock_options options = { .latency = latency, .seed = 1 };
    h->server = mock_server_new(h->base, &options, problem, sizeof problem);
    assert_non_null(h->server);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", mock_server_port(h->server));
    glimpse_config config;
    glimpse_config_init(&config);
    config.endpoint.base_url = url;
    config.concurrency = REQUESTS;
    config.thresholds = (glimpse_thresholds){ 30, 60, 90, 120 };
    assert_int_equal(glimpse_engine_new(h->base, &config, &h->engine, NULL), GLIMPSE_OK);
    assert_string_equal(glimpse_engine_sampler_name(h->engine), "openai");
}

static void tear_down(host *h, size_t live)
{
    glimpse_engine_free(h->engine); /* tells whoever has not been told */
    assert_int_equal(h->results, REQUESTS);
    mock_server_free(h->server);
    event_base_free(h->base);
    assert_int_equal(gl_alloc_live(), live);
}

static void submit_all(host *h)
{
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_notice = on_notice,
                                  .on_result = on_result };
    for (int i = 0; i < REQUESTS; i++) {
        char text[64];
        snprintf(text, sizeof text, "The text number %d. It says little.", i);
        glimpse_draft draft = { .input_text = text, .goal = "summarize in one sentence" };
        glimpse_id id;
        h->submitted[i + 1] = gl_clock_now();
        assert_int_equal(glimpse_submit_draft(h->engine, &draft, NULL, &observer, h, &id),
                         GLIMPSE_OK);
        assert_int_equal(id, i + 1);
    }
}

static void an_engine_lives_beside_the_callers_timers_and_sockets(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    host h;
    set_up(&h, "150ms");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, h.pair), 0);
    struct timeval every = { 0, 5000 };
    h.ticker = event_new(h.base, -1, EV_PERSIST, tick, &h);
    h.reader = event_new(h.base, h.pair[1], EV_READ | EV_PERSIST, readable, &h);
    assert_int_equal(event_add(h.ticker, &every), 0);
    assert_int_equal(event_add(h.reader, NULL), 0);
    submit_all(&h);
    event_base_dispatch(h.base);
    assert_int_equal(h.results, REQUESTS);
    assert_int_equal(h.aligned, REQUESTS);
    assert_true(h.ticks > 0);
    assert_true(h.bytes > 0);
    assert_int_equal(threads(), 1);
    event_free(h.ticker);
    event_free(h.reader);
    close(h.pair[0]);
    close(h.pair[1]);
    tear_down(&h, live);
}

static void notices_are_never_early_on_a_default_base(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    host h;
    set_up(&h, "200ms");
    submit_all(&h);
    event_base_dispatch(h.base);
    assert_int_equal(h.results, REQUESTS);
    assert_int_equal(h.notices, 4 * REQUESTS);
    assert_int_equal(h.early, 0);
    tear_down(&h, live);
}

static void freeing_an_engine_with_everything_in_flight_leaves_nothing(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    host h;
    set_up(&h, "10s");
    submit_all(&h);
    while (h.notices < REQUESTS) event_base_loop(h.base, EVLOOP_ONCE);
    tear_down(&h, live);
}

/* --- a caller that submits from a deferred call, and is answered from the cache --- */

typedef struct pinger {
    struct event_base *base;
    glimpse_engine *engine;
    struct event *again;
    int fd, left, results, results_when_read;
} pinger;

static void ping_done(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    pinger *p = arg;
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    if (++p->results == 100) assert_int_equal(write(p->fd, "x", 1), 1);
    event_active(p->again, EV_TIMEOUT, 1);
}

static void ping(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    pinger *p = arg;
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = ping_done };
    glimpse_draft draft = { .input_text = "always the same" };
    if (p->left-- == 0)
        event_base_loopbreak(p->base);
    else
        assert_int_equal(glimpse_submit_draft(p->engine, &draft, NULL, &observer, p, NULL), 0);
}

static void ping_read(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    char byte;
    pinger *p = arg;
    assert_int_equal(read(fd, &byte, 1), 1);
    p->results_when_read = p->results;
}

static void a_chain_of_cache_hits_does_not_keep_the_sockets_waiting(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    host h;
    set_up(&h, "0");
    pinger p = { .base = h.base, .engine = h.engine, .left = 1000, .results_when_read = -1 };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, h.pair), 0);
    p.again = evtimer_new(h.base, ping, &p);
    h.reader = event_new(h.base, h.pair[1], EV_READ, ping_read, &p);
    assert_int_equal(event_add(h.reader, NULL), 0);
    p.fd = h.pair[0];
    event_active(p.again, EV_TIMEOUT, 1);
    event_base_dispatch(h.base);
    assert_int_equal(p.results, 1000);
    assert_in_range(p.results_when_read, 100, 110); /* long before the chain ended */
    event_free(p.again);
    event_free(h.reader);
    close(h.pair[0]);
    close(h.pair[1]);
    h.results = REQUESTS;
    tear_down(&h, live);
}

/* --- why an engine is refused --- */

typedef struct heard {
    int count;
    char name[64], reason[128], lines[1024];
} heard;

static void hear(const glimpse_log_event *event, void *arg)
{
    heard *h = arg;
    h->count++;
    snprintf(h->name, sizeof h->name, "%s", event->name);
    snprintf(h->reason, sizeof h->reason, "%s", event->fields[1].text);
    size_t used = strlen(h->lines);
    glimpse_log_format_json(event, 0, h->lines + used, sizeof h->lines - used);
}

static void a_refused_sampler_says_why_and_tells_no_secret(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    struct event_base *base = event_base_new();
    static const char *const secret_line[] = { "X-Canary: canary\r\nX: y" };
    struct {
        const char *base_url, *key, *field;
        bool header;
    } cases[] = {
        { "ftp://canary.example/v1", "sk-canary", "endpoint.base_url", false },
        { "http://user:canary@host/v1", "sk-canary", "endpoint.base_url", false },
        { "http://host/v1", "", "endpoint.api_key", false },
        { "http://host/v1", "sk canary", "endpoint.api_key", false },
        { "http://host/v1", "sk-canary", "endpoint.headers", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        heard h = { 0 };
        glimpse_engine *engine;
        glimpse_config config;
        glimpse_config_init(&config);
        config.endpoint.base_url = cases[i].base_url;
        config.endpoint.api_key = cases[i].key;
        config.endpoint.headers = secret_line;
        config.endpoint.header_count = cases[i].header ? 1 : 0;
        config.log = hear;
        config.log_arg = &h;
        config.log_level = GLIMPSE_LOG_DEBUG;
        glimpse_problem problem;
        assert_int_equal(glimpse_engine_new(base, &config, &engine, &problem), GLIMPSE_ERR_INVALID);
        assert_null(engine);
        assert_string_equal(problem.field, cases[i].field);
        assert_true(problem.sentence[0] != '\0');
        assert_null(strstr(problem.sentence, "canary"));
        assert_int_equal(h.count, 1);
        assert_string_equal(h.name, "sampler_refused");
        assert_memory_equal(h.reason, cases[i].field, strlen(cases[i].field));
        assert_null(strstr(h.lines, "canary"));
    }
    event_base_free(base);
    assert_int_equal(gl_alloc_live(), live);
}

/* The mock in a process of its own, so that the loop here has the engine's events alone. */
static pid_t serve_elsewhere(int *port)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a claim here fails */
        char problem[256] = "";
        const mock_options options = { .latency = "1ms", .seed = 1 };
        struct event_base *base = event_base_new();
        mock_server *server = mock_server_new(base, &options, problem, sizeof problem);
        int its = server != NULL ? mock_server_port(server) : 0;
        if (write(ends[1], &its, sizeof its) != sizeof its || its == 0) _exit(1);
        event_base_dispatch(base);
        _exit(0);
    }
    assert_int_equal(read(ends[0], port, sizeof *port), sizeof *port);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void count_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    ++*(int *)arg;
}

/* After its last answer an engine has no event of its own in the loop. Over the network the
 * connections that are kept for the next request are, until the engine is freed. */
static void an_idle_engine_holds_the_loop_by_its_connections_alone(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    int port = 0;
    pid_t server = serve_elsewhere(&port);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", port);
    for (int network = 0; network < 2; network++) {
        struct event_base *base = event_base_new();
        glimpse_engine *engine;
        glimpse_config config;
        glimpse_observer observer;
        int results = 0;
        glimpse_config_init(&config);
        config.endpoint.base_url = network ? url : NULL;
        config.use_openai = network ? GLIMPSE_USE_OPENAI_ALWAYS : GLIMPSE_USE_OPENAI_NEVER;
        glimpse_observer_init(&observer);
        observer.on_result = count_result;
        assert_int_equal(glimpse_engine_new(base, &config, &engine, NULL), GLIMPSE_OK);
        for (int i = 0; i < 3; i++) {
            char text[] = "The text number 0.";
            text[16] = (char)('0' + i);
            const glimpse_draft draft = { .input_text = text };
            assert_int_equal(glimpse_submit_draft(engine, &draft, NULL, &observer, &results, NULL),
                             GLIMPSE_OK);
        }
        while (results < 3) assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
        for (int turn = 0; turn < 100; turn++) event_base_loop(base, EVLOOP_NONBLOCK);
        int left = event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED);
        assert_int_equal(left != 0, network);
        if (!network) assert_int_equal(event_base_dispatch(base), 1); /* nothing to wait for */
        glimpse_engine_free(engine);
        assert_int_equal(event_base_dispatch(base), 1);
        event_base_free(base);
    }
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_lives_beside_the_callers_timers_and_sockets),
        cmocka_unit_test(notices_are_never_early_on_a_default_base),
        cmocka_unit_test(a_chain_of_cache_hits_does_not_keep_the_sockets_waiting),
        cmocka_unit_test(a_refused_sampler_says_why_and_tells_no_secret),
        cmocka_unit_test(an_idle_engine_holds_the_loop_by_its_connections_alone),
        cmocka_unit_test(freeing_an_engine_with_everything_in_flight_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
