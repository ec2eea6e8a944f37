/*
 * mock.c - the server: set up on the HTTP server of frontends/http, with the clock of the answers
 * that wait.
 *
 * Owns one heap of due times with one timer at its head. Called by the program's `mock` command, by
 * tests and by the benchmarks.
 */
#include "mock/mock.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "http/listen.h"
#include "mock/relay.h"
#include "mock/settings.h"

#define BODY_MAX    ((size_t)256 * 1024 * 1024) /* 2048 embeddings of 3072 floats are 63 MB */
#define HEADERS_MAX ((size_t)4096)

/* --- due answers ------------------------------------------------------------------------------ */

static void arm_timer(struct mock_server *server)
{
    gl_time next = gl_heap_next(&server->due);
    if (next == server->timer_at) return;
    server->timer_at = next;
    if (next == GL_TIME_NEVER) {
        event_del(&server->timer);
        return;
    }
    uint64_t us = (gl_time_since(next, gl_clock_now()) + GL_US - 1) / GL_US;
    struct timeval delay = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
    /* Without memory for libevent's heap the timer fires once a turn and is not lost. */
    if (event_add(&server->timer, &delay) != 0) event_active(&server->timer, EV_TIMEOUT, 1);
}

void mock_server_set_due(struct mock_server *server, mock_conn *conn, gl_time when)
{
    gl_heap_set(&server->due, &conn->due, when);
    arm_timer(server);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct mock_server *server = arg;
    gl_time now = gl_clock_now(); /* a coarse base fires early: look before answering */
    server->timer_at = GL_TIME_NEVER;
    while (gl_heap_next(&server->due) <= now) {
        gl_heap_entry *top = gl_heap_top(&server->due);
        gl_heap_remove(&server->due, top);
        mock_conn_due(GL_CONTAINER(top, mock_conn, due));
    }
    server->timer_at = GL_TIME_NEVER;
    arm_timer(server);
}

/* --- life ------------------------------------------------------------------------------------- */

/* Puts the rules that live in other places there; changed ones begin anew. */
static void apply_rules(struct mock_server *server, const mock_rules *before)
{
    const mock_rules *rules = &server->rules;
    gl_time now = gl_clock_now();
    if (rules->rpm != before->rpm || rules->tpm != before->tpm)
        mock_limits_init(&server->limits, rules->rpm, rules->tpm, now);
    if (rules->quota != before->quota) server->quota_used = 0;
    server->files.faults = rules->batch_faults;
    server->batches.latency = rules->batch_latency;
    server->batches.most_tokens = rules->most_batch_tokens;
    server->model.names = rules->models;
    server->model.reasoning = rules->reasoning;
    httpd_set_body_limit(server->http, rules->max_body != 0 ? rules->max_body : MOCK_BODY_MAX);
    server->capacity.places = rules->places;
    server->capacity.longest = rules->longest;
    mock_conn_start_waiting(server);
}

static void seed_draws(struct mock_server *server)
{
    uint64_t seed = server->options.seed;
    gl_rng_seed(&server->latency_rng, seed);
    gl_rng_seed(&server->fault_rng, ~seed);
    gl_rng_seed(&server->ttft_rng, seed + 1);
    gl_rng_seed(&server->gap_rng, seed + 2);
    gl_rng_seed(&server->wait_rng, seed + 3);
}

static bool same_text(const char *a, const char *b)
{
    return gl_slice_equal(gl_slice_str(a), gl_slice_str(b));
}

/* Takes a script in place of the last one; on an error the last one stays. */
static bool take_script(struct mock_server *server, const char *path, char *problem, size_t size)
{
    mock_script script;
    if (!mock_script_read(&script, path, problem, size)) return false;
    mock_script_free(&server->model.script);
    server->model.script = script;
    return true;
}

bool mock_server_take(struct mock_server *server, mock_options *options, char *problem,
                      size_t problem_size)
{
    mock_rules rules, before = server->rules;
    mock_options old = server->options;
    if (!mock_rules_read(&rules, options, problem, problem_size)) return false;
    if (!same_text(old.script, options->script) &&
        !take_script(server, options->script, problem, problem_size)) {
        mock_rules_free(&rules);
        return false;
    }
    /* Changed windows are in the future: they count from now. */
    bool windows = !same_text(old.outage, options->outage) || !same_text(old.stall, options->stall);
    if (windows && server->windows_from != GL_TIME_NEVER) server->windows_from = gl_clock_now();
    server->rules = rules;
    server->options = *options;
    if (old.seed != options->seed) seed_draws(server);
    if (!same_text(old.fault, options->fault)) server->good = 0; /* #3 is the third from now */
    apply_rules(server, &before);
    mock_rules_free(&before);
    mock_settings_free(&old);
    return true;
}

/* Empties the store, and starts its random numbers anew. */
static void store_nothing(struct mock_server *server)
{
    mock_batches_free(&server->batches);
    mock_files_free(&server->files);
    server->batches = (mock_batches){ 0 };
    mock_batches_init(&server->batches, &server->files, &server->model, server->options.seed);
}

