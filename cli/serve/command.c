/*
 * command.c - `glimpse serve`: the gateway of frontends/gateway as a command: its sockets, its
 * engine, its signals.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "commands.h"
#include "exits.h"
#include "files/port_file.h"
#include "files/whole_file.h"
#include "gateway/gateway.h"
#include "options/endpoints.h"
#include "options/loopback.h"
#include "say.h"
#include "serve/access_log.h"
#include "serve/listeners.h"
#include "session.h"
#include "signals.h"

/* Descriptors beside those of clients and of the endpoint's connections: the store, logs, pipes. */
#define KEPT_DESCRIPTORS  32
#define CONNECTIONS_LEAST 8

/* Proxies cut what is silent for 60 s, and count on less with a second one between. */
#define PING_MS 15000
/* A readiness probe looks each 1 to 10 s. */
#define STILL_ACCEPTING_MS 5000
/* A key has some 300 bytes in the file. */
#define KEYS_FILE_MAX ((size_t)64 * 1024 * 1024)
#define WHY_SIZE      400

#define LISTEN_DEFAULT "127.0.0.1:8080"

typedef struct serve {
    cli_session session;
    cli_settings *settings;
    listeners listeners;
    access_log *access; /* NULL: none is asked for */
    gateway *gate;
} serve;

/* --- addresses -------------------------------------------------------------------------------- */

/* Anybody who reaches an address without keys spends the endpoint's key. */
static int check_exposed(const serve *s)
{
    if (s->settings->serve.keys != NULL) return 0;
    for (size_t i = 0; i < s->listeners.count; i++) {
        if (!s->listeners.items[i].exposed) continue;
        say("--listen: other machines reach %s, and whoever reaches it would spend the endpoint's "
            "key: give --keys FILE, or listen on 127.0.0.1 or unix:PATH",
            s->listeners.items[i].address);
        return EXIT_VALUE;
    }
    return 0;
}

/* Any page in a browser of somebody who reaches the gateway. */
static int check_pages(const serve *s)
{
    const text_list *cors = &s->settings->serve.cors;
    for (size_t i = 0; s->settings->serve.keys == NULL && i < cors->count; i++) {
        if (strcmp(cors->items[i], "*") != 0) continue;
        say("--cors: without --keys FILE any web page would spend the endpoint's key: name the "
            "origins that may ask");
        return EXIT_VALUE;
    }
    return 0;
}

static int open_listeners(serve *s)
{
    const text_list *texts = &s->settings->serve.listen;
    char name[512];
    passed sockets;
    const char *fault = passed_read(&sockets);
    int code = fault == NULL ? listeners_take(&s->listeners, &sockets) : EXIT_VALUE;
    passed_free(&sockets);
    if (fault != NULL) say("%s", fault);
    settings_name_of(s->settings, "listen", name, sizeof name);
    if (code == 0 && texts->count == 0 && s->listeners.count == 0)
        code = listeners_open(&s->listeners, LISTEN_DEFAULT, "--listen");
    for (size_t i = 0; code == 0 && i < texts->count; i++)
        code = listeners_open(&s->listeners, texts->items[i], name);
    if (code == 0) code = check_exposed(s);
    return code == 0 ? check_pages(s) : code;
}

/* Prints where it serves, after --port-file is written: a reader of the line finds the file. */
static int announce(const serve *s)
{
    const char *file = s->settings->serve.port_file;
    int port = 0;
    for (size_t i = 0; i < s->listeners.count && port == 0; i++) port = s->listeners.items[i].port;
    if (file != NULL && port == 0) {
        say("--port-file: none of the addresses has a port");
        return EXIT_USAGE;
    }
    if (file != NULL && !port_file_write(file, port)) {
        say("--port-file: %s: %s", file, strerror(errno));
        return EXIT_IO;
    }
    for (size_t i = 0; i < s->listeners.count; i++)
        printf("serving %s%s\n", s->listeners.items[i].address,
               s->listeners.items[i].port != 0 ? "/v1" : "");
    return say_flush_stdout() ? 0 : EXIT_IO;
}

/* --- the gateway ------------------------------------------------------------------------------ */

/* The endpoint's connections come first: clients have what is left of the descriptors. */
static size_t most_connections(const cli_settings *settings)
{
    struct rlimit limit;
    size_t most = (size_t)settings->serve.max_connections;
    size_t taken = (size_t)settings->engine.concurrency + KEPT_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return most;
    size_t room = limit.rlim_cur > taken ? (size_t)limit.rlim_cur - taken : 0;
    if (room < CONNECTIONS_LEAST) room = CONNECTIONS_LEAST;
    if (room >= most) return most;
    say("note: %zu client connections at most, of %lld (--max-connections), for want of "
        "descriptors (ulimit -n)",
        room, (long long)settings->serve.max_connections);
    return room;
}

static void show_metrics(gl_buf *text, void *arg)
{
    serve *s = arg;
    gateway_metrics(s->gate, text);
}

