/* alert_command.h - the command of --alert-command: run for each alert that fires or clears. */
#ifndef CLI_MONITORING_ALERT_COMMAND_H
#define CLI_MONITORING_ALERT_COMMAND_H

#include <glimpse/config.h>

#include "monitoring/log_sink.h"

struct event_base;

typedef struct alert_command alert_command;

/* For `sh -c command`, with an environment without the keys of the engine's endpoints. Strings,
 * configuration and log are borrowed. A process may have one at a time, because children belong to
 * the process. NULL: out of memory. */
alert_command *alert_command_new(struct event_base *base, const char *command,
                                 const glimpse_config *engine, const log_sink *log);

/* Runs it, or runs it when the command for the last alert of this kind has ended. Never waits. */
void alert_command_tell(alert_command *command, const glimpse_alert *alert);

/* The same for a file that was read again: refused, with the reason; or taken, which ends that
 * alert if it was on. Its name is reload, and it has no figures. */
void alert_command_tell_reload(alert_command *command, bool refused, const char *why);

/* A running command goes on by itself; alerts that waited for their command are reported. */
void alert_command_free(alert_command *command);

#endif
