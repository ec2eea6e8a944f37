/* session.h - shared by `run`, `batch` and `bench`: checked settings, a base, an engine on it, its
 * log. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "monitoring/alert_command.h"
#include "monitoring/log_sink.h"
#include "monitoring/metrics_server.h"
#include "options/settings.h"

struct event_base;

typedef struct cli_session {
    struct event_base *base;
    glimpse_engine *engine;
    log_sink log;
    alert_command *alerts; /* NULL: there is no --alert-command */
    glimpse_store *store;  /* NULL: none is asked for, or it cannot be used */
    int metrics_fd;        /* listens; below 0: no metrics are asked for */
    metrics_server *metrics;
} cli_session;

/* 0, or the exit code after an error message. Close it in either case. */
int session_open(cli_session *session, cli_settings *settings);

/* Serves the engine's metrics on this socket until its engine is freed; below 0: does nothing. The
 * socket stays the caller's. 0, or the exit code after an error message. session_open calls it
 * where the settings ask for it. */
int session_serve(cli_session *session, int fd);

/* Returns true when no model is asked, because the local sampler answers. */
bool session_is_local(const cli_session *session);

/* Ends the metrics and frees the engine; owed results are delivered first. */
void session_free_engine(cli_session *session);

/* Frees the engine (owed results are delivered first) and the base. Returns `code`, or the exit
 * code of a log that was asked for and could not be written. */
int session_close(cli_session *session, int code);

#endif