static int open_gateway(serve *s)
{
    const cli_settings *settings = s->settings;
    const gateway_config config = {
        .base = s->session.base,
        .engine = s->session.engine,
        .endpoint = &settings->engine.endpoint,
        .pool = settings->engine.pool,
        .max_body = (size_t)settings->serve.max_body,
        .max_connections = most_connections(settings),
        .queue = (size_t)settings->serve.queue,
        .queue_timeout_ms = settings->serve.queue_timeout_ms,
        .deadline_ms = settings->engine.deadline_ms,
        .max_attempts = settings->engine.max_attempts,
        .cache_control = settings->engine.cache_control,
        .profiles = settings->engine.profiles,
        .keys = settings->serve.keys != NULL,
        .ping_ms = PING_MS,
        .salts = settings->serve.salts,
        .finish = settings->serve.on_disconnect != 0,
        .notices = settings->serve.notices,
        .fallback = settings->engine.fallback_on,
        .hides_cache = !settings->serve.cache_headers,
        .still_accepting_ms = STILL_ACCEPTING_MS,
        .is_here = loopback_host,
        .cors = settings->serve.cors.items,
        .cors_count = settings->serve.cors.count,
        .ended = s->access != NULL ? access_log_write : NULL,
        .ended_arg = s->access,
    };
    s->gate = gateway_new(&config);
    for (size_t i = 0; s->gate != NULL && i < s->listeners.count; i++) {
        int fd = s->listeners.items[i].fd;
        s->listeners.items[i].fd = -1; /* the gateway's now */
        if (!gateway_listen(s->gate, fd)) {
            gateway_free(s->gate);
            s->gate = NULL;
        }
    }
    if (s->gate != NULL) {
        metrics_add(s->session.metrics, show_metrics, s);
        return 0;
    }
    say("the gateway cannot be set up");
    return EXIT_OS_LIMIT;
}

/* --- logs ------------------------------------------------------------------------------------- */

static int open_access_log(serve *s)
{
    const char *path = s->settings->serve.access_log;
    return path != NULL ? access_log_open(&s->access, s->session.base, path, "--access-log") : 0;
}

static void note(serve *s, glimpse_log_level level, const char *name, const char *file,
                 const char *reason)
{
    const glimpse_log_field fields[] = { { "file", file, 0 }, { "reason", reason, 0 } };
    const glimpse_log_event event = {
        .level = level, .name = name, .fields = fields, .field_count = reason != NULL ? 2 : 1
    };
    if (level <= s->settings->engine.log_level) log_sink_write(&event, &s->session.log);
}

/* What rotates logs moves a file away, and sends SIGHUP for a new one. */
static void reopen_logs(serve *s)
{
    if (!log_sink_reopen(&s->session.log))
        note(s, GLIMPSE_LOG_ERROR, "log_not_reopened", s->settings->log_file, strerror(errno));
    if (!access_log_reopen(s->access))
        note(s, GLIMPSE_LOG_ERROR, "log_not_reopened", s->settings->serve.access_log,
             strerror(errno));
}

/* --- the files of keys and endpoints ---------------------------------------------------------- */

/* NULL: why has the reason, and no file is named in it. */
static char *read_keys(const serve *s, size_t *len, char *why, size_t size)
{
    const char *problem;
    char *text = whole_file_read(s->settings->serve.keys, KEYS_FILE_MAX, len, &problem);
    if (text == NULL) snprintf(why, size, "%s", problem);
    return text;
}

static int open_keys(const serve *s)
{
    char why[WHY_SIZE], name[512];
    size_t len;
    if (s->settings->serve.keys == NULL) return 0;
    char *text = read_keys(s, &len, why, sizeof why);
    bool good = text != NULL && gateway_load_keys(s->gate, gl_slice_of(text, len), why, sizeof why);
    gl_free(text);
    if (good) return 0;
    say("%s: %s: %s", settings_name_of(s->settings, "keys", name, sizeof name),
        s->settings->serve.keys, why);
    return EXIT_VALUE;
}

/* Both files as they are now, read and checked. */
typedef struct newer {
    char *keys; /* NULL: there is no such file */
    size_t keys_len;
    struct endpoints *endpoints; /* NULL: there is no such file */
    char why[2 * WHY_SIZE];      /* one of them was refused: its name, and the reason */
} newer;

/* Reports a file that was refused. Returns false. */
static bool refuse_file(serve *s, newer *files, const char *event, const char *file,
                        const char *why)
{
    note(s, GLIMPSE_LOG_ERROR, event, file, why);
    snprintf(files->why, sizeof files->why, "%s: %s", file, why);
    return false;
}

/* false: after a note on the first file that is wrong. */
static bool read_newer(serve *s, newer *to)
{
    char why[WHY_SIZE];
    const cli_settings *settings = s->settings;
    if (settings->serve.keys != NULL) {
        to->keys = read_keys(s, &to->keys_len, why, sizeof why);
        if (to->keys == NULL ||
            !gateway_check_keys(gl_slice_of(to->keys, to->keys_len), why, sizeof why))
            return refuse_file(s, to, "keys_refused", settings->serve.keys, why);
    }
    if (settings->endpoints == NULL) return true;
    to->endpoints = settings_read_endpoints(settings, why, sizeof why);
    return to->endpoints != NULL ||
           refuse_file(s, to, "endpoints_refused", settings->endpoints, why);
}

