/* access_log.h - the file of --access-log: a line of JSON for each request that has ended. */
#ifndef CLI_SERVE_ACCESS_LOG_H
#define CLI_SERVE_ACCESS_LOG_H

#include <stdbool.h>

#include "gateway/gateway.h"

struct event_base;

typedef struct access_log access_log;

/* Opens the file; "-" is standard output. 0, or the exit code after an error message that names
 * `name`, the option. */
int access_log_open(access_log **log, struct event_base *base, const char *path, const char *name);

/* gateway_config.ended; arg is the log. The lines of a turn of the loop are one write. */
void access_log_write(const gateway_entry *entry, void *arg);

/* Goes on with the file that the path names now: the one before may have been moved away. false:
 * errno says why, and the one before stays. */
bool access_log_reopen(access_log *log);

/* Writes what waits, and closes. Returns `code`, or 74 in place of 0 where lines were lost. NULL is
 * fine. */
int access_log_close(access_log *log, int code);

#endif
