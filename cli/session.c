/* session.c - sets up an engine for a command. */
#include "session.h"

#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "say.h"
#include "signals.h"

/* Without the store that was named, all its answers would be paid for again: so nothing is sent. 0,
 * or the exit code after an error message. */
static int open_store(cli_session *session, cli_settings *settings)
{
    char name[512];
    glimpse_problem problem;
    glimpse_sqlite_store_config config;
    if (settings->cache_store == NULL) return 0;
    settings_name_of(settings, "cache-store", name, sizeof name);
    glimpse_sqlite_store_config_init(&config);
    config.path = settings->cache_store;
    config.max_bytes = settings->store_bytes;
    config.ttl_ms = settings->store_ttl_ms;
    config.log = log_sink_write;
    config.log_arg = &session->log;
    config.log_level = settings->engine.log_level;
    if (glimpse_sqlite_store_new(session->base, &config, &session->store, &problem) == GLIMPSE_OK) {
        settings->engine.store = session->store;
        if (glimpse_sqlite_store_read_only(session->store))
            say("%s: the file may only be read: its answers are used, new ones are not kept", name);
        return 0;
    }
    if (settings->store_optional) {
        say("warning: %s: the file %s; going on without it", name, problem.sentence);
        return 0;
    }
    say("%s: the file %s; nothing was sent (--cache-store-optional goes on without it)", name,
        problem.sentence);
    return EXIT_IO;
}

int session_serve(cli_session *session, int fd)
{
    if (fd < 0) return 0;
    session->metrics = metrics_serve(fd, session->base, session->engine);
    if (session->metrics != NULL) return 0;
    say("the server of --metrics cannot be set up");
    return EXIT_OS_LIMIT;
}

bool session_is_local(const cli_session *session)
{
    return strcmp(glimpse_engine_sampler_name(session->engine), "local") == 0;
}

void session_free_engine(cli_session *session)
{
    metrics_stop(session->metrics);
    session->metrics = NULL;
    glimpse_engine_free(session->engine);
    session->engine = NULL;
}

static void alerted(const glimpse_alert *alert, void *arg)
{
    cli_session *session = arg;
    const log_sink *log = &session->log;
    if (log->before != NULL) log->before(log->arg);
    say("%s (%s): %s", alert->firing ? "ALERT" : "alert over",
        glimpse_alert_severity_name(alert->severity), alert->message);
    if (session->alerts != NULL) alert_command_tell(session->alerts, alert);
}

static int set_alerts(cli_session *session, cli_settings *settings)
{
    settings->engine.on_alert = alerted;
    settings->engine.alert_arg = session;
    if (settings->alert_command == NULL || !settings->engine.alerts.on) return 0;
    session->alerts =
        alert_command_new(session->base, settings->alert_command, &settings->engine, &session->log);
    if (session->alerts != NULL) return 0;
    say("--alert-command cannot be set up");
    return EXIT_OS_LIMIT;
}

int session_open(cli_session *session, cli_settings *settings)
{
    memset(session, 0, sizeof *session);
    session->metrics_fd = -1;
    int code = settings_check_engine(settings);
    if (code == 0) code = log_sink_open(&session->log, settings);
    if (code == 0) code = metrics_listen(settings, &session->metrics_fd);
    if (code != 0) return code;
    session->base = process_setup();
    if (session->base == NULL) return EXIT_OS_LIMIT;
    settings->engine.log = log_sink_write;
    settings->engine.log_arg = &session->log;
    code = set_alerts(session, settings);
    if (code == 0) code = open_store(session, settings);
    if (code != 0) return code;
    glimpse_problem problem;
    glimpse_error error =
        glimpse_engine_new(session->base, &settings->engine, &session->engine, &problem);
    if (error == GLIMPSE_ERR_INVALID) return settings_say_problem(settings, &problem);
    if (error != GLIMPSE_OK) {
        say("the engine cannot be set up: %s", problem.sentence);
        return EXIT_OS_LIMIT;
    }
    if (settings->engine.use_openai == GLIMPSE_USE_OPENAI_AUTO && session_is_local(session))
        say("%s: the local sampler answers, no model is asked",
            settings->engine.endpoint.api_key == NULL && settings->engine.endpoint.base_url == NULL
                ? "neither OPENAI_API_KEY nor --base-url is given"
                : "the openai sampler cannot be set up");
    return session_serve(session, session->metrics_fd);
}

int session_close(cli_session *session, int code)
{
    session_free_engine(session);
    if (session->metrics_fd >= 0) close(session->metrics_fd);
    alert_command_free(session->alerts);
    session->alerts = NULL;
    glimpse_store_unref(session->store); /* waiting puts are written now */
    if (session->base != NULL) {
        /* A look-up of a name under way is freed in the next turns (glimpse_engine_free). */
        event_base_loop(session->base, EVLOOP_NONBLOCK);
        event_base_loop(session->base, EVLOOP_NONBLOCK);
        event_base_free(session->base);
    }
    log_sink_close(&session->log);
    return log_sink_code(&session->log, code);
}