/* What may be refused comes first, so that both files are taken or none. */
static bool take_newer(serve *s, newer *from)
{
    char why[WHY_SIZE];
    glimpse_problem problem;
    if (from->endpoints != NULL) {
        const glimpse_pool *pool = endpoints_pool(from->endpoints);
        if (glimpse_engine_set_pool(s->session.engine, pool, &problem) != GLIMPSE_OK) {
            snprintf(why, sizeof why, "%s: %s", problem.field, problem.sentence);
            return refuse_file(s, from, "endpoints_refused", s->settings->endpoints, why);
        }
        if (!gateway_set_pool(s->gate, pool))
            note(s, GLIMPSE_LOG_ERROR, "models_not_listed", s->settings->endpoints,
                 "out of memory");
        note(s, GLIMPSE_LOG_INFO, "endpoints_loaded", s->settings->endpoints, NULL);
        endpoints_free(s->settings->read_endpoints);
        s->settings->read_endpoints = from->endpoints;
        s->settings->engine.pool = pool;
        from->endpoints = NULL;
    }
    if (from->keys == NULL) return true;
    if (!gateway_load_keys(s->gate, gl_slice_of(from->keys, from->keys_len), why, sizeof why))
        return refuse_file(s, from, "keys_refused", s->settings->serve.keys, why);
    note(s, GLIMPSE_LOG_INFO, "keys_loaded", s->settings->serve.keys, NULL);
    return true;
}

/* A file that is wrong changes nothing, of the other one neither. */
static void reload(serve *s)
{
    newer files = { .keys = NULL };
    if (s->settings->serve.keys == NULL && s->settings->endpoints == NULL) return;
    bool loaded = read_newer(s, &files) && take_newer(s, &files);
    gateway_note_reload(s->gate, loaded);
    if (s->session.alerts != NULL) alert_command_tell_reload(s->session.alerts, !loaded, files.why);
    gl_free(files.keys);
    endpoints_free(files.endpoints);
}

static void hung_up(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    reopen_logs(arg);
    reload(arg);
}

static int print_new_key(const char *name)
{
    char key[GATEWAY_KEY_SIZE], *line;
    if (!gateway_new_key(name, key, &line)) {
        say("--new-key: the system gives no random bytes");
        return EXIT_OS_LIMIT;
    }
    printf("%s\n%s\n", key, line);
    explicit_bzero(key, sizeof key);
    gl_free(line);
    return 0;
}

/* All names are checked first: a key that is shown is not followed by a refusal. */
static int print_new_keys(const text_list *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *problem = gateway_name_check(gl_slice_str(names->items[i]));
        for (size_t j = 0; j < i && problem == NULL; j++)
            if (strcmp(names->items[i], names->items[j]) == 0) problem = "is given twice";
        if (problem == NULL) continue;
        say("--new-key: the name %s", problem);
        return EXIT_VALUE;
    }
    for (size_t i = 0; i < names->count; i++) {
        int code = print_new_key(names->items[i]);
        if (code != 0) return code;
    }
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}

/* --- its life --------------------------------------------------------------------------------- */

static void drained(void *arg)
{
    serve *s = arg;
    event_base_loopbreak(s->session.base);
}

static void stop(int caught, void *arg)
{
    (void)caught;
    serve *s = arg;
    gateway_drain(s->gate, s->settings->serve.drain_ms, drained, s);
}

/* A second signal ends the process at once. */
static void leave(int caught, void *arg)
{
    (void)caught;
    serve *s = arg;
    listeners_close(&s->listeners);
}

static int run(serve *s)
{
    cli_signals signals;
    struct event *hangup = evsignal_new(s->session.base, SIGHUP, hung_up, s);
    if (hangup == NULL || event_add(hangup, NULL) != 0 ||
        signals_catch(&signals, s->session.base, stop, s) != 0) {
        if (hangup != NULL) event_free(hangup);
        return EXIT_OS_LIMIT;
    }
    signals_spare_hangup(&signals);
    signals.leave = leave;
    int code = announce(s);
    if (code == 0) event_base_dispatch(s->session.base);
    signals_release(&signals);
    event_free(hangup);
    return code;
}

int command_serve(cli_settings *settings)
{
    serve s = { .settings = settings };
    if (settings->serve.new_keys.count != 0) return print_new_keys(&settings->serve.new_keys);
    settings->engine.alert_failed = gateway_is_failure;
    settings->engine.endpoint.answer_headers = gateway_answer_headers;
    settings->engine.endpoint.answer_header_count = gateway_answer_header_count;
    int code = open_listeners(&s);
    if (code == 0) code = session_open(&s.session, settings);
    if (code == 0) code = open_access_log(&s);
    if (code == 0) code = open_gateway(&s);
    if (code == 0) code = open_keys(&s);
    if (code == 0) code = run(&s);
    gateway_close(s.gate);
    session_free_engine(&s.session); /* what it owes is delivered, and logged */
    code = access_log_close(s.access, code);
    code = session_close(&s.session, code);
    gateway_free(s.gate);
    listeners_close(&s.listeners);
    return code;
}
