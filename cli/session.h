/* session.h - what `run` and `batch` share: settings checked, a base, an engine on it, its log.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "log_sink.h"
#include "settings.h"

struct event_base;

typedef struct cli_session {
    struct event_base *base;
    glimpse_engine *engine;
    log_sink log;
    glimpse_store *store; /* NULL: none is wanted, or it cannot be used */
} cli_session;

/* 0, or the exit code, said. Close it either way. */
int session_open(cli_session *session, cli_settings *settings);

/* Frees the engine (results still owed are delivered first) and the base. */
void session_close(cli_session *session);

#endif
