/* session.h - what `run`, `batch` and `bench` share: settings checked, a base, an engine on it, its
 * log.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "log_sink.h"
#include "monitoring/alert_command.h"
#include "monitoring/metrics_server.h"
#include "options/settings.h"

struct event_base;

typedef struct cli_session {
    struct event_base *base;
    glimpse_engine *engine;
    log_sink log;
    alert_command *alerts; /* NULL: there is no --alert-command */
    glimpse_store *store;  /* NULL: none is wanted, or it cannot be used */
    int metrics_fd;        /* listens; below 0: no metrics are asked for */
    metrics_server *metrics;
} cli_session;

/* 0, or the exit code, said. Close it either way. */
int session_open(cli_session *session, cli_settings *settings);

/* Has the engine's metrics served to whoever connects to this socket, until its engine is freed;
 * below 0: nothing. The socket stays the caller's. 0, or the exit code, said. session_open does it
 * where the settings ask for it. */
int session_serve(cli_session *session, int fd);

/* Whether no model is asked: the local sampler answers. */
bool session_is_local(const cli_session *session);

/* Nobody scrapes it any more, and it is gone; results still owed are delivered first. */
void session_free_engine(cli_session *session);

/* Frees the engine (results still owed are delivered first) and the base. `code`, or the one for a
 * log that was asked for and could not be written. */
int session_close(cli_session *session, int code);

#endif
