/* metrics_server.h - --metrics: Prometheus text over HTTP, on the loop of the command. */
#ifndef CLI_MONITORING_METRICS_SERVER_H
#define CLI_MONITORING_METRICS_SERVER_H

#include <glimpse/metrics.h>

#include "options/settings.h"

typedef struct metrics_server metrics_server;

/* Listens where the settings say, and says where that is; *fd is below 0 when they say nothing. 0,
 * or the exit code, said. The socket outlives the servers on it: who connects between two of them
 * is answered by the next. */
int metrics_listen(const cli_settings *settings, int *fd);

/* Answers who connects to the socket, which stays the caller's. NULL: it cannot be set up. */
metrics_server *metrics_serve(int fd, struct event_base *base, glimpse_engine *engine);

/* From now on it tells of this engine. A server of NULL is fine, here and below. */
void metrics_show(metrics_server *server, glimpse_engine *engine);

/* Ends what is being answered, too. Call before the engine is freed. */
void metrics_stop(metrics_server *server);

#endif
