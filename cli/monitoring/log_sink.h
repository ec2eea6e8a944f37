/* log_sink.h - the receiver of the engine's events: text or JSON lines, on stderr or appended to a
 * file. */
#ifndef CLI_LOG_SINK_H
#define CLI_LOG_SINK_H

#include <stdio.h>

#include "options/settings.h"

typedef struct log_sink {
    FILE *stream;
    log_format format;
    glimpse_log_level level;
    void (*before)(void *arg); /* NULL, or called before a line on stderr: clears the progress */
    void *arg;
    const char *path; /* of --log-file; NULL: standard error */
    bool plain;       /* the log was not asked for: necessary events are printed as sentences */
    bool covers;      /* an endpoint's words are left out */
    bool stays;       /* the command goes on when the only key is stopped */
    bool failed;      /* a line could not be written to the file, which was reported */
} log_sink;

/* 0, or the exit code after an error message. libevent's messages come here too, as events
 * `libevent`. */
int log_sink_open(log_sink *sink, const cli_settings *settings);
void log_sink_close(log_sink *sink);

/* Goes on with the file that --log-file names now. false: errno says why, and the one before stays.
 */
bool log_sink_reopen(log_sink *sink);

/* `code`, or 74 in place of 0 and 1 where events of --log-file were lost. */
int log_sink_code(const log_sink *sink, int code);

/* A glimpse_log_fn; arg is the sink. */
void log_sink_write(const glimpse_log_event *event, void *arg);

#endif
