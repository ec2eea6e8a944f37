/*
 * beside.c - batch_beside of batch_run.h: a host program with two endpoints on one loop, one of
 * which is the fault. The faulty one is asked twice at once; the other one twenty times, one after
 * another, beginning in the same turn.
 */
#include <fcntl.h>

#include "base/alloc.h"
#include "batch_run.h"

enum { FAULTY = 2, HEALTHY = 20, DEADLINE_MS = 2000, PATIENCE_MS = 60000 };
/* Of one request: I7. It ends, on a busy machine too. */
#define MOST_NS ((DEADLINE_MS + 30000) * (int64_t)1000000)

typedef struct host {
    struct event_base *base;
    glimpse_engine *faulty, *healthy;
    FILE *log;
    int results, aligned; /* of the faulty endpoint, of the other */
} host;

static void on_log(const glimpse_log_event *event, void *arg)
{
    host *h = arg;
    fprintf(h->log, "%s", event->name);
    for (size_t i = 0; i < event->field_count; i++) {
        const glimpse_log_field *field = &event->fields[i];
        fprintf(h->log, " %s=%s", field->name, field->text != NULL ? field->text : "#");
    }
    fputc('\n', h->log);
}

/* What holds for either: it is told once, in time, and written down. */
static void look(host *h, const glimpse_result *result)
{
    char *record = NULL;
    assert_int_equal(glimpse_result_to_json(result, NULL, &record, NULL), GLIMPSE_OK);
    fprintf(h->log, "%s\n", record);
    glimpse_free(record);
    assert_in_range(glimpse_result_timings(result)->total_ns, 0, MOST_NS);
    if (h->aligned + h->results + 1 == HEALTHY + FAULTY) event_base_loopbreak(h->base);
}

static void on_fault(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    host *h = arg;
    look(h, result);
    h->results++;
}

static void ask_healthy(host *h);

static void on_health(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    host *h = arg;
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(glimpse_result_attempts(result), 1);
    look(h, result);
    if (++h->aligned < HEALTHY) ask_healthy(h);
}

typedef void on_result_fn(glimpse_id id, const glimpse_result *result, void *arg);

static void ask(host *h, glimpse_engine *engine, on_result_fn *on_result, int number)
{
    char body[100];
    snprintf(body, sizeof body, "{\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}", number);
    glimpse_chat chat = { .body = body };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = on_result };
    assert_int_equal(glimpse_submit_chat(engine, &chat, NULL, &observer, h, NULL), GLIMPSE_OK);
}

static void ask_healthy(host *h)
{
    ask(h, h->healthy, on_health, h->aligned);
}

static glimpse_engine *engine_at(host *h, const char *url, const glimpse_config *wanted)
{
    glimpse_config config;
    glimpse_engine *engine;
    glimpse_config_init(&config);
    if (wanted != NULL) config = *wanted;
    config.endpoint.base_url = url;
    config.endpoint.api_key = CANARY;
    config.base_delay_ms = 5;
    config.max_attempts = 2;
    config.seed = 1;
    config.fallback_on = false;
    config.deadline_ms = wanted != NULL ? DEADLINE_MS : PATIENCE_MS;
    config.log = on_log;
    config.log_arg = h;
    config.log_level = GLIMPSE_LOG_DEBUG;
    assert_int_equal(glimpse_engine_new(h->base, &config, &engine, NULL), GLIMPSE_OK);
    return engine;
}

static int count_open(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

void batch_beside(batch_run *run, const glimpse_config *config)
{
    size_t live = gl_alloc_live(), path_size = strlen(run->dir) + sizeof "/beside";
    char url[64], *path = batch_keep(run, path_size);
    fault_server *other = fault_server_new(run->base);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", fault_server_port(other));
    fault_server_play(other, batch_good(run));
    snprintf(path, path_size, "%s/beside", run->dir);
    /* The server's ends of the run before. */
    const struct timeval guard = { 60, 0 };
    event_base_loopexit(run->base, &guard);
    while (fault_server_open(run->server) > 0 && !event_base_got_exit(run->base))
        event_base_loop(run->base, EVLOOP_ONCE);
    assert_int_equal(fault_server_open(run->server), 0);
    int open = count_open();
    host h = { .base = run->base, .log = fopen(path, "w") };
    assert_non_null(h.log);
    h.faulty = engine_at(&h, run->url, config);
    h.healthy = engine_at(&h, url, NULL);
    for (int i = 0; i < FAULTY; i++) ask(&h, h.faulty, on_fault, i);
    ask_healthy(&h);
    event_base_loopexit(run->base, &guard);
    event_base_dispatch(run->base);
    assert_int_equal(h.aligned, HEALTHY);
    assert_int_equal(h.results, FAULTY);
    assert_int_equal(fault_server_requests(other), HEALTHY);
    glimpse_engine_free(h.faulty);
    glimpse_engine_free(h.healthy);
    fclose(h.log);
    /* The servers' ends of the connections are this process's, too: they close as they notice. */
    event_base_loopexit(run->base, &guard);
    while (count_open() > open && !event_base_got_exit(run->base))
        event_base_loop(run->base, EVLOOP_ONCE);
    assert_int_equal(count_open(), open); /* I8 */
    assert_int_equal(gl_alloc_live(), live);
    fault_server_free(other);
    batch_no_key(run, "beside");
    run->checked |= 1u << 9;
}
