/* http_rig.c - see http_rig.h. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "http_rig.h"

/* evdns tells the caller's log callback about each name server that fails; default: stderr. */
static void ignore_log(int severity, const char *text)
{
    (void)severity;
    (void)text;
}

void http_rig_init(http_rig *rig)
{
    signal(SIGPIPE, SIG_IGN);
    event_set_log_callback(ignore_log);
    *rig = (http_rig){ .live_before = gl_alloc_live() };
    rig->base = event_base_new();
    rig->loop = gl_loop_new(rig->base);
    rig->server = fault_server_new(rig->base);
    assert_non_null(rig->loop);
}

gl_http_config http_rig_config(const http_rig *rig, char *url, size_t size)
{
    snprintf(url, size, "http://127.0.0.1:%d/v1", fault_server_port(rig->server));
    return (gl_http_config){ .base_url = url,
                             .version = GLIMPSE_HTTP_1_1,
                             .max_response_bytes = (size_t)1024 * 1024,
                             .max_connections = 1000 };
}

void http_rig_open(http_rig *rig, const gl_http_config *config)
{
    char url[64];
    gl_http_config usual = http_rig_config(rig, url, sizeof url);
    glimpse_problem problem = { .sentence = "" };
    assert_int_equal(
        gl_http_new(rig->loop, rig->base, config != NULL ? config : &usual, &rig->http, &problem),
        GLIMPSE_OK);
    assert_string_equal(problem.sentence, "");
}

void http_rig_end(http_rig *rig)
{
    gl_http_free(rig->http);
    if (rig->server != NULL) fault_server_free(rig->server);
    event_base_loop(rig->base, EVLOOP_NONBLOCK);
    event_base_loop(rig->base, EVLOOP_NONBLOCK);
    gl_loop_free(rig->loop);
    event_base_free(rig->base);
    assert_int_equal(gl_alloc_live(), rig->live_before);
}

static void progressed(void *arg, glimpse_progress progress)
{
    http_call *call = arg;
    if (call->progress[progress]++ == 0) call->order[call->order_len++] = progress;
    if (progress == GLIMPSE_PROGRESS_CONNECTED) call->rig->connected++;
    if (progress == GLIMPSE_PROGRESS_SENT) call->rig->sent++;
}

static void opened(void *arg, const glimpse_opening *opening)
{
    http_call *call = arg;
    call->openings++;
    call->opening = *opening;
    assert_int_equal(call->progress[GLIMPSE_PROGRESS_CONNECTED], 0);
}

static void note(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from != NULL ? from : "");
}

static void ended(void *arg, const gl_http_response *response)
{
    http_call *call = arg;
    call->done++;
    call->transfer = NULL;
    call->error = response->error;
    call->status = response->status;
    call->reused = response->reused;
    note(call->message, sizeof call->message, response->message);
    note(call->retry_after, sizeof call->retry_after, response->retry_after);
    note(call->request_id, sizeof call->request_id, response->request_id);
    note(call->content_type, sizeof call->content_type,
         gl_http_header(response->headers, "content-type"));
    call->body_len = response->body.len;
    call->body = calloc(1, call->body_len + 1);
    assert_non_null(call->body);
    if (call->body_len != 0) memcpy(call->body, response->body.data, call->body_len);
    call->rig->done++;
    if (call->then != NULL) call->then(call);
}

void http_call_start(http_rig *rig, http_call *call, const char *path, const char *body)
{
    static const gl_http_observer observer = { .progress = progressed,
                                               .opened = opened,
                                               .done = ended };
    call->rig = rig;
    memset(call->progress, 0, sizeof call->progress); /* of one that was cancelled */
    call->order_len = 0;
    call->transfer = gl_http_start(rig->http, path, gl_slice_str(body), &observer, call);
    assert_non_null(call->transfer);
    assert_int_equal(call->done, 0);
}

void http_call_free(http_call *call)
{
    free(call->body);
    *call = (http_call){ 0 };
}

static void expired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    *(bool *)arg = true;
}

static void run(http_rig *rig, const size_t *count, size_t target, int ms, bool must_reach)
{
    bool late = false;
    struct event *guard = evtimer_new(rig->base, expired, &late);
    struct timeval limit = { ms / 1000, (ms % 1000) * 1000 };
    evtimer_add(guard, &limit);
    while (!late && (count == NULL || *count < target)) event_base_loop(rig->base, EVLOOP_ONCE);
    event_free(guard);
    if (must_reach) assert_true(*count >= target);
}

void http_rig_run(http_rig *rig, const size_t *count, size_t target)
{
    run(rig, count, target, 60000, true);
}

void http_rig_run_requests(http_rig *rig, size_t target)
{
    bool late = false;
    struct event *guard = evtimer_new(rig->base, expired, &late);
    struct timeval limit = { 60, 0 };
    evtimer_add(guard, &limit);
    while (!late && fault_server_requests(rig->server) < target)
        event_base_loop(rig->base, EVLOOP_ONCE);
    event_free(guard);
    assert_true(fault_server_requests(rig->server) >= target);
}

void http_rig_pass(http_rig *rig, int ms)
{
    run(rig, NULL, 0, ms, false);
}

void http_call_run(http_rig *rig, http_call *call, const char *path, const char *body)
{
    http_call_start(rig, call, path, body);
    http_rig_run(rig, &rig->done, rig->done + 1);
    assert_int_equal(call->done, 1);
}

size_t http_rig_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(tasks)) != NULL) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

int http_rig_closed_port(int *fd)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}
