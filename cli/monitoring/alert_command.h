/* alert_command.h - the command of --alert-command: run for each alert that fires or is over. */
#ifndef CLI_MONITORING_ALERT_COMMAND_H
#define CLI_MONITORING_ALERT_COMMAND_H

#include <glimpse/alert.h>

#include "log_sink.h"

struct event_base;

typedef struct alert_command alert_command;

/* For `sh -c command`, with an environment in which nothing holds `key` (NULL: there is none).
 * Strings and log are borrowed. Of a process one at a time: children are the process's. NULL: out
 * of memory. */
alert_command *alert_command_new(struct event_base *base, const char *command, const char *key,
                                 const log_sink *log);

/* Runs it, or has it run once the one for the last alert of this kind has ended. Never waits. */
void alert_command_tell(alert_command *command, const glimpse_alert *alert);

/* What runs goes on by itself; what it would have been run for next is said. */
void alert_command_free(alert_command *command);

#endif