void mock_server_reset(struct mock_server *server)
{
    const gl_node *end = &server->connections.head;
    for (gl_node *node = end->next; node != end; node = node->next)
        GL_CONTAINER(node, mock_conn, node)->counted = false;
    mock_stats_free(&server->stats);
    mock_stats_init(&server->stats, gl_clock_now());
    server->metrics = (mock_metrics){ 0 };
    server->replayed = server->replay_misses = 0;
    mock_tape_rewind(&server->tape);
    mock_journal_clear(&server->journal);
    mock_script_rewind(&server->model.script);
    seed_draws(server);
    store_nothing(server);
    server->windows_from = GL_TIME_NEVER;
    server->good = server->quota_used = server->closed = server->next_request_id = 0;
    server->capacity.queue_peak = server->capacity.queued_requests = 0;
    mock_limits_init(&server->limits, server->rules.rpm, server->rules.tpm, gl_clock_now());
    apply_rules(server, &server->rules);
}

/* Sets up memory, and the parts without options. */
static void init_parts(struct mock_server *server, struct event_base *base)
{
    server->base = base;
    server->record_fd = -1;
    server->timer_at = server->windows_from = GL_TIME_NEVER;
    gl_list_init(&server->connections);
    gl_heap_init(&server->due);
    gl_buf_init(&server->body, BODY_MAX);
    gl_buf_init(&server->line, 2 * BODY_MAX);
    gl_buf_init(&server->ends, BODY_MAX);
    mock_answer_init(&server->answer, BODY_MAX);
    gl_buf_init(&server->headers, HEADERS_MAX);
    mock_stats_init(&server->stats, gl_clock_now());
    mock_capacity_init(&server->capacity, 0, 0);
    event_assign(&server->timer, base, -1, 0, timer_fired, server);
}

/* Only a pause between requests may be long: idle timeouts are the client's to test, and no test
 * has to wait for one. */
static bool make_http(struct mock_server *server, const mock_options *options)
{
    httpd_handler handler = mock_conn_handler;
    httpd_options http;
    httpd_options_default(&http);
    handler.arg = server;
    http.deadlines.idle = http.deadlines.linger = 0;
    http.memory = options->memory > 0 ? (size_t)options->memory : 0;
    http.keep_alive_s = 0;
    server->http = httpd_server_new(server->base, &http, &handler);
    return server->http != NULL;
}

/* Sets up every part that can fail for want of memory. */
static bool make_parts(struct mock_server *server, const mock_options *options, char *problem,
                       size_t problem_size)
{
    int64_t journal = options->journal;
    if (journal < 0 || journal > MOCK_JOURNAL_MAX) {
        snprintf(problem, problem_size, "journal: not in 0 to %d", MOCK_JOURNAL_MAX);
        return false;
    }
    server->sha = gl_sha256_new();
    if (server->sha != NULL && make_http(server, options) &&
        mock_journal_init(&server->journal, (size_t)journal) &&
        mock_settings_copy(&server->first_options, options))
        return true;
    snprintf(problem, problem_size, "out of memory, or libcrypto has no SHA-256");
    return false;
}

static bool start_listening(struct mock_server *server, char *problem, size_t problem_size)
{
    const char *host = server->options.host != NULL ? server->options.host : "127.0.0.1";
    int fd = httpd_listen_tcp(host, server->options.port, problem, problem_size);
    if (fd < 0) return false;
    server->port = httpd_port_of(fd);
    if (httpd_listen(server->http, fd)) return true;
    snprintf(problem, problem_size, "the event loop refused the listening socket");
    return false;
}

mock_server *mock_server_new(struct event_base *base, const mock_options *options, char *problem,
                             size_t problem_size)
{
    mock_server *server = gl_calloc(1, sizeof *server);
    if (server == NULL) {
        snprintf(problem, problem_size, "out of memory");
        return NULL;
    }
    init_parts(server, base);
    if (make_parts(server, options, problem, problem_size) &&
        mock_settings_copy(&server->options, options)) {
        mock_batches_init(&server->batches, &server->files, &server->model, options->seed);
        if (mock_rules_read(&server->rules, &server->options, problem, problem_size) &&
            take_script(server, options->script, problem, problem_size)) {
            const mock_rules none = { 0 };
            apply_rules(server, &none);
            seed_draws(server);
            if (mock_record_init(server, options, problem, problem_size) &&
                (options->replay == NULL ||
                 mock_tape_read(&server->tape, options->replay, problem, problem_size)) &&
                start_listening(server, problem, problem_size))
                return server;
        }
    }
    mock_server_free(server);
    return NULL;
}

const char *mock_server_recording(const mock_server *server, uint64_t *recorded,
                                  uint64_t *not_recorded)
{
    *recorded = server->recorded;
    *not_recorded = server->not_recorded;
    return server->record_error != 0 ? strerror(server->record_error) : NULL;
}

int mock_server_port(const mock_server *server)
{
    return server->port;
}

void mock_server_free(mock_server *server)
{
    if (server == NULL) return;
    httpd_server_free(server->http);
    event_del(&server->timer);
    gl_heap_free(&server->due);
    mock_rules_free(&server->rules);
    mock_settings_free(&server->options);
    mock_settings_free(&server->first_options);
    mock_script_free(&server->model.script);
    mock_journal_free(&server->journal);
    mock_record_free(server);
    mock_tape_free(&server->tape);
    gl_buf_free(&server->body);
    gl_buf_free(&server->ends);
    gl_buf_free(&server->line);
    mock_answer_free(&server->answer);
    gl_buf_free(&server->headers);
    mock_batches_free(&server->batches);
    mock_files_free(&server->files);
    gl_sha256_free(server->sha);
    mock_stats_free(&server->stats);
    gl_free(server);
}
