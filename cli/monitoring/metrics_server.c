/*
 * metrics_server.c - --metrics: its listener, and its page: glimpse_metrics_text and figures of the
 * process. metrics_http.c talks to clients.
 *
 * It never keeps a command running: each ends by breaking its loop.
 */
#include "monitoring/metrics_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "exits.h"
#include "load/resources.h"
#include "monitoring/metrics_http.h"
#include "options/listen_address.h"
#include "say.h"

#define BACKLOG 16
/* Ten measurements a second: a loop that is blocked for longer than a tenth of a second shows in
 * one. */
#define LAG_EVERY_MS 100

struct metrics_server {
    metrics_http *http;
    glimpse_engine *engine;
    metrics_more more; /* NULL: none */
    void *more_arg;
};

/* --- the listener ----------------------------------------------------------------------------- */

static socklen_t length_of(const listen_address *at)
{
    return at->any.sa_family == AF_INET6 ? sizeof at->v6 : sizeof at->v4;
}

static bool open_socket(int *fd, listen_address *at)
{
    int on = 1;
    socklen_t len = length_of(at);
    *fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return *fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(*fd, &at->any, len) == 0 && listen(*fd, BACKLOG) == 0 &&
           getsockname(*fd, &at->any, &len) == 0;
}

int metrics_listen(const cli_settings *settings, int *fd)
{
    listen_address at;
    char name[512], host[INET6_ADDRSTRLEN] = "";
    *fd = -1;
    if (settings->metrics == NULL || listen_address_read(settings->metrics, &at) != NULL) return 0;
    bool v6 = at.any.sa_family == AF_INET6, any_port = (v6 ? at.v6.sin6_port : at.v4.sin_port) == 0;
    if (!open_socket(fd, &at)) {
        say("%s: cannot listen on %s: %s", settings_name_of(settings, "metrics", name, sizeof name),
            settings->metrics, strerror(errno));
        if (*fd >= 0) close(*fd);
        *fd = -1;
        return EXIT_OS_LIMIT;
    }
    if (settings->quiet && !any_port) return 0;
    inet_ntop(at.any.sa_family, v6 ? (const void *)&at.v6.sin6_addr : (const void *)&at.v4.sin_addr,
              host, sizeof host);
    say("metrics at http://%s%s%s:%u/metrics", v6 ? "[" : "", host, v6 ? "]" : "",
        (unsigned)ntohs(v6 ? at.v6.sin6_port : at.v4.sin_port));
    return 0;
}

/* --- figures of the process ------------------------------------------------------------------- */

static void tell_number(gl_buf *text, const char *name, const char *help, int64_t value)
{
    if (value < 0) return; /* not known */
    gl_buf_printf(text, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRId64 "\n", name, help, name, name,
                  value);
}

/* Under the names that Prometheus' own clients give them. */
static void tell_process(gl_buf *text)
{
    load_resources now;
    struct rlimit limit;
    load_resources_read(&now);
    tell_number(text, "process_resident_memory_bytes", "Resident memory.", now.rss_bytes);
    tell_number(text, "process_open_fds", "Open file descriptors.", now.descriptors);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= INT32_MAX)
        tell_number(text, "process_max_fds", "The most of them.", (int64_t)limit.rlim_cur);
    gl_buf_printf(text,
                  "# HELP process_cpu_seconds_total Processor time, user and system.\n"
                  "# TYPE process_cpu_seconds_total counter\n"
                  "process_cpu_seconds_total %.6f\n",
                  now.cpu_user_s + now.cpu_system_s);
}

/* --- life --------------------------------------------------------------------------------------
 */

static bool tell(gl_buf *text, void *arg)
{
    const metrics_server *server = arg;
    char *engine;
    size_t len;
    if (glimpse_metrics_text(server->engine, &engine, &len) != GLIMPSE_OK) return false;
    gl_buf_append(text, engine, len);
    glimpse_free(engine);
    if (server->more != NULL) server->more(text, server->more_arg);
    tell_process(text);
    return true;
}

metrics_server *metrics_serve(int fd, struct event_base *base, glimpse_engine *engine)
{
    metrics_server *server = gl_calloc(1, sizeof *server);
    if (server == NULL) return NULL;
    metrics_show(server, engine);
    server->http = metrics_http_new(base, fd, tell, server);
    if (server->http != NULL) return server;
    metrics_stop(server);
    return NULL;
}

void metrics_add(metrics_server *server, metrics_more more, void *arg)
{
    if (server == NULL) return;
    server->more = more;
    server->more_arg = arg;
}

void metrics_show(metrics_server *server, glimpse_engine *engine)
{
    if (server == NULL) return;
    server->engine = engine;
    glimpse_engine_watch_loop(engine, LAG_EVERY_MS); /* without memory for it, one row is missing */
}

void metrics_stop(metrics_server *server)
{
    if (server == NULL) return;
    metrics_http_free(server->http);
    gl_free(server);
}
