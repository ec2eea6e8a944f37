/* metrics_server.h - --metrics: Prometheus text over HTTP, on the loop of the command. */
#ifndef CLI_MONITORING_METRICS_SERVER_H
#define CLI_MONITORING_METRICS_SERVER_H

#include <glimpse/metrics.h>

#include "base/buf.h"
#include "options/settings.h"

typedef struct metrics_server metrics_server;

/* Listens on the address of the settings, and prints it; *fd is below 0 when they have none. 0, or
 * the exit code after an error message. The socket outlives the servers on it: the next server
 * answers a client that connects between two. */
int metrics_listen(const cli_settings *settings, int *fd);

/* Answers clients of the socket, which stays the caller's. NULL: it cannot be set up. */
metrics_server *metrics_serve(int fd, struct event_base *base, glimpse_engine *engine);

/* Has the page show the caller's own metrics too. */
typedef void (*metrics_more)(gl_buf *text, void *arg);
void metrics_add(metrics_server *server, metrics_more more, void *arg);

/* From now on the page shows this engine. A server of NULL is fine, here, above and below. */
void metrics_show(metrics_server *server, glimpse_engine *engine);

/* Ends answers under way, too. Call before the engine is freed. */
void metrics_stop(metrics_server *server);

#endif
